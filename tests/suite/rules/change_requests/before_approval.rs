//! Nothing takes effect before approval, and everything at once with it.

use countersign_tests::change_requests::{
    self, BOTH, CLIENT, app, apply, approve, ask, ask_for, assert_as_before, client_field, held_id,
    records, reject, seen,
};
use countersign_tests::machine_api::{assert_not_admitted, assert_unknown, assert_works};
use countersign_tests::{administrators, secret_of};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_client_is_let_in_until_its_disabling_is_approved_and_not_once_more() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let client = app.client("login_client");
    let id = ask(&ada, &json!({"enabled": false})).await;
    assert_works(&client).await;
    apply(&ben, &id).await;
    assert_unknown(&client).await;
    let id = ask(&ada, &json!({"enabled": true})).await;
    assert_unknown(&client).await;
    apply(&ben, &id).await;
    assert_works(&client).await;
}

#[tokio::test]
async fn features_and_the_allow_list_change_with_the_approval() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let client = app.client("login_client");
    let id = ask(&ada, &json!({"features": ["owner"]})).await;
    client
        .post("/clients/list", &[])
        .await
        .error(403, "client_permission_error");
    apply(&ben, &id).await;
    client.post("/clients/list", &[]).await.ok();
    let id = ask(&ada, &json!({"allow_list": ["192.0.2.0/24"]})).await;
    assert_works(&client).await;
    apply(&ben, &id).await;
    assert_not_admitted(&client).await;
}

#[tokio::test]
async fn modules_and_names_are_what_they_were_until_it_is_approved() {
    let app = app(&["ben"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let before = records(&app).await;
    let wanted = json!({"name": "renamed", "modules": {"payments": {"administrator": true}}});
    let id = ask(&ada, &wanted).await;
    assert_as_before(&app, &before, "asked").await;
    let list = ada.all("/admin/clients", "").await;
    assert!(!json!(list).to_string().contains("renamed"));
    apply(&ben, &id).await;
    assert_eq!(client_field(&ada, "login_client", "name").await, "renamed");
    assert_eq!(
        client_field(&ada, "login_client", "modules").await,
        wanted["modules"]
    );
}

#[tokio::test]
async fn a_pending_creation_is_in_no_list_and_has_no_credentials() {
    let app = app(&["ben"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let before = records(&app).await;
    let new = json!({"name": "new one", "features": ["owner"], "modules": {"payments": {}}});
    let id = ask_for(&ada, Method::POST, "/admin/clients", &new).await;
    let request = seen(&ben, &id, "pending").await;
    let client = request["object"]["id"].as_str().unwrap();
    let path = format!("/admin/clients/{client}");
    assert_as_before(&app, &before, "asked").await;
    assert!(app.listed(client).await.is_none());
    ada.get(&path).await.problem(404, "not-found");
    let code = json!({"code": ada.next_code()});
    let reveal = format!("{path}/secret/reveal");
    ada.post(&reveal, &code).await.problem(404, "not-found");
    for guess in ["", "secret", &secret_of("owner")] {
        assert_unknown(&app.caller(client, guess)).await;
    }
    let given = [("for_client_id", client), ("key", "k"), ("value", "v")];
    let settings = app.owner().post("/settings/set", &given).await;
    settings.invalid("for_client_id");

    let applied = apply(&ben, &id).await;
    assert!(
        !applied.to_string().contains("csk_"),
        "a secret is handed out"
    );
    assert_eq!(ada.get(&path).await.fine()["name"], "new one");
    let secret = ada.secret_of(client).await;
    let created = app.caller(client, &secret);
    created.post("/clients/list", &[]).await.ok();
}

#[tokio::test]
async fn a_deletion_that_is_turned_down_leaves_all_as_it_was() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let before = records(&app).await;
    for (decide, state) in [(&ben, "rejected"), (&ada, "withdrawn")] {
        let id = ask_for(&ada, Method::DELETE, CLIENT, &Value::Null).await;
        assert_works(&app.client("login_client")).await;
        let ended = reject(decide, &id).await.fine();
        assert_eq!(ended["state"], state);
        seen(&ada, &id, state).await;
        assert_as_before(&app, &before, state).await;
        assert_works(&app.client("login_client")).await;
    }
    let id = ask_for(&ada, Method::DELETE, CLIENT, &Value::Null).await;
    apply(&ben, &id).await;
    assert_unknown(&app.client("login_client")).await;
    assert!(app.listed("login_client").await.is_none());
}

#[tokio::test]
async fn an_administrator_keeps_what_they_hold_until_it_is_approved() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let path = format!("/admin/administrators/{}", cleo.id);
    let less = json!({"name": "Cleopatra", "privileges": ["manage_modules"]});
    let id = ask_for(&ada, Method::PATCH, &path, &less).await;
    let me = cleo.get("/admin/me").await.fine();
    assert_eq!(me["privileges"], json!(BOTH));
    assert_eq!(me["name"], "cleo");
    cleo.get("/admin/administrators").await.fine();
    apply(&ben, &id).await;
    cleo.get("/admin/me").await.problem(401, "not-signed-in");
    let cleo = app.sign_in("cleo").await;
    let me = cleo.get("/admin/me").await.fine();
    assert_eq!(me["privileges"], json!(["manage_modules"]));
    let refused = cleo.get("/admin/administrators").await;
    refused.problem(403, "not-permitted");
    let id = ask_for(&ada, Method::DELETE, &path, &Value::Null).await;
    cleo.get("/admin/me").await.fine();
    apply(&ben, &id).await;
    cleo.get("/admin/me").await.problem(401, "not-signed-in");
    ada.get(&path).await.problem(404, "not-found");
}

#[tokio::test]
async fn nobody_is_invited_and_no_link_exists_until_it_is_approved() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let before = records(&app).await;
    let new = json!({"email": "new@example.com", "name": "New", "privileges": ["manage_users"]});
    let asked = ada.post("/admin/administrators", &new).await;
    assert!(!asked.body.contains("invitations/"), "{}", asked.body);
    let id = held_id(&asked);
    assert_as_before(&app, &before, "asked").await;
    let code = json!({"email": "new@example.com", "password": "any at all", "code": "123456"});
    let nobody = app.ask_for_session(&code).await;
    nobody.problem(401, "sign-in-failed");
    let applied = approve(&ben, &id).await.fine();
    // Whoever approves hands the link over; nobody else can see it, and it is seen once.
    let path = administrators::link(&applied);
    let seen = ada.get(&change_requests::at(&id, "")).await;
    assert!(!seen.body.contains("invitations/"), "{}", seen.body);
    administrators::take_up(&app, &path, "a newcomer's own words").await;
    let list = ada.all("/admin/administrators", "").await;
    let new = list.iter().find(|one| one["email"] == "new@example.com");
    assert_eq!(new.unwrap()["state"], "active");
}
