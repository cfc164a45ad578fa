//! Counted refusals: equal ones of a minute are one event.
//!
//! A stranger can increase its count, and cannot make many events.

use std::time::Duration;

use countersign_tests::{App, Caller, secret_of};
use serde_json::{Value, json};

use super::call;

const SECOND: Duration = Duration::from_secs(1);

async fn knock(caller: &Caller) {
    let reply = call(caller, "/settings/get_default", &[("key", "any")]).await;
    reply.error(402, "invalid_client_credentials");
}

/// Somebody who has the ID of a client, and the secret of another.
fn impostor(app: &App, id: &str) -> Caller {
    app.caller(id, &secret_of("foreigner"))
}

/// When the first and the last of them came, and how many.
fn summary(event: &Value) -> Value {
    json!([event["time"], event["last_time"], event["count"]])
}

#[tokio::test]
async fn fifty_wrong_secrets_are_one_event_and_those_of_the_next_minute_another() {
    let app = App::with_people().await;
    for number in 0..50 {
        app.advance(if number == 0 { SECOND * 5 } else { SECOND });
        knock(&impostor(&app, "owner")).await;
    }
    app.advance(SECOND * 6);
    for _ in 0..3 {
        knock(&impostor(&app, "owner")).await;
    }
    let dora = app.sign_in("dora").await;
    let events = dora.audit("outcome=refused").await;
    let events: Vec<_> = events.iter().map(summary).collect();
    assert_eq!(
        json!(events),
        json!([
            ["2036-11-21T00:01:00Z", "2036-11-21T00:01:00Z", 3],
            ["2036-11-21T00:00:05Z", "2036-11-21T00:00:54Z", 50],
        ])
    );
}

#[tokio::test]
async fn another_target_and_another_source_are_events_of_their_own_wherever_it_is_tried() {
    let app = App::with_people().await;
    for _ in 0..2 {
        knock(&impostor(&app, "owner")).await;
        knock(&impostor(&app, "featureless")).await;
        knock(&impostor(&app, "owner").from("127.0.0.2")).await;
        let list = call(&impostor(&app, "owner"), "/clients/list", &[]).await;
        list.error(402, "invalid_client_credentials");
    }
    let dora = app.sign_in("dora").await;
    let events = dora.audit("outcome=refused").await;
    let mut told: Vec<_> = events
        .iter()
        .map(|event| json!([event["object"]["id"], event["source_ip"], event["count"]]))
        .collect();
    told.sort_by_key(Value::to_string);
    assert_eq!(
        json!(told),
        json!([
            ["featureless", "127.0.0.1", 2],
            ["owner", "127.0.0.1", 4],
            ["owner", "127.0.0.2", 2],
        ])
    );
}

#[tokio::test]
async fn who_is_known_is_told_of_each_operation_that_was_refused() {
    let app = App::with_people().await;
    for path in ["/clients/list", "/settings/get_all", "/clients/list"] {
        let reply = call(&app.client("featureless"), path, &[]).await;
        reply.error(403, "client_permission_error");
    }
    let dora = app.sign_in("dora").await;
    let events = dora.audit("outcome=refused").await;
    let mut told: Vec<_> = events
        .iter()
        .map(|event| json!([event["action"], event["actor"]["id"], event["count"]]))
        .collect();
    told.sort_by_key(Value::to_string);
    assert_eq!(
        json!(told),
        json!([
            ["clients.list", "featureless", 2],
            ["settings.get_all", "featureless", 1]
        ])
    );
}

/// Returns the stored refusals that belong to no application's audit.
async fn of_nobody(app: &App) -> Vec<Value> {
    let mut items = app.dump("attempts").await;
    items.retain(|item| item["pk"]["S"] == "nobody");
    items
}

#[tokio::test]
async fn unknown_clients_however_many_make_one_item_a_minute_in_nobody_s_audit() {
    let app = App::with_people().await;
    for number in 0..100 {
        knock(&app.caller(&format!("unknown-{number}"), &secret_of("owner"))).await;
    }
    let items = of_nobody(&app).await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["count"]["N"], "100");
    assert!(!items[0].to_string().contains("unknown-"), "{}", items[0]);
    app.advance(SECOND * 60);
    knock(&app.caller("unknown", &secret_of("owner"))).await;
    assert_eq!(of_nobody(&app).await.len(), 2);
    for name in ["dora", "fay"] {
        let reader = app.sign_in(name).await;
        assert_eq!(reader.audit("outcome=refused").await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn unknown_addresses_make_one_item_a_minute_in_nobody_s_audit() {
    let app = App::with_people().await;
    for number in 0..8 {
        let email = format!("unknown-{number}@example.com");
        let body = json!({"email": email, "password": "any password", "code": "123456"});
        app.ask_for_session(&body)
            .await
            .problem(401, "sign-in-failed");
    }
    let items = of_nobody(&app).await;
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["count"]["N"], "8");
    assert!(
        !items[0].to_string().contains("example.com"),
        "{}",
        items[0]
    );
    let dora = app.sign_in("dora").await;
    assert_eq!(dora.audit("outcome=refused").await, Vec::<Value>::new());
}

#[tokio::test]
async fn wrong_passwords_of_one_minute_are_one_event_locked_or_not() {
    let app = App::with_people().await;
    for name in ["ada", "ben"] {
        for _ in 0..7 {
            let email = format!("{name}@example.com");
            let body = json!({"email": email, "password": "wrong password", "code": "123456"});
            app.ask_for_session(&body)
                .await
                .problem(401, "sign-in-failed");
        }
    }
    let dora = app.sign_in("dora").await;
    let events = dora.audit("outcome=refused").await;
    let mut told: Vec<_> = events
        .iter()
        .map(|event| json!([event["object"]["name"], event["count"]]))
        .collect();
    told.sort_by_key(Value::to_string);
    assert_eq!(
        json!(told),
        json!([["ada@example.com", 7], ["ben@example.com", 7]])
    );
}
