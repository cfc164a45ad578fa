//! Modify an Application Setting.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::{
    a_set_is_one_version_and_one_event, assert_key_lengths, empty, keys_are_told_apart_exactly,
    texts_are_kept_as_they_are,
};
use countersign_tests::settings::limits::{
    a_layer_of_the_shortest_keys_is_kept_or_refused_in_words, a_value_fits_to_the_byte,
};
use countersign_tests::settings::{
    FOR_CLIENT, Layer, app_with, assert_guarded, assert_requires, assert_same, result, stored,
};
use serde_json::json;

const SET: &str = "/settings/set_default";

#[tokio::test]
async fn the_result_is_whether_the_application_had_the_key() {
    let app = empty().await;
    for (index, way) in Way::ALL.into_iter().enumerate() {
        let key = format!("key {index}");
        for (value, existed) in [("1", "false"), ("2", "true"), ("2", "true")] {
            let given = [("key", key.as_str()), ("value", value)];
            let reply = way.send(&app.owner(), SET, &given).await;
            assert_eq!(shown(&reply), result(existed), "{way:?} {value}");
        }
    }
    assert_eq!(
        Layer::Application.now(&app).await,
        json!({"key 0": "2", "key 1": "2", "key 2": "2", "key 3": "2", "key 4": "2"})
    );
}

#[tokio::test]
async fn the_application_s_layer_is_changed_even_with_for_client_id() {
    let app = app_with(json!({}), &[("featureless", json!({"k": "own"}))]).await;
    let given = [("key", "k"), ("value", "all"), FOR_CLIENT];
    let reply = app.owner().post(SET, &given).await;
    assert_eq!(shown(&reply), result("false"));
    assert_eq!(Layer::Application.now(&app).await, json!({"k": "all"}));
    assert_eq!(Layer::Client.now(&app).await, json!({"k": "own"}));
}

#[tokio::test]
async fn another_application_s_settings_stay() {
    let app = empty().await;
    Layer::Application.set(&app, "minimum_age", "1").await.ok();
    let given = [("key", "minimum_age")];
    let reply = app.client("foreigner").get("/settings/get", &given).await;
    assert_eq!(shown(&reply), result(r#""99""#));
}

#[tokio::test]
async fn any_text_is_kept_as_it_is() {
    texts_are_kept_as_they_are(Layer::Application).await;
}

#[tokio::test]
async fn keys_are_case_sensitive() {
    keys_are_told_apart_exactly(Layer::Application).await;
}

#[tokio::test]
async fn a_key_has_1_to_255_bytes() {
    assert_key_lengths(SET, "key", str::to_owned, &[("value", "v")]).await;
}

#[tokio::test]
async fn a_layer_is_full_to_the_byte() {
    a_value_fits_to_the_byte(Layer::Application).await;
}

#[tokio::test]
async fn a_layer_of_the_shortest_keys_breaks_nothing() {
    a_layer_of_the_shortest_keys_is_kept_or_refused_in_words(Layer::Application).await;
}

#[tokio::test]
async fn each_change_is_one_version_and_one_event() {
    a_set_is_one_version_and_one_event(Layer::Application, "settings.set_default").await;
}

#[tokio::test]
async fn two_different_values_are_a_duplicate_argument_and_change_nothing() {
    let app = empty().await;
    let before = stored(&app).await;
    let given = [("key", "k"), ("value", "1"), ("value", "2")];
    let reply = app.owner().post(SET, &given).await;
    reply.error(201, "duplicate_argument");
    assert_same(&before, &stored(&app).await, SET);
}

#[tokio::test]
async fn a_key_and_a_value_are_required() {
    let app = empty().await;
    assert_requires(&app, SET, &[("key", "k"), ("value", "v")]).await;
}

#[tokio::test]
async fn only_owners_may() {
    let app = empty().await;
    assert_guarded(&app, SET, &[("key", "k"), ("value", "v")]).await;
}
