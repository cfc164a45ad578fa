//! Last use of a client's secrets: exact to the minute, and written beside the call.

mod notes;

use std::time::Duration;

use countersign_tests::admin_clients::{id_of, of_client, regenerate, uses};
use countersign_tests::machine_api::{HARMLESS, assert_not_admitted, assert_unknown, assert_works};
use countersign_tests::signing_keys::{self, GRANT, TOKEN, now, token_in};
use countersign_tests::{App, Caller, Person, secret_of};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

/// Another secret of a client, with the old one working for a while: both as callers, the new one
/// first.
async fn two_secrets(app: &App, by: &Person, hours: u64) -> [Caller; 2] {
    let old = by.secret_of("login_client").await;
    let more = json!({"hours_to_live": hours});
    let new = regenerate(by, "login_client", &by.next_code(), &more).await;
    let new = new.fine()["client_secret"].as_str().unwrap().to_owned();
    [new, old].map(|secret| app.caller("login_client", &secret))
}

/// The minute of this moment.
fn minute(app: &App) -> Value {
    let now = now(app);
    json!(format!("{}:00Z", &now[..16]))
}

#[tokio::test]
async fn a_secret_that_was_never_used_has_no_last_use() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    assert_eq!(uses(&ben, "login_client").await, [Value::Null, Value::Null]);
    let new = ben.new_client(&json!({"name": "new"})).await;
    let id = id_of(&new);
    assert_eq!(uses(&ben, &id).await, [Value::Null, Value::Null]);
    // To see a secret is not to use it.
    ben.secret_of(&id).await;
    assert_eq!(uses(&ben, &id).await, [Value::Null, Value::Null]);
}

#[tokio::test]
async fn it_is_the_minute_of_the_last_call_or_token_however_the_secret_comes() {
    let app = signing_keys::app().await;
    let ben = app.sign_in("ben").await;
    let secret = secret_of("login_client");
    let in_body = [("client_id", "login_client"), ("client_secret", &*secret)];
    for way in [
        "call by Basic",
        "call by body",
        "call by query",
        "token by Basic",
        "token by body",
    ] {
        app.advance(MINUTE * 3 + SECOND * 7);
        let client = app.client("login_client");
        match way {
            "call by Basic" => assert_works(&client).await,
            "call by body" => {
                let given = [&in_body, HARMLESS.1].concat();
                app.stranger().post(HARMLESS.0, &given).await.ok();
            }
            "call by query" => {
                let given = [&in_body, HARMLESS.1].concat();
                app.stranger().get(HARMLESS.0, &given).await.ok();
            }
            "token by Basic" => drop(signing_keys::token(&client).await),
            _ => {
                let given = [&in_body[..], &[GRANT]].concat();
                drop(token_in(&app.stranger().post(TOKEN, &given).await));
            }
        }
        let used = minute(&app);
        app.advance(MINUTE);
        assert_eq!(
            uses(&ben, "login_client").await,
            [used, Value::Null],
            "{way}"
        );
    }
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        app.advance(MINUTE);
        let given = [("token", "none")];
        let reply = app.client("login_client").post(path, &given).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let used = minute(&app);
        assert_eq!(
            uses(&ben, "login_client").await,
            [used, Value::Null],
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_call_that_is_refused_for_another_reason_is_a_use_all_the_same() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let client = app.client("featureless");
    assert_not_admitted(&client).await;
    assert_eq!(uses(&ben, "featureless").await[0], minute(&app));
}

#[tokio::test]
async fn the_old_secret_is_told_apart_from_the_new_one_until_it_stops_working() {
    let app = signing_keys::app().await;
    let ben = app.sign_in("ben").await;
    assert_works(&app.client("login_client")).await;
    let first = minute(&app);
    app.advance(MINUTE * 2);
    let [new, old] = two_secrets(&app, &ben, 1).await;
    // The old one takes along what was known of it; the new one was never used.
    assert_eq!(uses(&ben, "login_client").await, [Value::Null, first]);
    app.advance(MINUTE * 2);
    assert_works(&old).await;
    let of_old = minute(&app);
    assert_eq!(
        uses(&ben, "login_client").await,
        [Value::Null, of_old.clone()]
    );
    app.advance(MINUTE * 2);
    signing_keys::token(&new).await;
    let of_new = minute(&app);
    assert_eq!(uses(&ben, "login_client").await, [of_new.clone(), of_old]);
    app.advance(MINUTE * 2);
    signing_keys::token(&old).await;
    let of_old = minute(&app);
    assert_eq!(uses(&ben, "login_client").await, [of_new.clone(), of_old]);
    // In the same minute, too, by calls of the same function.
    assert_works(&new).await;
    assert_works(&old).await;
    assert_eq!(
        uses(&ben, "login_client").await,
        [minute(&app), minute(&app)]
    );
    let of_new = minute(&app);
    app.advance(Duration::from_hours(1));
    let ben = app.sign_in("ben").await;
    assert_eq!(
        uses(&ben, "login_client").await,
        [of_new.clone(), Value::Null]
    );
    // Trying it is no use any more.
    assert_unknown(&old).await;
    assert_eq!(uses(&ben, "login_client").await, [of_new, Value::Null]);
}

#[tokio::test]
async fn a_retired_secret_has_no_last_use_and_so_has_one_that_was_replaced_twice() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let [second, first] = two_secrets(&app, &ben, 168).await;
    for caller in [&first, &second] {
        assert_works(caller).await;
    }
    let used = minute(&app);
    assert_eq!(
        uses(&ben, "login_client").await,
        [used.clone(), used.clone()]
    );
    ben.post(&of_client("login_client", "/secret/retire"), &json!({}))
        .await
        .fine();
    assert_eq!(
        uses(&ben, "login_client").await,
        [used.clone(), Value::Null]
    );
    let [_, second] = two_secrets(&app, &ben, 168).await;
    assert_eq!(uses(&ben, "login_client").await, [Value::Null, used]);
    let [fourth, third] = two_secrets(&app, &ben, 168).await;
    assert_unknown(&second).await;
    assert_eq!(uses(&ben, "login_client").await, [Value::Null, Value::Null]);
    app.advance(MINUTE);
    for caller in [&third, &fourth] {
        assert_works(caller).await;
    }
    assert_eq!(
        uses(&ben, "login_client").await,
        [minute(&app), minute(&app)]
    );
}

#[tokio::test]
async fn a_renamed_or_changed_client_keeps_its_last_use() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    assert_works(&app.client("login_client")).await;
    let used = minute(&app);
    let etag = ben
        .get(&of_client("login_client", ""))
        .await
        .header("etag")
        .to_owned();
    app.advance(MINUTE);
    // That it was used is no new version.
    assert_works(&app.client("login_client")).await;
    let careful = ben.clone().with("if-match", &etag);
    let change = json!({"name": "renamed", "enabled": false});
    careful
        .patch(&of_client("login_client", ""), &change)
        .await
        .fine();
    assert_ne!(used, minute(&app));
    assert_eq!(
        uses(&ben, "login_client").await,
        [minute(&app), Value::Null]
    );
}

#[tokio::test]
async fn a_page_of_two_hundred_clients_has_the_last_use_of_each() {
    let mut setup = countersign_tests::Setup::with_people();
    let clients = setup.seed["applications"][0]["clients"]
        .as_array_mut()
        .unwrap();
    for number in 0..230 {
        let id = format!("many{number:03}");
        clients.push(json!({
            "client_id": id, "client_secret": secret_of(&id), "description": id,
            "features": ["login_client"]
        }));
    }
    let app = App::with(setup).await;
    let mut wanted = std::collections::BTreeMap::new();
    for number in (0..230).step_by(7) {
        let id = format!("many{number:03}");
        assert_works(&app.client(&id)).await;
        wanted.insert(id, minute(&app));
        app.advance(MINUTE);
    }
    let ben = app.sign_in("ben").await;
    for limit in [200, 101, 100, 7] {
        let first = ben
            .get(&format!("/admin/clients?limit={limit}"))
            .await
            .fine();
        assert_eq!(first["items"].as_array().unwrap().len(), limit);
        let all = ben.all("/admin/clients", &format!("limit={limit}")).await;
        assert_eq!(all.len(), 237);
        for client in all {
            let id = client["client_id"].as_str().unwrap();
            let used = wanted.get(id).cloned().unwrap_or(Value::Null);
            assert_eq!(client["secret_last_used_at"], used, "{id}, by {limit}");
            assert_eq!(client["previous_secret_last_used_at"], Value::Null);
        }
    }
}
