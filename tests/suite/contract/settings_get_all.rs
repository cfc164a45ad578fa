//! View All Settings.

use countersign_tests::machine_api::{DONE, Way, shown};
use countersign_tests::settings::changes::empty;
use countersign_tests::settings::{Layer, app_with, assert_guarded};
use serde_json::json;

const GET: &str = "/settings/get_all";

#[tokio::test]
async fn all_layers_of_the_application_are_shown_each_as_it_is() {
    let clients = [
        ("owner", json!({"k": "own", "a": ""})),
        ("featureless", json!({"k": "ö\n"})),
        ("disabled", json!({"k": "too"})),
    ];
    let app = app_with(json!({"k": "all", "größe": "1.5"}), &clients).await;
    let wanted = concat!(
        r#"{"client_settings":{"disabled":{"k":"too"},"featureless":{"k":"ö\n"},"#,
        r#""owner":{"a":"","k":"own"}},"#,
        r#""default_settings":{"größe":"1.5","k":"all"},"stat":"ok"}"#
    );
    for way in Way::ALL {
        let reply = way.send(&app.owner(), GET, &[]).await;
        assert_eq!(shown(&reply), wanted, "{way:?}");
    }
}

#[tokio::test]
async fn an_application_without_settings_has_two_empty_maps() {
    let app = empty().await;
    let wanted = DONE.replace('{', r#"{"client_settings":{},"default_settings":{},"#);
    assert_eq!(shown(&app.owner().get(GET, &[]).await), wanted);
}

#[tokio::test]
async fn what_has_just_changed_is_in_it_and_histories_are_not() {
    let app = empty().await;
    for number in 0..12 {
        for layer in Layer::BOTH {
            layer.set(&app, "k", &number.to_string()).await.ok();
        }
    }
    let wanted = json!({
        "client_settings": {"featureless": {"k": "11"}},
        "default_settings": {"k": "11"},
        "stat": "ok"
    });
    assert_eq!(app.owner().post(GET, &[]).await.ok(), wanted);
}

#[tokio::test]
async fn a_deleted_client_is_not_in_it() {
    let clients = [("featureless", json!({"k": "v"}))];
    let app = app_with(json!({}), &clients).await;
    let given = [("client_id_for_deletion", "featureless")];
    app.owner().post("/clients/delete", &given).await.ok();
    let all = app.owner().post(GET, &[]).await.ok();
    assert_eq!(all["client_settings"], json!({}));
}

#[tokio::test]
async fn more_than_a_page_of_dynamodb_is_shown_whole() {
    let value = "x".repeat(300_000);
    let layer = json!({"k": value});
    let ids = [
        "owner",
        "featureless",
        "disabled",
        "login_client",
        "direct_access",
    ];
    let clients = ids.map(|id| (id, layer.clone()));
    let app = app_with(layer.clone(), &clients).await;
    let all = app.owner().post(GET, &[]).await.ok();
    for id in ids {
        assert!(all["client_settings"][id] == layer, "{id}");
    }
    assert!(all["default_settings"] == layer);
}

#[tokio::test]
async fn another_application_s_settings_are_not_in_it() {
    let app = app_with(json!({}), &[("owner", json!({"k": "v"}))]).await;
    let all = app.client("foreigner").post(GET, &[]).await.ok();
    let wanted = json!({
        "client_settings": {}, "default_settings": {"minimum_age": "99"}, "stat": "ok"
    });
    assert_eq!(all, wanted);
}

#[tokio::test]
async fn only_owners_may() {
    let app = empty().await;
    assert_guarded(&app, GET, &[]).await;
}
