//! Secrets under multi admin: made when it is applied, and seen by whoever asks with a code.

use std::time::Duration;

use countersign_tests::change_requests::{
    self, CLIENT, app, apply, approve, ask_for, assert_as_before, at, held_id, records, reject,
    seen,
};
use countersign_tests::machine_api::{assert_unknown, assert_works};
use countersign_tests::secret_of;
use reqwest::Method;
use serde_json::json;

const REGENERATE: &str = "/admin/clients/login_client/secret/regenerate";

#[tokio::test]
async fn a_regenerated_secret_is_made_when_it_is_applied_and_not_shown_to_the_approver() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let before = records(&app).await;
    let body = json!({"code": ada.next_code()});
    let asked = ada.post(REGENERATE, &body).await;
    assert!(!asked.body.contains("csk_"), "a secret in a request");
    let id = held_id(&asked);
    assert_as_before(&app, &before, "asked").await;
    assert_works(&app.client("login_client")).await;
    let old = secret_of("login_client");
    assert!(ben.secret_of("login_client").await == old);
    let request = seen(&ben, &id, "pending").await;
    assert!(request.to_string().contains("will be replaced"));
    approve(&ben, &id).await.faults();
    let applied = apply(&ben, &id).await;
    for body in [applied, ben.get(&at(&id, "")).await.fine()] {
        assert!(!body.to_string().contains("csk_"), "a secret is handed out");
    }
    assert_unknown(&app.client("login_client")).await;
    // Both may ask for it, each with a code.
    let new = ben.secret_of("login_client").await;
    assert!(ada.secret_of("login_client").await == new && new != old);
    assert_works(&app.caller("login_client", &new)).await;
}

#[tokio::test]
async fn the_grace_period_begins_when_it_is_applied() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let body = json!({"code": ada.next_code(), "hours_to_live": 1});
    let id = ask_for(&ada, Method::POST, REGENERATE, &body).await;
    app.advance(Duration::from_hours(5));
    let ben_again = app.sign_in("ben").await;
    drop(ben);
    apply(&ben_again, &id).await;
    assert_works(&app.client("login_client")).await;
    app.advance(Duration::from_mins(59));
    assert_works(&app.client("login_client")).await;
    app.advance(Duration::from_mins(1));
    assert_unknown(&app.client("login_client")).await;
}

#[tokio::test]
async fn asking_for_another_secret_takes_a_code_already() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    ada.post(REGENERATE, &json!({})).await.faults();
    let wrong = json!({"code": ada.wrong_code()});
    ada.post(REGENERATE, &wrong)
        .await
        .problem(401, "wrong-code");
    assert!(ada.all("/admin/change-requests", "").await.is_empty());
}

#[tokio::test]
async fn reveal_stays_available_while_changes_of_the_same_client_wait() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for change in [json!({"name": "renamed"}), json!({"enabled": false})] {
        let id = change_requests::ask(&ada, &change).await;
        for person in [&ada, &ben] {
            assert!(person.secret_of("login_client").await == secret_of("login_client"));
        }
        reject(&ada, &id).await.fine();
    }
    let id = ask_for(&ada, Method::DELETE, CLIENT, &serde_json::Value::Null).await;
    assert!(ben.secret_of("login_client").await == secret_of("login_client"));
    apply(&ben, &id).await;
}
