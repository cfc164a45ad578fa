//! Delete Several Client Settings.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::audit::{assert_audited, assert_not_audited, events_of};
use countersign_tests::settings::changes::{assert_key_lengths, empty, versions};
use countersign_tests::settings::limits::many;
use countersign_tests::settings::{
    FOR_CLIENT, Layer, NOT_KEYS, app_with, assert_for_clients_of_the_application, assert_guarded,
    assert_json_only, assert_requires, result,
};
use serde_json::{Value, json};

const DELETE: &str = "/settings/delete_multi";

fn keys(of: &Value) -> String {
    json!(of.as_object().unwrap().keys().collect::<Vec<_>>()).to_string()
}

#[tokio::test]
async fn the_result_says_of_each_key_whether_the_client_s_own_layer_had_it() {
    let own = json!({"b": "own", "Ö": "own", "stays": "own"});
    let app = app_with(json!({"a": "all", "b": "all"}), &[("featureless", own)]).await;
    let given = [("keys", r#"["b","a","Ö","B"]"#), FOR_CLIENT];
    let mut wanted = result(r#"{"B":false,"a":false,"b":true,"Ö":true}"#);
    for way in Way::ALL {
        let reply = way.send(&app.owner(), DELETE, &given).await;
        assert_eq!(shown(&reply), wanted, "{way:?}");
        wanted = wanted.replace("true", "false");
    }
    assert_eq!(Layer::Client.now(&app).await, json!({"stays": "own"}));
    assert_eq!(
        Layer::Application.now(&app).await,
        json!({"a": "all", "b": "all"})
    );
}

#[tokio::test]
async fn a_key_that_is_named_twice_is_deleted_once_and_did_exist() {
    let app = app_with(json!({}), &[("featureless", json!({"k": "v"}))]).await;
    let given = [("keys", r#"["k","k"]"#), FOR_CLIENT];
    let reply = app.owner().post(DELETE, &given).await;
    assert_eq!(shown(&reply), result(r#"{"k":true}"#));
}

#[tokio::test]
async fn without_for_client_id_the_caller_s_own_keys_are_deleted() {
    let own = json!({"k": "v", "l": "v"});
    let clients = [("owner", own.clone()), ("featureless", own.clone())];
    let app = app_with(json!({}), &clients).await;
    let reply = app.owner().post(DELETE, &[("keys", r#"["k"]"#)]).await;
    assert_eq!(shown(&reply), result(r#"{"k":true}"#));
    let all = app.owner().get("/settings/get_all", &[]).await.ok();
    assert_eq!(
        all["client_settings"],
        json!({"owner": {"l": "v"}, "featureless": own})
    );
}

#[tokio::test]
async fn a_deletion_of_many_is_one_version_and_one_event() {
    let app = app_with(
        json!({}),
        &[("featureless", json!({"a": "1", "b": "2", "c": "3"}))],
    )
    .await;
    let given = [("keys", r#"["c","a","none"]"#), FOR_CLIENT];
    let reply = app.owner().post(DELETE, &given).await;
    let changes = json!([["a", "1", null], ["c", "3", null]]);
    assert_audited(
        &app,
        &reply,
        "settings.delete_multi",
        Layer::Client,
        changes,
    )
    .await;
    for nothing in ["[]", r#"["c","none"]"#] {
        let given = [("keys", nothing), FOR_CLIENT];
        assert_not_audited(&app, &app.owner().post(DELETE, &given).await).await;
    }
    assert_eq!(versions(&Layer::Client.history(&app).await), [2, 1]);
}

#[tokio::test]
async fn no_keys_delete_nothing() {
    let app = app_with(json!({}), &[("owner", json!({"k": "v"}))]).await;
    let reply = app.owner().post(DELETE, &[("keys", "[]")]).await;
    assert_eq!(shown(&reply), result("{}"));
    let reply = app.owner().post("/settings/items", &[]).await;
    assert_eq!(shown(&reply), result(r#"{"k":"v"}"#));
}

#[tokio::test]
async fn a_full_layer_is_emptied_in_one_call() {
    for (count, key_bytes, value_bytes) in [(1_372, 255, 0), (3_500, 50, 50), (1, 1, 349_999)] {
        let own = many('k', count, key_bytes, value_bytes);
        let app = app_with(json!({}), &[("featureless", own.clone())]).await;
        let given = [("keys", &*keys(&own)), FOR_CLIENT];
        let reply = app.owner().post(DELETE, &given).await;
        assert_eq!(reply.ok()["result"].as_object().unwrap().len(), count);
        assert_eq!(events_of(&app, &reply).await.len(), 1);
        assert_eq!(Layer::Client.now(&app).await, json!({}));
        let history = Layer::Client.history(&app).await;
        assert_eq!(history[0]["changes"].as_object().unwrap().len(), count);
    }
}

#[tokio::test]
async fn keys_are_a_json_array_of_strings_or_refused_whole() {
    let app = app_with(json!({}), &[("owner", json!({"a": "v"}))]).await;
    assert_json_only(&app, DELETE, "keys", &NOT_KEYS).await;
}

#[tokio::test]
async fn keys_have_1_to_255_bytes() {
    let keys = |key: &str| json!(["ok", key]).to_string();
    assert_key_lengths(DELETE, "keys", keys, &[]).await;
}

#[tokio::test]
async fn only_clients_of_the_application_can_be_changed() {
    let app = app_with(json!({}), &[("owner", json!({"k": "v"}))]).await;
    assert_for_clients_of_the_application(&app, DELETE, &[("keys", r#"["k"]"#)]).await;
}

#[tokio::test]
async fn keys_are_required() {
    let app = empty().await;
    assert_requires(&app, DELETE, &[("keys", "[]")]).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let own = json!({"k": "v"});
    let app = app_with(json!({}), &[("login_client", own)]).await;
    assert_guarded(&app, DELETE, &[("keys", r#"["k"]"#)]).await;
}
