//! View a Client Setting.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::{assert_key_lengths, empty};
use countersign_tests::settings::{
    FOR_CLIENT, Layer, app_with, assert_for_clients_of_the_application, assert_guarded,
    assert_requires, result,
};
use serde_json::json;

const GET: &str = "/settings/get";

#[tokio::test]
async fn the_client_s_value_goes_before_the_application_s_and_that_before_null() {
    let own = json!({"both": "client", "own": "", "a.b": "dot"});
    let application = json!({"both": "application", "above": "application"});
    let app = app_with(application, &[("featureless", own)]).await;
    for way in Way::ALL {
        for (key, wanted) in [
            ("both", r#""client""#),
            ("own", r#""""#),
            ("above", r#""application""#),
            ("neither", "null"),
            ("a.b", r#""dot""#),
            ("a", "null"),
            ("BOTH", "null"),
        ] {
            let given = [("key", key), FOR_CLIENT];
            let reply = way.send(&app.owner(), GET, &given).await;
            assert_eq!(shown(&reply), result(wanted), "{way:?} {key}");
        }
    }
}

#[tokio::test]
async fn without_for_client_id_it_is_the_caller() {
    let clients = [
        ("owner", json!({"k": "owner"})),
        ("featureless", json!({"k": "other"})),
    ];
    let app = app_with(json!({"k": "all"}), &clients).await;
    for (given, wanted) in [
        (vec![], r#""owner""#),
        (vec![("for_client_id", "owner")], r#""owner""#),
        (vec![FOR_CLIENT], r#""other""#),
        (vec![("for_client_id", "disabled")], r#""all""#),
    ] {
        let given = [given, vec![("key", "k")]].concat();
        let reply = app.owner().post(GET, &given).await;
        assert_eq!(shown(&reply), result(wanted), "{given:?}");
    }
}

#[tokio::test]
async fn a_client_s_value_hides_the_application_s_until_it_is_deleted() {
    let app = empty().await;
    let seen = async || shown(&app.owner().post(GET, &[("key", "k"), FOR_CLIENT]).await);
    assert_eq!(seen().await, result("null"));
    Layer::Application.set(&app, "k", "all").await.ok();
    assert_eq!(seen().await, result(r#""all""#));
    Layer::Client.set(&app, "k", "own").await.ok();
    assert_eq!(seen().await, result(r#""own""#));
    Layer::Application.set(&app, "k", "changed").await.ok();
    assert_eq!(seen().await, result(r#""own""#));
    Layer::Client.delete(&app, "k").await.ok();
    assert_eq!(seen().await, result(r#""changed""#));
    Layer::Application.delete(&app, "k").await.ok();
    assert_eq!(seen().await, result("null"));
}

#[tokio::test]
async fn a_value_comes_back_as_it_was_stored_in_plain_utf_8() {
    let app = empty().await;
    let value = "a\"b\\c\n\r\0\u{1}/<&>'é🔑";
    Layer::Client.set(&app, "#k.\n🔑", value).await.ok();
    let given = [("key", "#k.\n🔑"), FOR_CLIENT];
    let reply = app.owner().get(GET, &given).await;
    let wanted = r#""a\"b\\c\n\r\u0000\u0001/<&>'é🔑""#;
    assert_eq!(shown(&reply), result(wanted));
}

#[tokio::test]
async fn a_key_has_1_to_255_bytes() {
    assert_key_lengths(GET, "key", str::to_owned, &[]).await;
}

#[tokio::test]
async fn only_clients_of_the_application_have_settings() {
    let app = app_with(json!({"k": "v"}), &[]).await;
    assert_for_clients_of_the_application(&app, GET, &[("key", "k")]).await;
}

#[tokio::test]
async fn a_key_is_required() {
    let app = empty().await;
    assert_requires(&app, GET, &[("key", "k")]).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let app = app_with(json!({"k": "v"}), &[]).await;
    assert_guarded(&app, GET, &[("key", "k")]).await;
}
