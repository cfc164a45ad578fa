//! View Client Settings.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::empty;
use countersign_tests::settings::{
    FOR_CLIENT, Layer, app_with, assert_for_clients_of_the_application, assert_guarded, result,
};
use serde_json::json;

const ITEMS: &str = "/settings/items";

#[tokio::test]
async fn both_layers_are_one_and_the_client_s_goes_first() {
    let application = json!({"both": "application", "above": "application"});
    let own = json!({"own": "client", "both": "client", "\"": "é🔑\n\0"});
    let app = app_with(application, &[("featureless", own)]).await;
    let wanted = r#"{"\"":"é🔑\n\u0000","above":"application","both":"client","own":"client"}"#;
    for way in Way::ALL {
        let reply = way.send(&app.owner(), ITEMS, &[FOR_CLIENT]).await;
        assert_eq!(shown(&reply), result(wanted), "{way:?}");
    }
}

#[tokio::test]
async fn without_for_client_id_it_is_the_caller() {
    let clients = [
        ("owner", json!({"k": "owner"})),
        ("featureless", json!({"k": "other"})),
    ];
    let app = app_with(json!({"k": "all"}), &clients).await;
    for given in [vec![], vec![("for_client_id", "owner")]] {
        let reply = app.owner().post(ITEMS, &given).await;
        assert_eq!(shown(&reply), result(r#"{"k":"owner"}"#));
    }
}

#[tokio::test]
async fn a_client_s_empty_value_hides_the_application_s() {
    let app = app_with(json!({"k": "all"}), &[("featureless", json!({"k": ""}))]).await;
    let reply = app.owner().post(ITEMS, &[FOR_CLIENT]).await;
    assert_eq!(shown(&reply), result(r#"{"k":""}"#));
    Layer::Client.delete(&app, "k").await.ok();
    let reply = app.owner().post(ITEMS, &[FOR_CLIENT]).await;
    assert_eq!(shown(&reply), result(r#"{"k":"all"}"#));
}

#[tokio::test]
async fn where_nothing_is_set_there_are_none() {
    let app = empty().await;
    assert_eq!(shown(&app.owner().get(ITEMS, &[]).await), result("{}"));
}

#[tokio::test]
async fn two_full_layers_are_seen_whole() {
    let app = empty().await;
    let value = "x".repeat(349_999);
    Layer::Application.set(&app, "a", &value).await.ok();
    Layer::Client.set(&app, "c", &value).await.ok();
    let items = app.owner().post(ITEMS, &[FOR_CLIENT]).await.ok();
    assert!(items["result"] == json!({"a": value, "c": value}));
}

#[tokio::test]
async fn only_clients_of_the_application_have_items() {
    let app = empty().await;
    assert_for_clients_of_the_application(&app, ITEMS, &[]).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let app = empty().await;
    assert_guarded(&app, ITEMS, &[]).await;
}
