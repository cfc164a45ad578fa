//! Restore an Earlier Version of Settings.

use countersign_tests::App;
use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::audit::{assert_audited, assert_not_audited, events_of};
use countersign_tests::settings::changes::{empty, versions};
use countersign_tests::settings::limits::many;
use countersign_tests::settings::{
    FOR_CLIENT, Layer, app_with, assert_for_clients_of_the_application, assert_guarded,
    assert_requires, assert_same, result, stored,
};
use serde_json::json;

const RESTORE: &str = "/settings/restore";

/// Three versions: `a` and `b`; `b` changed, `c` new; `a` gone.
async fn three_versions(layer: Layer) -> App {
    let app = empty().await;
    layer.set_multi(&app, r#"{"a":"1","b":"1"}"#).await.ok();
    layer.set_multi(&app, r#"{"b":"2","c":"2"}"#).await.ok();
    layer.delete(&app, "a").await.ok();
    app
}

#[tokio::test]
async fn an_earlier_version_comes_back_as_a_new_one() {
    for layer in Layer::BOTH {
        let app = three_versions(layer).await;
        let first = json!({"a": "1", "b": "1"});
        let second = json!({"a": "1", "b": "2", "c": "2"});
        let third = json!({"b": "2", "c": "2"});
        let wanted = [
            ("1", r#"{"version":4,"changed":3}"#, first),
            ("3", r#"{"version":5,"changed":3}"#, third.clone()),
            ("2", r#"{"version":6,"changed":1}"#, second),
            ("5", r#"{"version":7,"changed":1}"#, third),
        ];
        for ((version, reply, now), way) in wanted.into_iter().zip(Way::ALL) {
            let given = [layer.named(), vec![("version", version)]].concat();
            let answer = way.send(&app.owner(), RESTORE, &given).await;
            assert_eq!(shown(&answer), result(reply), "{layer:?} {way:?}");
            assert_eq!(layer.now(&app).await, now);
        }
        let history = layer.history(&app).await;
        assert_eq!(versions(&history), [7, 6, 5, 4, 3, 2, 1]);
    }
}

#[tokio::test]
async fn a_restoration_is_one_event() {
    for layer in Layer::BOTH {
        let app = three_versions(layer).await;
        let reply = layer.restore(&app, "1").await;
        let changes = json!([["a", null, "1"], ["b", "2", "1"], ["c", "2", null]]);
        assert_audited(&app, &reply, "settings.restore", layer, changes).await;
    }
}

#[tokio::test]
async fn the_present_state_is_not_restored_again() {
    for layer in Layer::BOTH {
        let app = three_versions(layer).await;
        layer.restore(&app, "2").await.ok();
        for version in ["4", "2"] {
            let reply = layer.restore(&app, version).await;
            assert_eq!(shown(&reply), result(r#"{"version":4,"changed":0}"#));
            assert_not_audited(&app, &reply).await;
        }
        assert_eq!(versions(&layer.history(&app).await), [4, 3, 2, 1]);
    }
}

#[tokio::test]
async fn a_version_that_is_not_kept_is_refused_with_those_that_are() {
    for layer in Layer::BOTH {
        let app = empty().await;
        for version in ["0", "1"] {
            layer.restore(&app, version).await.invalid("version");
        }
        for number in 1..=105 {
            layer.set(&app, "k", &number.to_string()).await.ok();
        }
        let before = stored(&app).await;
        for version in ["0", "1", "5", "106", "18446744073709551615"] {
            let why = layer.restore(&app, version).await.invalid("version");
            assert!(why.contains("6 to 105"), "{why}");
        }
        assert_same(&before, &stored(&app).await, "a refused restoration");
        layer.restore(&app, "6").await.ok();
        assert_eq!(layer.now(&app).await, json!({"k": "6"}));
        let why = layer.restore(&app, "6").await.invalid("version");
        assert!(why.contains("7 to 106"), "{why}");
    }
}

#[tokio::test]
async fn a_version_is_a_number() {
    let app = three_versions(Layer::Client).await;
    let before = stored(&app).await;
    for version in [
        "",
        "-1",
        "+1",
        "1.0",
        " 1",
        "one",
        "null",
        "18446744073709551616",
    ] {
        let reply = Layer::Client.restore(&app, version).await;
        reply.invalid("version");
    }
    assert_same(&before, &stored(&app).await, RESTORE);
}

#[tokio::test]
async fn the_layer_is_the_client_s_and_the_client_the_caller_if_left_out() {
    let settings = json!({"k": "1"});
    let clients = [
        ("owner", settings.clone()),
        ("featureless", settings.clone()),
    ];
    let app = app_with(settings.clone(), &clients).await;
    let given = [("key", "k"), ("value", "2")];
    app.owner().post("/settings/set", &given).await.ok();
    Layer::Client.set(&app, "k", "2").await.ok();
    Layer::Application.set(&app, "k", "2").await.ok();
    for (given, [owner, client, application]) in [
        (vec![], ["1", "2", "2"]),
        (vec![("layer", "client"), FOR_CLIENT], ["1", "1", "2"]),
        (vec![("layer", "application"), FOR_CLIENT], ["1", "1", "1"]),
    ] {
        let given = [given, vec![("version", "1")]].concat();
        app.owner().post(RESTORE, &given).await.ok();
        let all = app.owner().post("/settings/get_all", &[]).await.ok();
        assert_eq!(all["client_settings"]["owner"]["k"], owner);
        assert_eq!(all["client_settings"]["featureless"]["k"], client);
        assert_eq!(all["default_settings"]["k"], application);
    }
}

/// A change from one large value to many keys is undone by more than a layer can hold. So its history
/// keeps the whole former layer instead.
#[tokio::test]
async fn a_full_layer_may_be_replaced_by_one_without_a_key_in_common() {
    for layer in Layer::BOTH {
        let app = empty().await;
        let (one, many) = (many('x', 1, 9, 349_991), many('k', 1_372, 255, 0));
        layer.set_multi(&app, &one.to_string()).await.ok();
        layer.delete(&app, "x00000000").await.ok();
        layer.set_multi(&app, &many.to_string()).await.ok();
        for (version, wanted) in [("1", &one), ("3", &many), ("4", &one), ("5", &many)] {
            let reply = layer.restore(&app, version).await;
            assert_eq!(reply.ok()["result"]["changed"], 1_373, "{version}");
            assert_eq!(events_of(&app, &reply).await.len(), 1);
            assert!(layer.now(&app).await == *wanted, "{version}");
        }
        let history = layer.history(&app).await;
        assert_eq!(versions(&history), [7, 6, 5, 4, 3, 2, 1]);
        for version in &history[..4] {
            assert_eq!(version["changes"].as_object().unwrap().len(), 1_373);
        }
        let value = &history[0]["changes"]["x00000000"];
        assert!(*value == json!({"before": one["x00000000"], "after": null}));
        layer.restore(&app, "2").await.ok();
        assert_eq!(layer.now(&app).await, json!({}));
    }
}

#[tokio::test]
async fn layers_have_two_names() {
    let app = three_versions(Layer::Application).await;
    for layer in ["", "default", "Application", "null"] {
        let given = [("layer", layer), ("version", "1")];
        app.owner().post(RESTORE, &given).await.invalid("layer");
    }
}

#[tokio::test]
async fn only_clients_of_the_application_are_restored() {
    let app = app_with(json!({}), &[("owner", json!({"k": "v"}))]).await;
    assert_for_clients_of_the_application(&app, RESTORE, &[("version", "1")]).await;
}

#[tokio::test]
async fn a_version_is_required() {
    let app = empty().await;
    assert_requires(&app, RESTORE, &[("version", "1")]).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let own = json!({"k": "v"});
    let app = app_with(own.clone(), &[("login_client", own)]).await;
    assert_guarded(&app, RESTORE, &[("version", "1")]).await;
    let application = [("version", "1"), ("layer", "application")];
    assert_guarded(&app, RESTORE, &application).await;
}
