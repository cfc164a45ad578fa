//! Delete a Client Setting.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::{
    a_deletion_is_one_version_and_one_event, assert_key_lengths, empty,
};
use countersign_tests::settings::{
    FOR_CLIENT, Layer, app_with, assert_for_clients_of_the_application, assert_guarded,
    assert_requires, result,
};
use serde_json::json;

const DELETE: &str = "/settings/delete";

#[tokio::test]
async fn the_result_is_whether_the_client_s_own_layer_had_the_key() {
    let settings = json!({"0": "", "1": "", "2": "", "3": "", "4": ""});
    let app = app_with(settings.clone(), &[("featureless", settings.clone())]).await;
    for (key, way) in ["0", "1", "2", "3", "4"].into_iter().zip(Way::ALL) {
        for existed in ["true", "false", "false"] {
            let given = [("key", key), FOR_CLIENT];
            let reply = way.send(&app.owner(), DELETE, &given).await;
            assert_eq!(shown(&reply), result(existed), "{way:?}");
        }
    }
    assert_eq!(Layer::Client.now(&app).await, json!({}));
    assert_eq!(Layer::Application.now(&app).await, settings);
}

#[tokio::test]
async fn the_application_s_value_shows_again() {
    let app = app_with(json!({"k": "all"}), &[("featureless", json!({"k": "own"}))]).await;
    let seen = async || {
        let given = [("key", "k"), FOR_CLIENT];
        shown(&app.owner().get("/settings/get", &given).await)
    };
    assert_eq!(seen().await, result(r#""own""#));
    Layer::Client.delete(&app, "k").await.ok();
    assert_eq!(seen().await, result(r#""all""#));
}

#[tokio::test]
async fn without_for_client_id_the_caller_s_own_key_is_deleted() {
    let own = json!({"k": "v", "l": "v"});
    let clients = [("owner", own.clone()), ("featureless", own.clone())];
    let app = app_with(json!({}), &clients).await;
    let reply = app.owner().post(DELETE, &[("key", "k")]).await;
    assert_eq!(shown(&reply), result("true"));
    let all = app.owner().get("/settings/get_all", &[]).await.ok();
    assert_eq!(
        all["client_settings"],
        json!({"owner": {"l": "v"}, "featureless": own})
    );
}

#[tokio::test]
async fn a_key_has_1_to_255_bytes() {
    assert_key_lengths(DELETE, "key", str::to_owned, &[]).await;
}

#[tokio::test]
async fn each_deletion_is_one_version_and_one_event() {
    a_deletion_is_one_version_and_one_event(Layer::Client, "settings.delete").await;
}

#[tokio::test]
async fn only_clients_of_the_application_can_be_changed() {
    let app = app_with(json!({}), &[("owner", json!({"k": "v"}))]).await;
    assert_for_clients_of_the_application(&app, DELETE, &[("key", "k")]).await;
}

#[tokio::test]
async fn a_key_is_required() {
    let app = empty().await;
    assert_requires(&app, DELETE, &[("key", "k")]).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let own = json!({"k": "v"});
    let app = app_with(json!({}), &[("login_client", own)]).await;
    assert_guarded(&app, DELETE, &[("key", "k")]).await;
}
