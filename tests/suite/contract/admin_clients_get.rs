//! View an API Client.

use countersign_tests::App;
use countersign_tests::admin_clients::{
    assert_finds_own_clients_only, assert_takes_manage_users, assert_tells_no_secret, id_of,
    of_client, view,
};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_client_is_shown_whole_and_without_its_secret() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    for (id, enabled, feature) in [
        ("login_client", true, "login_client"),
        ("disabled", false, "owner"),
    ] {
        let reply = ben.get(&of_client(id, "")).await;
        reply.fine();
        assert_eq!(
            reply.body,
            format!(
                r#"{{"client_id":"{id}","name":"the {id}","enabled":{enabled},"features":["{feature}"],"allow_list":["0.0.0.0/0"],"modules":{{}},"created_at":"2036-11-21T00:00:00Z","previous_secret_expires_at":null,"secret_last_used_at":null,"previous_secret_last_used_at":null}}"#
            )
        );
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("etag"), r#""1""#);
        assert_tells_no_secret(&reply);
    }
}

#[tokio::test]
async fn looking_is_neither_a_change_nor_an_event() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let first = ben.get(&of_client("owner", "")).await;
    let again = ben.get(&of_client("owner", "")).await;
    assert_eq!(first.header("etag"), again.header("etag"));
    assert_eq!(first.body, again.body);
    assert!(ben.audit("action=admin.clients").await.is_empty());
}

#[tokio::test]
async fn an_id_of_any_shape_can_be_a_part_of_the_path() {
    let mut setup = countersign_tests::Setup::with_people();
    let odd = json!({"client_id": "a b:ü?#%", "description": "odd", "features": []});
    let clients = &mut setup.seed["applications"][0]["clients"];
    clients.as_array_mut().unwrap().push(odd);
    let app = App::with(setup).await;
    let ben = app.sign_in("ben").await;
    let seen = view(&ben, "a%20b%3A%C3%BC%3F%23%25").await;
    assert_eq!(id_of(&seen), "a b:ü?#%");
}

#[tokio::test]
async fn only_clients_of_the_own_application_are_there() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    assert_finds_own_clients_only(&app, &ben, Method::GET, "", None).await;
    let fay = app.sign_in("fay").await;
    assert_eq!(view(&fay, "foreigner").await["name"], "the foreigner");
    fay.get(&of_client("owner", ""))
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn a_query_does_not_contradict_the_path() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let reply = ben
        .get(&of_client("owner", "?client_id=login_client"))
        .await;
    assert_eq!(reply.faults()[0].0, "/client_id");
}

#[tokio::test]
async fn it_takes_manage_users() {
    let app = App::with_people().await;
    assert_takes_manage_users(&app, Method::GET, &of_client("owner", ""), None).await;
}
