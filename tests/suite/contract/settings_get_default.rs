//! View an Application Setting.

use countersign_tests::machine_api::{Way, assert_missing, assert_not_authorized, shown};
use countersign_tests::{App, Setup};
use serde_json::json;

const GET: &str = "/settings/get_default";
const NONE: &str = r#"{"result":null,"stat":"ok"}"#;

/// A server whose application has these settings beside the usual ones.
async fn app_with(settings: &[(&str, &str)]) -> App {
    let mut setup = Setup::default();
    for (key, value) in settings {
        setup.seed["applications"][0]["settings"][*key] = json!(value);
    }
    App::with(setup).await
}

#[tokio::test]
async fn the_value_of_a_key_is_answered() {
    let app = App::start().await;
    for way in Way::ALL {
        let reply = way.send(&app.owner(), GET, &[("key", "minimum_age")]).await;
        assert_eq!(shown(&reply), r#"{"result":"13","stat":"ok"}"#, "{way:?}");
        let reply = way.send(&app.owner(), GET, &[("key", "größe")]).await;
        assert_eq!(shown(&reply), r#"{"result":"1.5","stat":"ok"}"#, "{way:?}");
    }
}

#[tokio::test]
async fn a_key_without_a_value_is_null() {
    let app = App::start().await;
    for way in Way::ALL {
        let reply = way.send(&app.owner(), GET, &[("key", "never set")]).await;
        assert_eq!(shown(&reply), NONE, "{way:?}");
    }
    for near_miss in [
        "Minimum_age",
        "minimum_age ",
        " minimum_age",
        "minimum",
        "GRÖSSE",
    ] {
        assert_eq!(
            shown(&app.owner().get(GET, &[("key", near_miss)]).await),
            NONE
        );
    }
}

#[tokio::test]
async fn an_application_without_settings_has_none() {
    let mut setup = Setup::default();
    setup.seed["applications"][0]["settings"] = json!({});
    let app = App::with(setup).await;
    assert_eq!(
        shown(&app.owner().get(GET, &[("key", "minimum_age")]).await),
        NONE
    );
}

#[tokio::test]
async fn a_key_may_hold_any_characters() {
    let longest = "k".repeat(255);
    let keys = [
        "a.b", "a b", "#key", ":value", "values", "version", "pk", "0", "[0]", "a[0].b", "\"", "'",
        "ключ", "🔑", "null", "\u{1}", "a\nb", &longest,
    ];
    let settings: Vec<_> = keys.map(|key| (key, key)).into();
    let app = app_with(&settings).await;
    for key in keys {
        let reply = app.owner().post(GET, &[("key", key)]).await;
        assert_eq!(reply.ok()["result"], key);
    }
}

#[tokio::test]
async fn a_key_has_1_to_255_bytes() {
    let app = App::start().await;
    for key in ["", &"k".repeat(256), &"ö".repeat(128), &"k".repeat(100_000)] {
        app.owner().post(GET, &[("key", key)]).await.invalid("key");
    }
    let reply = app.owner().post(GET, &[("key", &"ö".repeat(127))]).await;
    assert_eq!(shown(&reply), NONE);
}

#[tokio::test]
async fn a_value_comes_back_as_it_was_stored_in_plain_utf_8() {
    let app = app_with(&[
        ("odd", "a\"b\\c\n\u{1}/<&>'é🔑"),
        ("empty", ""),
        ("number", "10"),
    ])
    .await;
    let answer = async |key| shown(&app.owner().post(GET, &[("key", key)]).await);
    let wanted = r#"{"result":"a\"b\\c\n\u0001/<&>'é🔑","stat":"ok"}"#;
    assert_eq!(answer("odd").await, wanted);
    assert_eq!(answer("empty").await, r#"{"result":"","stat":"ok"}"#);
    assert_eq!(answer("number").await, r#"{"result":"10","stat":"ok"}"#);
}

#[tokio::test]
async fn a_large_layer_of_settings_does_not_matter() {
    let large = "v".repeat(300_000);
    let app = app_with(&[("large", &large), ("small", "one")]).await;
    let reply = app.owner().get(GET, &[("key", "small")]).await;
    assert_eq!(shown(&reply), r#"{"result":"one","stat":"ok"}"#);
    assert!(app.owner().get(GET, &[("key", "large")]).await.ok()["result"] == large);
}

#[tokio::test]
async fn the_application_s_layer_is_read_not_the_client_s() {
    let mut setup = Setup::default();
    setup.seed["applications"][0]["clients"][0]["settings"] =
        json!({"minimum_age": "21", "own": "x"});
    let app = App::with(setup).await;
    let answer = async |key| shown(&app.owner().get(GET, &[("key", key)]).await);
    assert_eq!(
        answer("minimum_age").await,
        r#"{"result":"13","stat":"ok"}"#
    );
    assert_eq!(answer("own").await, NONE);
}

#[tokio::test]
async fn each_application_has_its_own_settings() {
    let app = App::start().await;
    let reply = app
        .client("foreigner")
        .get(GET, &[("key", "minimum_age")])
        .await;
    assert_eq!(shown(&reply), r#"{"result":"99","stat":"ok"}"#);
    assert_eq!(
        shown(&app.client("foreigner").get(GET, &[("key", "größe")]).await),
        NONE
    );
}

#[tokio::test]
async fn each_of_the_five_features_may_ask_and_nobody_else() {
    let app = App::start().await;
    let key = [("key", "minimum_age")];
    for id in [
        "owner",
        "access_issuer",
        "direct_access",
        "direct_read_access",
        "login_client",
    ] {
        let reply = app.client(id).post(GET, &key).await;
        assert_eq!(shown(&reply), r#"{"result":"13","stat":"ok"}"#, "{id}");
    }
    assert_not_authorized(&app.client("featureless").post(GET, &key).await);
    for nobody in [app.stranger(), app.client("disabled")] {
        nobody
            .post(GET, &key)
            .await
            .error(402, "invalid_client_credentials");
    }
}

#[tokio::test]
async fn a_key_is_required() {
    let app = App::start().await;
    assert_missing(&app, GET, &[], "key").await;
    assert_missing(&app, GET, &[("keys", r#"["minimum_age"]"#)], "key").await;
}

#[tokio::test]
async fn two_different_keys_are_a_duplicate_argument() {
    let app = App::start().await;
    let given = [("key", "minimum_age"), ("key", "größe")];
    app.owner()
        .post(GET, &given)
        .await
        .error(201, "duplicate_argument");
}
