//! Modify Multiple Application Settings.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::{
    a_multi_set_is_one_version_and_one_event, assert_key_lengths, empty,
    many_texts_are_kept_as_they_are,
};
use countersign_tests::settings::limits::{
    a_full_layer_of_any_shape_can_be_written, an_event_of_very_many_keys_fits,
    five_thousand_keys_are_there_at_once, many_values_fit_to_the_byte,
};
use countersign_tests::settings::{
    Layer, NOT_ITEMS, app_with, assert_guarded, assert_json_only, assert_requires, result,
};
use serde_json::json;

const SET: &str = "/settings/set_default_multi";

#[tokio::test]
async fn the_result_says_of_each_key_whether_it_was_there() {
    let app = app_with(json!({"stays": "s", "b": "old"}), &[]).await;
    let given = [("items", r#"{"b":"1","a":"2","Ö":""}"#)];
    let mut wanted = result(r#"{"a":false,"b":true,"Ö":false}"#);
    for way in Way::ALL {
        let reply = way.send(&app.owner(), SET, &given).await;
        assert_eq!(shown(&reply), wanted, "{way:?}");
        wanted = wanted.replace("false", "true");
    }
    assert_eq!(
        Layer::Application.now(&app).await,
        json!({"stays": "s", "b": "1", "a": "2", "Ö": ""})
    );
}

#[tokio::test]
async fn no_items_change_nothing() {
    let app = app_with(json!({"k": "v"}), &[]).await;
    let reply = app.owner().post(SET, &[("items", "{}")]).await;
    assert_eq!(shown(&reply), result("{}"));
    assert_eq!(Layer::Application.now(&app).await, json!({"k": "v"}));
}

#[tokio::test]
async fn clients_own_values_stay() {
    let app = app_with(json!({}), &[("featureless", json!({"k": "own"}))]).await;
    let reply = Layer::Application.set_multi(&app, r#"{"k":"all"}"#).await;
    assert_eq!(shown(&reply), result(r#"{"k":false}"#));
    assert_eq!(Layer::Client.now(&app).await, json!({"k": "own"}));
}

#[tokio::test]
async fn any_text_is_kept_as_it_is() {
    many_texts_are_kept_as_they_are(Layer::Application).await;
}

#[tokio::test]
async fn keys_have_1_to_255_bytes() {
    let items = |key: &str| json!({"ok": "1", key: "v"}).to_string();
    assert_key_lengths(SET, "items", items, &[]).await;
}

#[tokio::test]
async fn items_are_a_json_object_of_strings_or_refused_whole() {
    let app = empty().await;
    assert_json_only(&app, SET, "items", &NOT_ITEMS).await;
}

#[tokio::test]
async fn a_layer_is_full_to_the_byte_and_a_call_with_too_much_changes_nothing() {
    many_values_fit_to_the_byte(Layer::Application).await;
}

#[tokio::test]
async fn five_thousand_keys_are_one_change() {
    five_thousand_keys_are_there_at_once(Layer::Application).await;
}

#[tokio::test]
async fn a_full_layer_may_have_any_shape() {
    a_full_layer_of_any_shape_can_be_written(Layer::Application).await;
}

#[tokio::test]
async fn the_event_of_very_many_keys_fits() {
    an_event_of_very_many_keys_fits(Layer::Application).await;
}

#[tokio::test]
async fn each_change_is_one_version_and_one_event() {
    let action = "settings.set_default_multi";
    a_multi_set_is_one_version_and_one_event(Layer::Application, action).await;
}

#[tokio::test]
async fn items_are_required() {
    let app = empty().await;
    assert_requires(&app, SET, &[("items", "{}")]).await;
}

#[tokio::test]
async fn only_owners_may() {
    let app = empty().await;
    assert_guarded(&app, SET, &[("items", r#"{"k":"v"}"#)]).await;
}
