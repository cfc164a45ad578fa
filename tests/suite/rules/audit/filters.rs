//! Filters of the audit, each alone and all together, in the list and in the export.

use std::time::Duration;

use countersign_tests::{App, Person, form, secret_of};
use serde_json::{Value, json};

use super::call;

/// An application in which this and that has happened, at different times.
async fn history() -> (App, Person, Person) {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for (person, name) in [(&ada, "One & only"), (&ben, "Two"), (&ada, "Three")] {
        let made = person.new_client(&json!({"name": name})).await;
        let path = format!("/admin/clients/{}", made["client_id"].as_str().unwrap());
        app.advance(Duration::from_millis(1_500));
        ben.patch(&path, &json!({"enabled": false})).await.fine();
    }
    app.advance(Duration::from_secs(20));
    for id in ["owner", "featureless", "owner"] {
        app.advance(Duration::from_secs(17));
        let impostor = app.caller(id, &secret_of("foreigner"));
        call(&impostor, "/clients/list", &[]).await;
        let refused = call(&app.client("featureless"), "/clients/list", &[]).await;
        refused.error(403, "client_permission_error");
        let key = [("key", "k"), ("value", id)];
        call(&app.owner(), "/settings/set_default", &key).await.ok();
    }
    ada.delete("/admin/clients/login_client").await.nothing();
    (app, ada, ben)
}

/// Does a filter let an event through?
fn fits(event: &Value, (name, value): (&str, &str)) -> bool {
    let is = |found: &Value| found == value;
    match name {
        // As text: all of them have the form of RFC 3339, and in UTC that is the order of time.
        "from" => comparable(event["time"].as_str().unwrap()) >= comparable(value),
        "to" => comparable(event["time"].as_str().unwrap()) < comparable(value),
        "actor" => is(&event["actor"]["id"]) || is(&event["actor"]["name"]),
        "object" => is(&event["object"]["id"]) || is(&event["object"]["name"]),
        "outcome" => is(&event["outcome"]),
        "action" => {
            let action = event["action"].as_str().unwrap();
            action == value || action.starts_with(&format!("{value}."))
        }
        other => panic!("no filter {other}"),
    }
}

/// A moment with all its milliseconds.
fn comparable(moment: &str) -> String {
    let (seconds, millis) = moment
        .trim_end_matches('Z')
        .split_once('.')
        .unwrap_or((moment.trim_end_matches('Z'), ""));
    format!("{seconds}.{millis:0<3}")
}

/// Holds list and export to what the filters let through; tells how many events that are.
async fn assert_filtered(person: &Person, all: &[Value], filters: &[(&str, &str)]) -> usize {
    let wanted: Vec<_> = all
        .iter()
        .filter(|event| filters.iter().all(|filter| fits(event, *filter)))
        .cloned()
        .collect();
    let query = form(filters);
    for limit in [2, 200] {
        let found = person.audit(&format!("{query}&limit={limit}")).await;
        assert_eq!(found, wanted, "{query}");
    }
    let export = person
        .get(&format!("/admin/audit/export?format=ndjson&{query}"))
        .await;
    let lines: Vec<Value> = export
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines, wanted, "{query}");
    wanted.len()
}

#[tokio::test]
async fn each_filter_lets_through_what_fits_and_nothing_else() {
    let (_app, ada, ben) = history().await;
    let all = ada.audit("limit=200").await;
    let first = all.iter().find(|event| event["object"]["name"] == "Two");
    let two = first.unwrap()["object"]["id"].as_str().unwrap().to_owned();
    for (name, values) in [
        (
            "actor",
            vec![
                "ada",
                "ben",
                &ada.id,
                &ben.id,
                "owner",
                "the owner",
                "featureless",
            ],
        ),
        (
            "action",
            vec![
                "admin",
                "admin.clients",
                "admin.clients.create",
                "clients",
                "clients.list",
                "settings",
                "settings.set_default",
                "import",
                "admin.sessions.create",
            ],
        ),
        (
            "object",
            vec![
                "One & only",
                "Two",
                &two,
                "owner",
                "login_client",
                "Under test",
            ],
        ),
        ("outcome", vec!["applied", "refused"]),
    ] {
        for value in values {
            let count = assert_filtered(&ada, &all, &[(name, value)]).await;
            assert!(count > 0 && count < all.len(), "{name}={value}: {count}");
        }
    }
    // Beginnings that end within a word, another case and parts of a name let nothing through.
    for (name, value) in [
        ("action", "admin.client"),
        ("action", "admin."),
        ("action", "clients.lis"),
        ("action", ""),
        ("actor", "ADA"),
        ("actor", "ad"),
        ("actor", ""),
        ("object", "one & only"),
        ("object", ""),
    ] {
        assert_eq!(
            assert_filtered(&ada, &all, &[(name, value)]).await,
            0,
            "{name}={value}"
        );
    }
}

#[tokio::test]
async fn a_range_of_time_begins_with_its_beginning_and_ends_before_its_end() {
    let (_app, ada, _ben) = history().await;
    let all = ada.audit("limit=200").await;
    let mut moments: Vec<_> = all
        .iter()
        .map(|event| event["time"].as_str().unwrap())
        .collect();
    moments.dedup();
    assert!(moments.len() > 8, "too little happened");
    for moment in &moments {
        let later = assert_filtered(&ada, &all, &[("from", moment)]).await;
        let earlier = assert_filtered(&ada, &all, &[("to", moment)]).await;
        assert_eq!(later + earlier, all.len(), "{moment}");
    }
    for pair in moments.windows(3) {
        let between = [("from", pair[2]), ("to", pair[0])];
        assert!(assert_filtered(&ada, &all, &between).await > 0);
        let backwards = [("from", pair[0]), ("to", pair[2])];
        assert_eq!(assert_filtered(&ada, &all, &backwards).await, 0);
    }
    let wide = [
        ("from", "1970-01-01T00:00:00Z"),
        ("to", "9999-12-31T23:59:59.999Z"),
    ];
    assert_eq!(assert_filtered(&ada, &all, &wide).await, all.len());
    let before = [("to", "0001-01-01T00:00:00Z")];
    assert_eq!(ada.audit(&form(&before)).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_moment_may_be_told_in_another_zone() {
    let (_app, ada, _ben) = history().await;
    let all = ada.audit("limit=200").await;
    let utc = ada.audit(&form(&[("from", "2036-11-21T00:01:00Z")])).await;
    let there = ada
        .audit(&form(&[("from", "2036-11-21T01:01:00+01:00")]))
        .await;
    assert_eq!(utc, there);
    assert!(!utc.is_empty() && utc.len() < all.len());
}

#[tokio::test]
async fn filters_hold_all_together() {
    let (_app, ada, ben) = history().await;
    let all = ada.audit("limit=200").await;
    let (some_time, later) = ("2036-11-21T00:01:01.500Z", "2036-11-21T00:01:50Z");
    for (filters, is_any) in [
        (
            vec![
                ("actor", "ben"),
                ("action", "admin.clients"),
                ("object", "Two"),
            ],
            true,
        ),
        (
            vec![
                ("actor", &*ben.id),
                ("outcome", "applied"),
                ("from", some_time),
            ],
            true,
        ),
        (
            vec![
                ("outcome", "refused"),
                ("object", "owner"),
                ("action", "clients"),
            ],
            true,
        ),
        (
            vec![("outcome", "refused"), ("from", some_time), ("to", later)],
            true,
        ),
        (vec![("actor", "ada"), ("action", "clients")], false),
        (vec![("actor", "ada"), ("outcome", "refused")], false),
        (
            vec![("object", "Two"), ("to", some_time), ("from", later)],
            false,
        ),
    ] {
        let count = assert_filtered(&ada, &all, &filters).await;
        assert_eq!(count > 0, is_any, "{filters:?}");
    }
}

#[tokio::test]
async fn a_needle_in_a_large_audit_is_found_by_going_on() {
    let mut setup = countersign_tests::Setup::with_people();
    let clients = setup.seed["applications"][0]["clients"].as_array_mut();
    clients
        .unwrap()
        .extend((0..3_500).map(|number| json!({"description": format!("client {number}")})));
    let app = App::with(setup).await;
    let dora = app.sign_in("dora").await;
    // What was imported first is the oldest, or among those of the same moment.
    for name in ["client 7", "client 1700", "client 3499", "Under test"] {
        let query = form(&[("object", name), ("action", "import")]);
        let found = dora.audit(&query).await;
        assert_eq!(found.len(), 1, "{name}");
    }
}
