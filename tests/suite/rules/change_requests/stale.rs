//! Stale requests: what was reviewed is not what is there any more.

use countersign_tests::change_requests::{
    BOTH, CLIENT, app, apply, approve_with_code, ask, ask_by_machine, ask_for, client_field,
    held_id, seen,
};
use countersign_tests::machine_api::assert_works;
use countersign_tests::{App, Person, administrators};
use reqwest::Method;
use serde_json::{Value, json};

async fn switch_off(ada: &Person, ben: &Person) {
    let off = json!({"enabled": false, "code": ada.next_code()});
    let id = ask_for(ada, Method::PUT, "/admin/multi-admin", &off).await;
    apply(ben, &id).await;
}

async fn switch_on(by: &Person) {
    let on = json!({"enabled": true, "code": by.next_code()});
    by.put("/admin/multi-admin", &on).await.fine();
}

/// The approval fails it, with a reason; gives the reason.
async fn assert_failed(by: &Person, id: &str) -> String {
    let failed = approve_with_code(by, id).await.fine();
    assert_eq!(failed["state"], "failed", "{failed:#}");
    let request = seen(by, id, "failed").await;
    assert_eq!(request["decided_by"]["id"], *by.id);
    request["reason"].as_str().unwrap().to_owned()
}

async fn two() -> (App, Person, Person) {
    let app = app(&["ben"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    (app, ada, ben)
}

#[tokio::test]
async fn a_client_that_was_changed_while_it_was_off_is_not_changed_by_an_old_request() {
    let (_app, ada, ben) = two().await;
    let id = ask(&ada, &json!({"features": ["owner"]})).await;
    switch_off(&ada, &ben).await;
    ben.patch(CLIENT, &json!({"name": "renamed"})).await.fine();
    switch_on(&ben).await;
    let why = assert_failed(&ben, &id).await;
    assert_eq!(why, "it was changed after it was asked for");
    assert_eq!(
        client_field(&ada, "login_client", "features").await,
        json!(["login_client"])
    );
    assert_eq!(client_field(&ada, "login_client", "name").await, "renamed");
    // The object is free.
    let id = ask(&ada, &json!({"features": []})).await;
    apply(&ben, &id).await;
}

#[tokio::test]
async fn a_client_that_was_changed_there_and_back_is_another_version() {
    let (_app, ada, ben) = two().await;
    let id = ask(&ada, &json!({"name": "wanted"})).await;
    switch_off(&ada, &ben).await;
    for name in ["elsewhere", "the login_client"] {
        ben.patch(CLIENT, &json!({ "name": name })).await.fine();
    }
    switch_on(&ben).await;
    assert_failed(&ben, &id).await;
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
    // So is the name that it held.
    let new = json!({"name": "wanted"});
    let id = held_id(&ada.post("/admin/clients", &new).await);
    apply(&ben, &id).await;
}

#[tokio::test]
async fn a_secret_that_was_replaced_while_it_was_off_is_not_replaced_again() {
    let (app, ada, ben) = two().await;
    let path = "/admin/clients/login_client/secret/regenerate";
    let body = json!({"code": ada.next_code()});
    let id = ask_for(&ada, Method::POST, path, &body).await;
    switch_off(&ada, &ben).await;
    let body = json!({"code": ada.next_code()});
    let now = ada.post(path, &body).await.fine();
    let secret = now["client_secret"].as_str().unwrap();
    switch_on(&ben).await;
    assert_failed(&ben, &id).await;
    assert_works(&app.caller("login_client", secret)).await;
}

#[tokio::test]
async fn of_a_client_that_is_gone_everything_fails() {
    let (_app, ada, ben) = two().await;
    let change = ask(&ada, &json!({"name": "wanted"})).await;
    let other = "/admin/clients/featureless";
    let deletion = ask_for(&ada, Method::DELETE, other, &Value::Null).await;
    switch_off(&ada, &ben).await;
    ada.delete(CLIENT).await.nothing();
    ada.delete(other).await.nothing();
    switch_on(&ben).await;
    for id in [change, deletion] {
        let why = assert_failed(&ben, &id).await;
        assert_eq!(why, "the client is not there any more");
    }
    let id = held_id(&ada.post("/admin/clients", &json!({"name": "wanted"})).await);
    apply(&ben, &id).await;
}

#[tokio::test]
async fn a_grant_of_a_module_that_is_gone_fails() {
    let (_app, ada, ben) = two().await;
    let id = ask(&ada, &json!({"modules": {"collections": {}}})).await;
    let new = json!({"name": "new", "modules": {"collections": {}}});
    let creation = ask_for(&ada, Method::POST, "/admin/clients", &new).await;
    let less = json!({"modules": [{"key": "payments", "name": "Payments"}]});
    ada.put("/admin/modules", &less).await.fine();
    for id in [id, creation] {
        let why = assert_failed(&ben, &id).await;
        assert!(why.contains("module"), "{why}");
    }
    assert_eq!(
        client_field(&ada, "login_client", "modules").await,
        json!({})
    );
}

#[tokio::test]
async fn an_administrator_who_has_changed_meanwhile_is_another_version() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let dora = app.sign_in("dora").await.id;
    let path = format!("/admin/administrators/{dora}");
    let more = json!({"privileges": BOTH});
    let id = ask_for(&ada, Method::PATCH, &path, &more).await;
    let reset = format!("{path}/reset-password");
    let link = administrators::link(&ben.post(&reset, &json!({})).await.fine());
    let why = assert_failed(&ben, &id).await;
    assert_eq!(why, "it was changed after it was asked for");
    assert_eq!(ada.get(&path).await.fine()["privileges"], json!([]));
    // Also by taking the link up.
    let id = ask_for(&ada, Method::PATCH, &path, &more).await;
    let code = countersign_tests::Authenticator::of("dora").next_code(&app.clock);
    let body = json!({"password": "words of her own, new", "code": code});
    administrators::post_without_session(&app, &link, &body)
        .await
        .fine();
    assert_failed(&ben, &id).await;
    assert_eq!(ada.get(&path).await.fine()["privileges"], json!([]));
}

#[tokio::test]
async fn what_waits_while_it_is_switched_off_still_takes_two() {
    let (app, ada, ben) = two().await;
    let id = ask(&ada, &json!({"features": ["owner"]})).await;
    let by_machine = ask_by_machine(&app, "featureless", "renamed").await;
    switch_off(&ada, &ben).await;
    approve_with_code(&ada, &id)
        .await
        .problem(409, "own-request");
    let once = approve_with_code(&ada, &by_machine).await.fine();
    assert_eq!(once["state"], "pending");
    let again = approve_with_code(&ada, &by_machine).await;
    again.problem(409, "already-approved");
    switch_on(&ada).await;
    seen(&ada, &id, "pending").await;
    apply(&ben, &by_machine).await;
    apply(&ben, &id).await;
}
