//! Explain Client Settings.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::empty;
use countersign_tests::settings::{
    FOR_CLIENT, Layer, app_with, assert_for_clients_of_the_application, assert_guarded, result,
};
use serde_json::json;

const EXPLAIN: &str = "/settings/explain";

#[tokio::test]
async fn each_value_says_its_layer_and_what_it_hides() {
    let own = json!({"both": "client", "own": "client", "same": "same"});
    let application = json!({"both": "application", "above": "", "same": "same"});
    let app = app_with(application, &[("featureless", own)]).await;
    let wanted = concat!(
        r#"{"above":{"value":"","layer":"application","application_value":""},"#,
        r#""both":{"value":"client","layer":"client","application_value":"application"},"#,
        r#""own":{"value":"client","layer":"client","application_value":null},"#,
        r#""same":{"value":"same","layer":"client","application_value":"same"}}"#
    );
    for way in Way::ALL {
        let reply = way.send(&app.owner(), EXPLAIN, &[FOR_CLIENT]).await;
        assert_eq!(shown(&reply), result(wanted), "{way:?}");
    }
}

#[tokio::test]
async fn without_for_client_id_it_is_the_caller() {
    let app = app_with(json!({}), &[("owner", json!({"k": "v"}))]).await;
    let wanted = result(r#"{"k":{"value":"v","layer":"client","application_value":null}}"#);
    for given in [vec![], vec![("for_client_id", "owner")]] {
        assert_eq!(shown(&app.owner().post(EXPLAIN, &given).await), wanted);
    }
    let reply = app.owner().post(EXPLAIN, &[FOR_CLIENT]).await;
    assert_eq!(shown(&reply), result("{}"));
}

#[tokio::test]
async fn a_deleted_value_is_the_application_s_again() {
    let app = app_with(json!({"k": "all"}), &[("featureless", json!({"k": "own"}))]).await;
    Layer::Client.delete(&app, "k").await.ok();
    let reply = app.owner().post(EXPLAIN, &[FOR_CLIENT]).await;
    let wanted = r#"{"k":{"value":"all","layer":"application","application_value":"all"}}"#;
    assert_eq!(shown(&reply), result(wanted));
}

#[tokio::test]
async fn only_clients_of_the_application_are_explained() {
    let app = empty().await;
    assert_for_clients_of_the_application(&app, EXPLAIN, &[]).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let app = empty().await;
    assert_guarded(&app, EXPLAIN, &[]).await;
}
