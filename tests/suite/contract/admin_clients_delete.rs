//! Delete an API Client.

use countersign_tests::App;
use countersign_tests::admin_clients::{
    assert_finds_own_clients_only, assert_takes_manage_users, of_client, reveal,
};
use countersign_tests::machine_api::{assert_unchanged, assert_unknown, assert_works, clients};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_deleted_client_is_gone_everywhere_and_the_others_stay() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    ben.delete(&of_client("login_client", "")).await.nothing();
    assert_unknown(&app.client("login_client")).await;
    ben.get(&of_client("login_client", ""))
        .await
        .problem(404, "not-found");
    let wanted: Vec<_> = before
        .into_iter()
        .filter(|client| client["client_id"] != "login_client")
        .collect();
    assert_unchanged(&app, &wanted).await;
    assert_eq!(ben.all("/admin/clients", "").await.len(), wanted.len());
    assert_works(&app.client("direct_access")).await;
}

#[tokio::test]
async fn what_is_deleted_can_not_be_viewed_changed_revealed_or_deleted_again() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = of_client("login_client", "");
    ben.delete(&path).await.nothing();
    ben.delete(&path).await.problem(404, "not-found");
    let body = json!({"enabled": true});
    ben.patch(&path, &body).await.problem(404, "not-found");
    let code = ben.next_code();
    reveal(&ben, "login_client", &code)
        .await
        .problem(404, "not-found");
    let events = ben.audit("action=admin.clients.delete").await;
    assert_eq!(events.len(), 1, "{events:?}");
}

#[tokio::test]
async fn a_deletion_is_one_event_that_still_knows_the_name() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    ben.delete(&of_client("login_client", "")).await.nothing();
    let events = ben.audit("object=login_client").await;
    assert_eq!(events[0]["action"], "admin.clients.delete");
    assert_eq!(events[0]["outcome"], "applied");
    assert_eq!(events[0]["actor"]["id"], *ben.id);
    assert_eq!(events[0]["object"]["name"], "the login_client");
    let enabled = json!({"before": true, "after": null});
    assert_eq!(events[0]["changes"]["enabled"], enabled);
}

#[tokio::test]
async fn its_settings_go_with_it() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let own = [
        ("for_client_id", "login_client"),
        ("key", "own"),
        ("value", "kept here only"),
    ];
    app.owner().post("/settings/set", &own).await.ok();
    ben.delete(&of_client("login_client", "")).await.nothing();
    for item in app.dump("settings").await {
        let text = item.to_string();
        assert!(!text.contains("kept here only"), "{text}");
    }
}

#[tokio::test]
async fn only_clients_of_the_own_application_are_there() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    assert_finds_own_clients_only(&app, &ada, Method::DELETE, "", None).await;
}

#[tokio::test]
async fn it_takes_manage_users() {
    let app = App::with_people().await;
    assert_takes_manage_users(&app, Method::DELETE, &of_client("owner", ""), None).await;
}
