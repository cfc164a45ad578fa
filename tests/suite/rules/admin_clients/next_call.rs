//! A change bites at the client's very next call: nothing remembers how things were.

use countersign_tests::App;
use countersign_tests::admin_clients::{caller_of, id_of, of_client};
use countersign_tests::machine_api::{assert_not_admitted, assert_unknown, assert_works};
use serde_json::json;

#[tokio::test]
async fn a_disabled_client_is_unknown_until_it_is_enabled_again() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = of_client("login_client", "");
    let client = app.client("login_client");
    for _ in 0..3 {
        assert_works(&client).await;
        ben.patch(&path, &json!({"enabled": false})).await.fine();
        assert_unknown(&client).await;
        ben.patch(&path, &json!({"enabled": true})).await.fine();
    }
    assert_works(&client).await;
}

#[tokio::test]
async fn a_client_that_is_created_disabled_is_unknown() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let new = json!({"name": "new", "features": ["owner"], "enabled": false});
    let id = id_of(&ben.new_client(&new).await);
    let client = caller_of(&app, &ben, &id).await;
    assert_unknown(&client).await;
    ben.patch(&of_client(&id, ""), &json!({"enabled": true}))
        .await
        .fine();
    assert_works(&client).await;
}

#[tokio::test]
async fn features_are_lost_and_won_at_once() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let client = app.client("login_client");
    let path = of_client("login_client", "");
    ben.patch(&path, &json!({"features": []})).await.fine();
    assert_not_admitted(&client).await;
    ben.patch(&path, &json!({"features": ["owner"]}))
        .await
        .fine();
    client.post("/clients/list", &[]).await.ok();
    ben.patch(&path, &json!({"features": ["direct_access"]}))
        .await
        .fine();
    client
        .post("/clients/list", &[])
        .await
        .error(403, "client_permission_error");
    assert_works(&client).await;
}

#[tokio::test]
async fn an_allow_list_holds_at_once() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = of_client("login_client", "");
    let (here, there) = (
        app.client("login_client"),
        app.client("login_client").from("127.0.0.2"),
    );
    ben.patch(&path, &json!({"allow_list": ["127.0.0.2"]}))
        .await
        .fine();
    assert_not_admitted(&here).await;
    assert_works(&there).await;
    ben.patch(&path, &json!({"allow_list": ["127.0.0.1"]}))
        .await
        .fine();
    assert_works(&here).await;
    assert_not_admitted(&there).await;
    ben.patch(&path, &json!({"allow_list": ["0.0.0.0/0"]}))
        .await
        .fine();
    assert_works(&there).await;
}

#[tokio::test]
async fn a_deleted_client_is_unknown_and_its_name_is_free() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let client = app.client("login_client");
    assert_works(&client).await;
    ben.delete(&of_client("login_client", "")).await.nothing();
    assert_unknown(&client).await;
    let again = json!({"name": "the login_client", "features": ["login_client"]});
    let id = id_of(&ben.new_client(&again).await);
    assert_ne!(id, "login_client");
    assert_unknown(&client).await;
}
