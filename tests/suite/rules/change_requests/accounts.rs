//! Requests of API clients: two different administrators stand behind them.

use countersign_tests::App;
use countersign_tests::change_requests::{
    app, apply, approve, approve_with_code, ask_by_machine, ask_for, client_field, pending, reject,
    seen,
};
use countersign_tests::machine_api::assert_unknown;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn what_an_api_client_asks_for_takes_two_approvals() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask_by_machine(&app, "login_client", "renamed").await;
    let request = seen(&ada, &id, "pending").await;
    assert_eq!(request["requester"]["kind"], "api_client");
    assert_eq!(request["requester"]["id"], "owner");
    assert_eq!(request["approvals_needed"], 2);
    let once = approve(&ada, &id).await.fine();
    assert_eq!(once["state"], "pending");
    assert_eq!(once["approvals_needed"], 1);
    for _ in 0..3 {
        let again = approve(&ada, &id).await;
        again.problem(409, "already-approved");
    }
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
    let twice = approve(&ben, &id).await.fine();
    assert_eq!(twice["state"], "applied");
    let by: Vec<_> = twice["approvals"].as_array().unwrap().iter().collect();
    assert_eq!(by.len(), 2);
    assert!(by[0]["id"] == *ada.id && by[1]["id"] == *ben.id);
    assert_eq!(client_field(&ada, "login_client", "name").await, "renamed");
}

#[tokio::test]
async fn one_who_has_approved_it_may_still_turn_it_down() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask_by_machine(&app, "login_client", "renamed").await;
    approve(&ada, &id).await.fine();
    reject(&ada, &id).await.fine();
    seen(&ada, &id, "rejected").await;
    approve(&ben, &id).await.problem(409, "already-decided");
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
}

#[tokio::test]
async fn an_approval_of_one_who_may_not_approve_any_more_does_not_count() {
    let app = app(&["cleo", "dora"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let (cleo, dora) = (app.sign_in("cleo").await, app.sign_in("dora").await);
    let id = ask_by_machine(&app, "login_client", "renamed").await;
    approve(&cleo, &id).await.fine();
    let path = format!("/admin/administrators/{}", cleo.id);
    let less = json!({"privileges": ["manage_modules"]});
    let change = ask_for(&ada, Method::PATCH, &path, &less).await;
    apply(&ben, &change).await;
    let once = approve(&ben, &id).await.fine();
    assert_eq!(once["state"], "pending", "one of the two is no approver");
    assert_eq!(once["approvals_needed"], 1);
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
    approve(&ben, &id).await.problem(409, "already-approved");
    let twice = approve(&dora, &id).await.fine();
    assert_eq!(twice["state"], "applied");
}

#[tokio::test]
async fn an_approval_of_one_who_was_reset_meanwhile_does_not_count() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let id = ask_by_machine(&app, "login_client", "renamed").await;
    approve(&cleo, &id).await.fine();
    let path = format!("/admin/administrators/{}/reset-mfa", cleo.id);
    ben.post(&path, &json!({})).await.fine();
    let once = approve(&ada, &id).await.fine();
    assert_eq!(once["state"], "pending");
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
    let twice = approve(&ben, &id).await.fine();
    assert_eq!(twice["state"], "applied");
}

#[tokio::test]
async fn each_of_the_two_gives_a_code_where_one_is_needed() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let given = [("for_client_id", "login_client")];
    let asked = app.owner().post("/clients/reset_secret", &given).await;
    let id = pending(&asked);
    for person in [&ada, &ben] {
        approve(person, &id).await.faults();
        approve_with_code(person, &id).await.fine();
    }
    seen(&ada, &id, "applied").await;
    assert_unknown(&app.client("login_client")).await;
}

#[tokio::test]
async fn what_the_machine_api_creates_waits_too() {
    let app: App = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let given = [("description", "new one"), ("features", r#"["owner"]"#)];
    let id = pending(&app.owner().post("/clients/add", &given).await);
    let client = seen(&ada, &id, "pending").await["object"]["id"].clone();
    let client = client.as_str().unwrap();
    assert!(app.listed(client).await.is_none());
    approve_with_code(&ada, &id).await.fine();
    assert!(app.listed(client).await.is_none());
    apply(&ben, &id).await;
    assert_eq!(
        app.listed(client).await.unwrap()["features"],
        json!(["owner"])
    );
    let secret = ada.secret_of(client).await;
    let created = app.caller(client, &secret);
    created.post("/clients/list", &[]).await.ok();
}
