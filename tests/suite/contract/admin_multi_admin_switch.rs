//! Switch Multi Admin.

use countersign_tests::change_requests::{app, approve_with_code, field, held, id_of, somebody};
use countersign_tests::{APPLICATION, App, Person, Reply};
use reqwest::Method;
use serde_json::{Value, json};

const POLICY: &str = "/admin/multi-admin";

/// Asks for it to be on or off, with a fresh code.
async fn switch(person: &Person, enabled: bool) -> Reply {
    let body = json!({"enabled": enabled, "code": person.next_code()});
    person.put(POLICY, &body).await
}

async fn is_on(person: &Person) -> bool {
    person.get(POLICY).await.fine()["enabled"] == true
}

#[tokio::test]
async fn on_it_is_at_once_by_one_of_two() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let reply = switch(&ben, true).await;
    reply.fine();
    assert_eq!(
        reply.body,
        r#"{"enabled":true,"eligible_administrators":2}"#
    );
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("etag"), r#""2""#);
    assert_eq!(reply.header("location"), "");
    let seen = ben.get(POLICY).await;
    assert_eq!((&seen.body, seen.header("etag")), (&reply.body, r#""2""#));
    held(&ben.post("/admin/clients", &json!({"name": "x"})).await);
}

#[tokio::test]
async fn off_it_is_only_when_another_one_agrees_with_a_code() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let reply = switch(&ada, false).await;
    let asked = held(&reply);
    let change = field("multi_admin", json!(true), json!(false), true);
    let wanted = json!({
        "id": id_of(&asked), "state": "pending", "operation": "admin.multi_admin.switch",
        "object": {"kind": "application", "id": APPLICATION, "name": "Under test"},
        "requester": somebody(&ada, "ada"), "created_at": "2036-11-21T00:01:30Z",
        "expires_at": "2036-12-05T00:01:30Z", "changes": [change], "needs_code": true,
        "approvals": [], "approvals_needed": 1, "decided_by": null, "decided_at": null,
        "reason": null
    });
    assert_eq!(asked, wanted);
    assert!(is_on(&ada).await);
    let again = switch(&ada, false).await;
    again.problem(409, "request-pending");
    assert_eq!(again.json()["change_request"], asked["id"]);
    let approved = approve_with_code(&ben, &id_of(&asked)).await.fine();
    assert_eq!(approved["state"], "applied");
    let seen = ben.get(POLICY).await;
    let wanted = r#"{"enabled":false,"eligible_administrators":3}"#;
    assert_eq!(
        (seen.body.as_str(), seen.header("etag")),
        (wanted, r#""2""#)
    );
    ada.new_client(&json!({"name": "x"})).await;
}

#[tokio::test]
async fn where_it_is_so_already_nothing_happens() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for (enabled, etag) in [(false, r#""1""#), (true, r#""2""#), (true, r#""2""#)] {
        let reply = switch(&ada, enabled).await;
        assert_eq!(reply.fine()["enabled"], enabled);
        assert_eq!(reply.header("etag"), etag);
    }
    let told = ada.audit("action=admin.multi_admin.switch").await;
    assert_eq!(told.len(), 1, "{told:?}");
    let changes = json!({"multi_admin": {"before": false, "after": true}});
    assert_eq!(told[0]["changes"], changes);
    assert_eq!(told[0]["outcome"], "applied");
    assert_eq!(told[0]["change_request"], Value::Null);
}

#[tokio::test]
async fn on_takes_two_who_could_decide() {
    let app = App::with_people().await;
    let fay = app.sign_in("fay").await;
    let words = switch(&fay, true)
        .await
        .problem(409, "too-few-administrators");
    assert_eq!(
        words,
        "it takes two administrators who can sign in and hold manage_users; there are 1"
    );
    assert!(!is_on(&fay).await);
}

#[tokio::test]
async fn it_takes_a_code_that_is_right_and_was_not_used() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let used = json!({"enabled": true, "code": ada.authenticator.code(&app.clock)});
    let wrong = json!({"enabled": true, "code": ada.wrong_code()});
    let mut words = Vec::new();
    for body in [used, wrong] {
        words.push(ada.put(POLICY, &body).await.problem(401, "wrong-code"));
    }
    assert_eq!(words[0], words[1]);
    for (body, pointer) in [
        (json!({"enabled": true}), "/code"),
        (json!({"code": "123456"}), "/enabled"),
        (json!({"enabled": "on", "code": "123456"}), "/enabled"),
        (json!({"enabled": null, "code": "123456"}), "/enabled"),
        (
            json!({"enabled": true, "code": "123456", "now": true}),
            "/now",
        ),
    ] {
        let faults = ada.put(POLICY, &body).await.faults();
        let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer).collect();
        assert_eq!(pointers, [pointer], "{body}");
    }
    assert!(!is_on(&ada).await);
}

#[tokio::test]
async fn it_takes_manage_users_and_a_session() {
    let app = App::with_people().await;
    for lesser in ["cleo", "dora"] {
        let refused = switch(&app.sign_in(lesser).await, true).await;
        refused.problem(403, "not-permitted");
    }
    let body = json!({"enabled": true, "code": "123456"}).to_string();
    let json = [("content-type", "application/json")];
    for nobody in [app.stranger(), app.owner()] {
        let refused = nobody.send(Method::PUT, POLICY, &json, body.clone().into());
        refused.await.problem(401, "not-signed-in");
    }
    assert!(!is_on(&app.sign_in("ada").await).await);
}
