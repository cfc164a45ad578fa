//! Modify Multiple Client Settings.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::{
    a_multi_set_is_one_version_and_one_event, assert_key_lengths, empty,
    many_texts_are_kept_as_they_are,
};
use countersign_tests::settings::limits::{
    a_full_layer_of_any_shape_can_be_written, a_version_of_very_many_keys_fits,
    an_event_of_very_many_keys_fits, five_thousand_keys_are_there_at_once,
    many_values_fit_to_the_byte,
};
use countersign_tests::settings::{
    FOR_CLIENT, Layer, NOT_ITEMS, app_with, assert_for_clients_of_the_application, assert_guarded,
    assert_json_only, assert_requires, result,
};
use serde_json::json;

const SET: &str = "/settings/set_multi";
const GIVEN: (&str, &str) = ("items", r#"{"k":"v"}"#);

#[tokio::test]
async fn the_result_says_of_each_key_whether_the_client_s_own_layer_had_it() {
    let own = json!({"stays": "s", "b": "old"});
    let app = app_with(json!({"a": "application"}), &[("featureless", own)]).await;
    let given = [("items", r#"{"b":"1","a":"2","Ö":""}"#), FOR_CLIENT];
    let mut wanted = result(r#"{"a":false,"b":true,"Ö":false}"#);
    for way in Way::ALL {
        let reply = way.send(&app.owner(), SET, &given).await;
        assert_eq!(shown(&reply), wanted, "{way:?}");
        wanted = wanted.replace("false", "true");
    }
    assert_eq!(
        Layer::Client.now(&app).await,
        json!({"stays": "s", "b": "1", "a": "2", "Ö": ""})
    );
}

#[tokio::test]
async fn without_for_client_id_the_caller_s_own_layer_is_changed() {
    let app = empty().await;
    let reply = app.owner().post(SET, &[GIVEN]).await;
    assert_eq!(shown(&reply), result(r#"{"k":false}"#));
    let all = app.owner().get("/settings/get_all", &[]).await.ok();
    assert_eq!(all["client_settings"], json!({"owner": {"k": "v"}}));
}

#[tokio::test]
async fn no_items_change_nothing() {
    let app = empty().await;
    let reply = Layer::Client.set_multi(&app, "{}").await;
    assert_eq!(shown(&reply), result("{}"));
    assert_eq!(Layer::Client.now(&app).await, json!({}));
}

#[tokio::test]
async fn any_text_is_kept_as_it_is() {
    many_texts_are_kept_as_they_are(Layer::Client).await;
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
    many_values_fit_to_the_byte(Layer::Client).await;
}

#[tokio::test]
async fn five_thousand_keys_are_one_change() {
    five_thousand_keys_are_there_at_once(Layer::Client).await;
}

#[tokio::test]
async fn a_full_layer_may_have_any_shape() {
    a_full_layer_of_any_shape_can_be_written(Layer::Client).await;
}

#[tokio::test]
async fn the_event_of_very_many_keys_fits() {
    an_event_of_very_many_keys_fits(Layer::Client).await;
}

#[tokio::test]
async fn the_version_of_very_many_keys_fits() {
    a_version_of_very_many_keys_fits(Layer::Client).await;
}

#[tokio::test]
async fn each_change_is_one_version_and_one_event() {
    a_multi_set_is_one_version_and_one_event(Layer::Client, "settings.set_multi").await;
}

#[tokio::test]
async fn only_clients_of_the_application_can_be_changed() {
    let app = empty().await;
    assert_for_clients_of_the_application(&app, SET, &[GIVEN]).await;
}

#[tokio::test]
async fn items_are_required() {
    let app = empty().await;
    assert_requires(&app, SET, &[GIVEN]).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let app = empty().await;
    assert_guarded(&app, SET, &[GIVEN]).await;
}
