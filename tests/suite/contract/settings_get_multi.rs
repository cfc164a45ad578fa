//! View Multiple Client Settings.

use countersign_tests::machine_api::{Way, shown};
use countersign_tests::settings::changes::{assert_key_lengths, empty};
use countersign_tests::settings::{
    FOR_CLIENT, NOT_KEYS, app_with, assert_for_clients_of_the_application, assert_guarded,
    assert_json_only, assert_requires, result,
};
use serde_json::json;

const GET: &str = "/settings/get_multi";

#[tokio::test]
async fn each_key_has_the_value_that_the_client_sees_or_null() {
    let own = json!({"both": "client", "own": "", "unasked": "x"});
    let application = json!({"both": "application", "above": "ö\n"});
    let app = app_with(application, &[("featureless", own)]).await;
    let keys = r#"["own","Both","both","above","neither"]"#;
    let wanted = r#"{"Both":null,"above":"ö\n","both":"client","neither":null,"own":""}"#;
    for way in Way::ALL {
        let given = [("keys", keys), FOR_CLIENT];
        let reply = way.send(&app.owner(), GET, &given).await;
        assert_eq!(shown(&reply), result(wanted), "{way:?}");
    }
}

#[tokio::test]
async fn without_for_client_id_it_is_the_caller() {
    let app = app_with(json!({"k": "all"}), &[("owner", json!({"k": "own"}))]).await;
    for (given, wanted) in [
        (vec![], r#"{"k":"own"}"#),
        (vec![("for_client_id", "owner")], r#"{"k":"own"}"#),
        (vec![FOR_CLIENT], r#"{"k":"all"}"#),
    ] {
        let given = [given, vec![("keys", r#"["k"]"#)]].concat();
        let reply = app.owner().post(GET, &given).await;
        assert_eq!(shown(&reply), result(wanted));
    }
}

#[tokio::test]
async fn no_keys_have_no_values_and_a_key_twice_has_one() {
    let app = app_with(json!({"k": "v"}), &[]).await;
    for (keys, wanted) in [("[]", "{}"), (r#"["k","k"]"#, r#"{"k":"v"}"#)] {
        let reply = app.owner().post(GET, &[("keys", keys)]).await;
        assert_eq!(shown(&reply), result(wanted));
    }
}

#[tokio::test]
async fn keys_are_a_json_array_of_strings() {
    let app = empty().await;
    assert_json_only(&app, GET, "keys", &NOT_KEYS).await;
}

#[tokio::test]
async fn keys_have_1_to_255_bytes() {
    let keys = |key: &str| json!(["ok", key]).to_string();
    assert_key_lengths(GET, "keys", keys, &[]).await;
}

#[tokio::test]
async fn only_clients_of_the_application_have_settings() {
    let app = empty().await;
    assert_for_clients_of_the_application(&app, GET, &[("keys", r#"["k"]"#)]).await;
}

#[tokio::test]
async fn keys_are_required() {
    let app = empty().await;
    assert_requires(&app, GET, &[("keys", "[]")]).await;
}

#[tokio::test]
async fn only_owners_may_even_for_themselves() {
    let app = empty().await;
    assert_guarded(&app, GET, &[("keys", "[]")]).await;
}
