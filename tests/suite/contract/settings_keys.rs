//! List Client Settings.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::empty;
use countersign_tests::settings::{
    FOR_CLIENT, Layer, app_with, assert_for_clients_of_the_application, assert_guarded, result,
};
use serde_json::json;

const KEYS: &str = "/settings/keys";

#[tokio::test]
async fn the_keys_of_both_layers_are_listed_once_and_sorted() {
    let application = json!({"b": "1", "d": "1", "Z": "1", "ö": "1"});
    let own = json!({"c": "2", "b": "2", "a": "2", "A": "2", "🔑": "2"});
    let app = app_with(application, &[("featureless", own)]).await;
    for way in Way::ALL {
        let reply = way.send(&app.owner(), KEYS, &[FOR_CLIENT]).await;
        let wanted = result(r#"["A","Z","a","b","c","d","ö","🔑"]"#);
        assert_eq!(shown(&reply), wanted, "{way:?}");
    }
}

#[tokio::test]
async fn without_for_client_id_it_is_the_caller() {
    let clients = [
        ("owner", json!({"owners": ""})),
        ("featureless", json!({"others": ""})),
    ];
    let app = app_with(json!({"all": ""}), &clients).await;
    for given in [vec![], vec![("for_client_id", "owner")]] {
        let reply = app.owner().post(KEYS, &given).await;
        assert_eq!(shown(&reply), result(r#"["all","owners"]"#));
    }
}

#[tokio::test]
async fn where_nothing_is_set_there_are_none() {
    let app = empty().await;
    assert_eq!(shown(&app.owner().get(KEYS, &[]).await), result("[]"));
    Layer::Client.set(&app, "k", "v").await.ok();
    Layer::Client.delete(&app, "k").await.ok();
    let reply = app.owner().get(KEYS, &[FOR_CLIENT]).await;
    assert_eq!(shown(&reply), result("[]"));
}

#[tokio::test]
async fn only_clients_of_the_application_have_keys() {
    let app = empty().await;
    assert_for_clients_of_the_application(&app, KEYS, &[]).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let app = empty().await;
    assert_guarded(&app, KEYS, &[]).await;
}
