//! Modify a Client Setting.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::{
    a_set_is_one_version_and_one_event, assert_key_lengths, empty, keys_are_told_apart_exactly,
    texts_are_kept_as_they_are,
};
use countersign_tests::settings::limits::a_value_fits_to_the_byte;
use countersign_tests::settings::{
    FOR_CLIENT, Layer, app_with, assert_for_clients_of_the_application, assert_guarded,
    assert_requires, result,
};
use serde_json::json;

const SET: &str = "/settings/set";
const GIVEN: [(&str, &str); 2] = [("key", "k"), ("value", "v")];

#[tokio::test]
async fn the_result_is_whether_the_client_s_own_layer_had_the_key() {
    let app = app_with(json!({"0": "application", "1": "application"}), &[]).await;
    for (key, way) in ["0", "1", "2", "3", "4"].into_iter().zip(Way::ALL) {
        for (value, existed) in [("1", "false"), ("2", "true"), ("2", "true")] {
            let given = [("key", key), ("value", value), FOR_CLIENT];
            let reply = way.send(&app.owner(), SET, &given).await;
            assert_eq!(shown(&reply), result(existed), "{way:?} {value}");
        }
    }
    let wanted = json!({"0": "2", "1": "2", "2": "2", "3": "2", "4": "2"});
    assert_eq!(Layer::Client.now(&app).await, wanted);
    assert_eq!(
        Layer::Application.now(&app).await,
        json!({"0": "application", "1": "application"})
    );
}

#[tokio::test]
async fn without_for_client_id_the_caller_s_own_layer_is_changed() {
    let app = empty().await;
    for (given, existed) in [
        (GIVEN.to_vec(), "false"),
        ([&GIVEN[..], &[("for_client_id", "owner")]].concat(), "true"),
    ] {
        let reply = app.owner().post(SET, &given).await;
        assert_eq!(shown(&reply), result(existed));
    }
    let all = app.owner().get("/settings/get_all", &[]).await.ok();
    assert_eq!(all["client_settings"], json!({"owner": {"k": "v"}}));
}

#[tokio::test]
async fn clients_do_not_see_one_another_s_values() {
    let app = empty().await;
    let (_, id) = app.new_client(&[]).await;
    Layer::Client.set(&app, "k", "v").await.ok();
    for (client, wanted) in [("featureless", r#""v""#), ("owner", "null"), (&id, "null")] {
        let given = [("key", "k"), ("for_client_id", client)];
        let reply = app.owner().get("/settings/get", &given).await;
        assert_eq!(shown(&reply), result(wanted), "{client}");
    }
}

#[tokio::test]
async fn any_text_is_kept_as_it_is() {
    texts_are_kept_as_they_are(Layer::Client).await;
}

#[tokio::test]
async fn keys_are_case_sensitive() {
    keys_are_told_apart_exactly(Layer::Client).await;
}

#[tokio::test]
async fn a_key_has_1_to_255_bytes() {
    assert_key_lengths(SET, "key", str::to_owned, &[("value", "v")]).await;
}

#[tokio::test]
async fn a_layer_is_full_to_the_byte() {
    a_value_fits_to_the_byte(Layer::Client).await;
}

#[tokio::test]
async fn each_change_is_one_version_and_one_event() {
    a_set_is_one_version_and_one_event(Layer::Client, "settings.set").await;
}

#[tokio::test]
async fn only_clients_of_the_application_can_be_changed() {
    let app = empty().await;
    assert_for_clients_of_the_application(&app, SET, &GIVEN).await;
}

#[tokio::test]
async fn a_key_and_a_value_are_required() {
    let app = empty().await;
    assert_requires(&app, SET, &GIVEN).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let app = empty().await;
    assert_guarded(&app, SET, &GIVEN).await;
}
