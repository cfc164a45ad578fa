//! Read the Audit: newest first, page by page.

use std::time::Duration;

use countersign_tests::{App, Person, Setup};
use serde_json::json;

const AUDIT: &str = "/admin/audit";

/// The addresses that a query is refused at.
async fn pointers(person: &Person, query: &str) -> Vec<String> {
    let faults = person.get(&format!("{AUDIT}?{query}")).await.faults();
    faults.into_iter().map(|(pointer, _)| pointer).collect()
}

#[tokio::test]
async fn an_event_says_who_did_what_to_whom_when_and_from_where() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let made = ada.new_client(&json!({"name": "Till, \"1\""})).await;
    let client = made["client_id"].as_str().unwrap();
    let ben = ada.clone().with("user-agent", "till/2.0");
    let renamed = ben
        .patch(
            &format!("/admin/clients/{client}"),
            &json!({"name": "Till 2"}),
        )
        .await;
    renamed.fine();
    let page = ada
        .get(&format!("{AUDIT}?limit=1&action=admin.clients.update"))
        .await;
    let (id, request) = (&ada.id, renamed.header("x-request-id"));
    let event = format!(
        "{{\"time\":\"2036-11-21T00:00:30Z\",\
         \"actor\":{{\"kind\":\"administrator\",\"id\":\"{id}\",\"name\":\"ada\"}},\
         \"source_ip\":\"127.0.0.1\",\"user_agent\":\"till/2.0\",\"action\":\"admin.clients.update\",\
         \"object\":{{\"kind\":\"api_client\",\"id\":\"{client}\",\"name\":\"Till, \\\"1\\\"\"}},\
         \"outcome\":\"applied\",\"reason\":null,\"count\":1,\"last_time\":\"2036-11-21T00:00:30Z\",\
         \"change_request\":null,\"request_id\":\"{request}\",\
         \"changes\":{{\"description\":{{\"before\":\"Till, \\\"1\\\"\",\"after\":\"Till 2\"}}}}}}"
    );
    let cursor = page.fine()["next_cursor"].to_string();
    assert_eq!(
        page.body,
        format!("{{\"items\":[{event}],\"next_cursor\":{cursor}}}")
    );
    assert_eq!(page.header("content-type"), "application/json");
    assert!(page.header("etag").is_empty(), "a list has no version");
}

#[tokio::test]
async fn every_administrator_reads_it_and_nobody_else() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    ada.new_client(&json!({"name": "seen by all"})).await;
    for name in ["ben", "cleo", "dora"] {
        let person = app.sign_in(name).await;
        let found = person.audit("action=admin.clients.create").await;
        assert_eq!(found.len(), 1, "{name}");
    }
    let stranger = app.stranger().get(AUDIT, &[]).await;
    stranger.problem(401, "not-signed-in");
    let machine = app.owner().get(AUDIT, &[]).await;
    machine.problem(401, "not-signed-in");
}

#[tokio::test]
async fn reading_it_leaves_no_event() {
    let app = App::with_people().await;
    let dora = app.sign_in("dora").await;
    let before = dora.audit("limit=200").await;
    dora.get("/admin/me").await.fine();
    dora.get("/admin/modules").await.fine();
    dora.get(&format!("{AUDIT}/export?format=csv")).await;
    assert_eq!(dora.audit("limit=200").await, before);
}

#[tokio::test]
async fn a_page_has_fifty_events_or_as_many_as_are_asked_for_and_the_last_one_no_cursor() {
    let mut setup = Setup::with_people();
    let clients = setup.seed["applications"][0]["clients"].as_array_mut();
    clients
        .unwrap()
        .extend((0..60).map(|number| json!({"description": format!("client {number}")})));
    let app = App::with(setup).await;
    let dora = app.sign_in("dora").await;
    let all = dora.audit("limit=200").await;
    for (query, wanted) in [
        ("", 50),
        ("?limit=1", 1),
        ("?limit=50", 50),
        ("?limit=51", 51),
    ] {
        let page = dora.get(&format!("{AUDIT}{query}")).await.fine();
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), wanted, "{query}");
        assert_eq!(items[..], all[..wanted], "{query}");
        assert!(page["next_cursor"].is_string(), "{query}");
    }
    // One that ends with the list ends it, also where it is just full.
    for limit in [all.len(), 200] {
        let page = dora.get(&format!("{AUDIT}?limit={limit}")).await.fine();
        assert_eq!(page["items"].as_array().unwrap().len(), all.len());
        assert!(page["next_cursor"].is_null(), "{limit}");
    }
    let none = dora.get(&format!("{AUDIT}?actor=nobody+ever")).await;
    assert_eq!(none.fine(), json!({"items": [], "next_cursor": null}));
}

#[tokio::test]
async fn a_list_that_is_read_on_is_not_moved_by_what_happens_meanwhile() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = ada.audit("limit=200").await;
    let mut read = Vec::new();
    let mut cursor = String::new();
    for number in 0.. {
        let page = ada.get(&format!("{AUDIT}?limit=3{cursor}")).await.fine();
        read.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
        app.advance(Duration::from_secs(number % 2));
        ada.new_client(&json!({"name": format!("meanwhile {number}")}))
            .await;
    }
    assert_eq!(read, before);
}

#[tokio::test]
async fn a_query_that_does_not_fit_is_refused_by_name() {
    let app = App::with_people().await;
    let dora = app.sign_in("dora").await;
    for limit in [
        "0",
        "201",
        "-1",
        "+1",
        "ten",
        "",
        "1.0",
        "99999999999999999999",
    ] {
        let query = format!("limit={}", limit.replace('+', "%2B"));
        assert_eq!(pointers(&dora, &query).await, ["/limit"], "{limit}");
    }
    for moment in ["", "yesterday", "2036-11-21", "2026-13-01T00:00:00Z", "0"] {
        for name in ["from", "to"] {
            let query = format!("{name}={moment}");
            assert_eq!(
                pointers(&dora, &query).await,
                [format!("/{name}")],
                "{moment}"
            );
        }
    }
    for outcome in ["", "maybe", "Applied", "applied,refused"] {
        let query = format!("outcome={outcome}");
        assert_eq!(pointers(&dora, &query).await, ["/outcome"], "{outcome}");
    }
    for cursor in ["", "!", "%FF", "AAA=", "gA"] {
        let query = format!("cursor={cursor}");
        assert_eq!(pointers(&dora, &query).await, ["/cursor"], "{cursor}");
    }
    let twice = "outcome=applied&outcome=refused";
    assert_eq!(pointers(&dora, twice).await, ["/outcome"]);
}
