//! Retiring an old secret under multi admin: it ends only when two people have agreed.
//!
//! Anyone who still uses it would be cut off.

use std::sync::Arc;
use std::time::Duration;

use countersign_tests::change_requests::{
    CLIENT, app, apply, approve, approve_with_code, ask, ask_for, assert_as_before, at,
    client_field, held_id, records, reject, seen,
};
use countersign_tests::gate::{Gate, overtake};
use countersign_tests::machine_api::{assert_unknown, assert_works};
use countersign_tests::{App, Caller, Person, Reply, secret_of};
use reqwest::Method;
use serde_json::{Value, json};

use super::overtaken::gated;

const RETIRE: &str = "/admin/clients/login_client/secret/retire";
const REGENERATE: &str = "/admin/clients/login_client/secret/regenerate";

/// Gives the client a second secret, and returns callers with the new and the old one.
///
/// The old one works for some more hours. Where approval is needed, it is given.
async fn two_secrets(app: &App, ada: &Person, ben: &Person, hours: u64) -> [Caller; 2] {
    let body = json!({"code": ada.next_code(), "hours_to_live": hours});
    let reply = ada.post(REGENERATE, &body).await;
    if reply.status == 202 {
        apply(ben, &held_id(&reply)).await;
    }
    let new = ada.secret_of("login_client").await;
    [new, secret_of("login_client")].map(|secret| app.caller("login_client", &secret))
}

#[tokio::test]
async fn the_old_secret_works_until_another_administrator_has_approved() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let [new, old] = two_secrets(&app, &ada, &ben, 168).await;
    let before = records(&app).await;
    let id = ask_for(&ada, Method::POST, RETIRE, &json!({})).await;
    assert_as_before(&app, &before, "asked").await;
    for caller in [&new, &old] {
        assert_works(caller).await;
    }
    let request = seen(&ben, &id, "pending").await;
    assert_eq!(request["operation"], "admin.clients.retire_secret");
    assert_eq!(request["needs_code"], false);
    assert_eq!(
        request["changes"],
        json!([{"field": "previous_secret", "before": null, "after": "will end", "escalation": false}])
    );
    for own in [approve(&ada, &id).await, approve_with_code(&ada, &id).await] {
        own.problem(409, "own-request");
    }
    assert_works(&old).await;
    let applied = approve(&ben, &id).await.fine();
    assert_eq!(applied["state"], "applied");
    assert_unknown(&old).await;
    assert_works(&new).await;
    assert_eq!(
        client_field(&ada, "login_client", "previous_secret_expires_at").await,
        Value::Null
    );
}

#[tokio::test]
async fn what_is_turned_down_or_taken_back_ends_nothing() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let [_, old] = two_secrets(&app, &ada, &ben, 168).await;
    for (by, state) in [(&ada, "withdrawn"), (&ben, "rejected")] {
        let id = ask_for(&ada, Method::POST, RETIRE, &json!({})).await;
        assert_eq!(reject(by, &id).await.fine()["state"], state);
        assert_works(&old).await;
    }
}

#[tokio::test]
async fn a_request_whose_secret_has_ended_by_itself_fails() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let [new, _] = two_secrets(&app, &ada, &ben, 1).await;
    let id = ask_for(&ada, Method::POST, RETIRE, &json!({})).await;
    app.advance(Duration::from_hours(1));
    let ben = app.sign_in("ben").await;
    let before = records(&app).await;
    let failed = approve(&ben, &id).await.fine();
    assert_eq!(failed["state"], "failed", "{failed:#}");
    assert_eq!(failed["reason"], "the old secret has ended by itself");
    assert_as_before(&app, &before, "failed").await;
    assert_works(&new).await;
    // There is nothing to ask for any more, and nothing is in the way.
    ben.post(RETIRE, &json!({}))
        .await
        .problem(409, "no-previous-secret");
    let id = ask(&ben, &json!({"name": "renamed"})).await;
    reject(&ben, &id).await.fine();
}

#[tokio::test]
async fn without_an_old_secret_there_is_nothing_to_ask_for() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    ada.post(RETIRE, &json!({}))
        .await
        .problem(409, "no-previous-secret");
    assert!(ada.all("/admin/change-requests", "").await.is_empty());
}

#[tokio::test]
async fn one_request_waits_for_a_client_at_a_time() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let [_, old] = two_secrets(&app, &ada, &ben, 168).await;
    let id = ask_for(&ada, Method::POST, RETIRE, &json!({})).await;
    for again in [
        ben.post(RETIRE, &json!({})).await,
        ben.patch(CLIENT, &json!({"enabled": false})).await,
        ben.post(REGENERATE, &json!({"code": ben.next_code()}))
            .await,
    ] {
        let words = again.problem(409, "request-pending");
        assert!(words.contains(&id) || again.body.contains(&id), "{words}");
    }
    assert_works(&old).await;
    seen(&ben, &id, "pending").await;
}

#[tokio::test]
async fn the_audit_tells_who_asked_and_who_agreed() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    two_secrets(&app, &ada, &ben, 168).await;
    let id = ask_for(&ada, Method::POST, RETIRE, &json!({})).await;
    apply(&ben, &id).await;
    let events = ben.audit("object=login_client").await;
    let of_request: Vec<_> = events
        .iter()
        .filter(|event| event["change_request"] == *id)
        .map(|event| json!([event["action"], event["outcome"], event["actor"]["name"]]))
        .collect();
    assert_eq!(
        json!(of_request),
        json!([
            ["admin.change_requests.approve", "applied", "ben"],
            ["admin.clients.retire_secret", "requested", "ada"]
        ])
    );
}

/// A retirement between whose reading and writing somebody else regenerates the secret.
async fn retire_late(gate: &Arc<Gate>, person: Person, other: &Person) -> Reply {
    let retiring = async move { person.post(RETIRE, &json!({})).await };
    let at = ("admin.clients.retire_secret", 0);
    let late = overtake(gate, at, retiring, async || {
        let body = json!({"code": other.next_code(), "hours_to_live": 168});
        other.post(REGENERATE, &body).await.fine();
    });
    late.await
}

/// The careful one has seen that there is an old secret, and which.
#[tokio::test(flavor = "multi_thread")]
async fn a_careful_retirement_that_a_regeneration_overtakes_is_refused() {
    let (app, gate) = gated(&[], false).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let [second, first] = two_secrets(&app, &ada, &ben, 168).await;
    let etag = ada.get(CLIENT).await.header("etag").to_owned();
    let careful = ada.clone().with("if-match", &etag);
    let late = retire_late(&gate, careful, &ben).await;
    late.problem(412, "stale");
    assert_unknown(&first).await;
    assert_works(&second).await;
}

/// Between its read and its write, the old secret is replaced by the one that everybody uses.
#[tokio::test(flavor = "multi_thread")]
async fn a_retirement_that_a_regeneration_overtakes_ends_no_other_secret() {
    let (app, gate) = gated(&[], false).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let [second, first] = two_secrets(&app, &ada, &ben, 168).await;
    let late = retire_late(&gate, ada.clone(), &ben).await;
    assert_works(&second).await;
    let words = late.problem(409, "no-previous-secret");
    assert!(words.contains("meanwhile"), "{words}");
    assert_unknown(&first).await;
    assert_works(&app.caller("login_client", &ada.secret_of("login_client").await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_careful_regeneration_that_a_retirement_overtakes_is_refused() {
    let (app, gate) = gated(&[], false).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let [second, first] = two_secrets(&app, &ada, &ben, 168).await;
    let etag = ada.get(CLIENT).await.header("etag").to_owned();
    let careful = ada.clone().with("if-match", &etag);
    let body = json!({"code": ada.next_code(), "hours_to_live": 168});
    let regenerating = async move { careful.post(REGENERATE, &body).await };
    // The code is counted and spent before.
    let at = ("admin.clients.regenerate_secret", 2);
    let late = overtake(&gate, at, regenerating, async || {
        ben.post(RETIRE, &json!({})).await.fine();
    });
    late.await.problem(412, "stale");
    assert_unknown(&first).await;
    assert_works(&second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_the_end_of_the_grace_period_overtakes_fails_or_applies_and_says_which() {
    let (app, gate) = gated(&[], true).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let [new, old] = two_secrets(&app, &ada, &ben, 1).await;
    let id = ask_for(&ada, Method::POST, RETIRE, &json!({})).await;
    let approving = {
        let (ben, id) = (ben.clone(), id.clone());
        async move { approve(&ben, &id).await }
    };
    let clock = app.clock.clone();
    let late = overtake(
        &gate,
        ("admin.change_requests.approve", 0),
        approving,
        async || clock.advance(Duration::from_hours(1)),
    );
    let state = late.await.fine()["state"].clone();
    assert!(state == "applied" || state == "failed", "{state}");
    let ben = app.sign_in("ben").await;
    assert_eq!(ben.get(&at(&id, "")).await.fine()["state"], state);
    assert_unknown(&old).await;
    assert_works(&new).await;
}
