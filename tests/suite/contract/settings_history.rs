//! View the History of Settings.

use std::time::Duration;

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::{empty, versions};
use countersign_tests::settings::{
    FOR_CLIENT, Layer, app_with, assert_for_clients_of_the_application, assert_guarded,
    assert_same, result, stored,
};
use serde_json::json;

const HISTORY: &str = "/settings/history";
/// 2036-11-21T00:00:00Z, when the server starts.
const START: i64 = 2_110_838_400_000;

#[tokio::test]
async fn each_version_says_who_when_how_and_what() {
    for layer in Layer::BOTH {
        let app = empty().await;
        layer.set_multi(&app, r#"{"k":"1","ö":""}"#).await.ok();
        app.advance(Duration::from_millis(61_001));
        layer.set(&app, "k", "2").await.ok();
        let [multi, set] = match layer {
            Layer::Application => ["set_default_multi", "set_default"],
            Layer::Client => ["set_multi", "set"],
        };
        let actor = r#""actor":{"kind":"api_client","id":"owner","name":"the owner"}"#;
        let second = format!(
            r#"{{"version":2,"time":{},{actor},"action":"settings.{set}","changes":{{"k":{{"before":"1","after":"2"}}}}}}"#,
            START + 61_001
        );
        let first = format!(
            r#"{{"version":1,"time":{START},{actor},"action":"settings.{multi}","changes":{{"k":{{"before":null,"after":"1"}},"ö":{{"before":null,"after":""}}}}}}"#
        );
        for way in Way::ALL {
            let reply = way.send(&app.owner(), HISTORY, &layer.named()).await;
            let wanted = result(&format!("[{second},{first}]"));
            assert_eq!(shown(&reply), wanted, "{way:?} {layer:?}");
        }
    }
}

#[tokio::test]
async fn a_deletion_and_a_restoration_are_versions_too() {
    for layer in Layer::BOTH {
        let app = empty().await;
        layer.set(&app, "k", "1").await.ok();
        layer.delete(&app, "k").await.ok();
        layer.restore(&app, "1").await.ok();
        let history = layer.history(&app).await;
        assert_eq!(versions(&history), [3, 2, 1]);
        assert_eq!(history[0]["action"], "settings.restore");
        let changes = |at: usize| history[at]["changes"].clone();
        assert_eq!(changes(0), json!({"k": {"before": null, "after": "1"}}));
        assert_eq!(changes(1), json!({"k": {"before": "1", "after": null}}));
    }
}

#[tokio::test]
async fn what_came_with_the_seed_is_the_first_version() {
    let settings = json!({"k": "v"});
    let app = app_with(settings.clone(), &[("featureless", settings)]).await;
    for layer in Layer::BOTH {
        let history = layer.history(&app).await;
        assert_eq!(versions(&history), [1], "{layer:?}");
        assert_eq!(history[0]["actor"]["kind"], "system");
        let changes = json!({"k": {"before": null, "after": "v"}});
        assert_eq!(history[0]["changes"], changes);
    }
}

#[tokio::test]
async fn the_layer_is_the_client_s_and_the_client_the_caller_if_left_out() {
    let app = empty().await;
    let given = [("key", "mine"), ("value", "1")];
    app.owner().post("/settings/set", &given).await.ok();
    Layer::Client.set(&app, "others", "2").await.ok();
    Layer::Application.set(&app, "all", "3").await.ok();
    for (given, key) in [
        (vec![], "mine"),
        (vec![("layer", "client")], "mine"),
        (vec![("for_client_id", "owner")], "mine"),
        (vec![FOR_CLIENT], "others"),
        (vec![("layer", "application")], "all"),
        (vec![("layer", "application"), FOR_CLIENT], "all"),
    ] {
        let history = app.owner().post(HISTORY, &given).await.ok();
        let changes = history["result"][0]["changes"].as_object().unwrap();
        assert_eq!(changes.keys().collect::<Vec<_>>(), [key], "{given:?}");
    }
}

#[tokio::test]
async fn a_layer_that_nobody_wrote_has_no_versions() {
    let app = empty().await;
    for layer in Layer::BOTH {
        let reply = app.owner().get(HISTORY, &layer.named()).await;
        assert_eq!(shown(&reply), result("[]"));
    }
}

#[tokio::test]
async fn the_last_hundred_of_a_hundred_and_five_changes_are_kept() {
    for layer in Layer::BOTH {
        let app = empty().await;
        for number in 1..=105 {
            app.advance(Duration::from_millis(1));
            layer.set(&app, "k", &number.to_string()).await.ok();
        }
        let history = layer.history(&app).await;
        assert_eq!(versions(&history), (6..=105).rev().collect::<Vec<_>>());
        for version in &history {
            let number = version["version"].as_i64().unwrap();
            assert_eq!(version["time"], START + number);
            let before = (number - 1).to_string();
            let change = json!({"k": {"before": before, "after": number.to_string()}});
            assert_eq!(version["changes"], change, "{number}");
        }
    }
}

#[tokio::test]
async fn layers_have_two_names() {
    let app = empty().await;
    let before = stored(&app).await;
    for layer in [
        "",
        "default",
        "Client",
        "APPLICATION",
        "client ",
        "null",
        "1",
    ] {
        let reply = app.owner().post(HISTORY, &[("layer", layer)]).await;
        reply.invalid("layer");
    }
    assert_same(&before, &stored(&app).await, HISTORY);
}

#[tokio::test]
async fn only_clients_of_the_application_have_a_history() {
    let app = empty().await;
    assert_for_clients_of_the_application(&app, HISTORY, &[]).await;
    assert_for_clients_of_the_application(&app, HISTORY, &[("layer", "client")]).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let app = empty().await;
    assert_guarded(&app, HISTORY, &[]).await;
    assert_guarded(&app, HISTORY, &[("layer", "application")]).await;
}
