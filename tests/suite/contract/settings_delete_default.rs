//! Delete Multiple Client Settings: removes a key of the application's layer.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::{
    a_deletion_is_one_version_and_one_event, assert_key_lengths, empty,
};
use countersign_tests::settings::{Layer, app_with, assert_guarded, assert_requires, result};
use serde_json::json;

const DELETE: &str = "/settings/delete_default";

#[tokio::test]
async fn the_result_is_whether_the_application_had_the_key() {
    let keys = ["0", "1", "2", "3", "4"];
    let settings = keys.map(|key| (key.to_owned(), json!("v")));
    let app = app_with(
        settings
            .into_iter()
            .collect::<serde_json::Map<_, _>>()
            .into(),
        &[],
    )
    .await;
    for (key, way) in keys.into_iter().zip(Way::ALL) {
        for existed in ["true", "false", "false"] {
            let reply = way.send(&app.owner(), DELETE, &[("key", key)]).await;
            assert_eq!(shown(&reply), result(existed), "{way:?}");
        }
    }
    assert_eq!(Layer::Application.now(&app).await, json!({}));
}

#[tokio::test]
async fn clients_own_values_stay() {
    let own = json!({"k": "own"});
    let clients = [("featureless", own.clone()), ("owner", own.clone())];
    let app = app_with(json!({"k": "all", "l": "all"}), &clients).await;
    let reply = Layer::Application.delete(&app, "k").await;
    assert_eq!(shown(&reply), result("true"));
    let all = app.owner().get("/settings/get_all", &[]).await.ok();
    assert_eq!(all["default_settings"], json!({"l": "all"}));
    assert_eq!(
        all["client_settings"],
        json!({"featureless": own, "owner": own})
    );
    for (client, wanted) in [("owner", r#""own""#), ("login_client", "null")] {
        let given = [("key", "k"), ("for_client_id", client)];
        let reply = app.owner().get("/settings/get", &given).await;
        assert_eq!(shown(&reply), result(wanted));
    }
}

#[tokio::test]
async fn a_key_that_only_a_client_has_did_not_exist() {
    let app = app_with(json!({}), &[("owner", json!({"k": "own"}))]).await;
    let reply = Layer::Application.delete(&app, "k").await;
    assert_eq!(shown(&reply), result("false"));
}

#[tokio::test]
async fn a_key_has_1_to_255_bytes() {
    assert_key_lengths(DELETE, "key", str::to_owned, &[]).await;
}

#[tokio::test]
async fn each_deletion_is_one_version_and_one_event() {
    a_deletion_is_one_version_and_one_event(Layer::Application, "settings.delete_default").await;
}

#[tokio::test]
async fn a_key_is_required() {
    let app = empty().await;
    assert_requires(&app, DELETE, &[("key", "k")]).await;
}

#[tokio::test]
async fn only_owners_may() {
    let app = app_with(json!({"k": "v"}), &[]).await;
    assert_guarded(&app, DELETE, &[("key", "k")]).await;
}
