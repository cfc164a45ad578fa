//! Lists that are not what they should be.

use countersign_tests::App;
use countersign_tests::machine_api::{assert_unchanged, clients, listed};
use serde_json::json;

use super::{FEATURES, HAS_FEATURES, NO_JSON, WHITELIST, assert_refused};

#[tokio::test]
async fn lists_that_are_no_json_are_refused_in_the_fixed_words() {
    let app = App::start().await;
    let before = clients(&app).await;
    let deep = "[".repeat(5_000);
    for text in [
        "owner",
        "[",
        "]",
        "['owner']",
        "[owner]",
        r#"["owner",]"#,
        r#"["owner"] x"#,
        r#"["owner"]["owner"]"#,
        r#"["owner""#,
        "[NaN]",
        "[01]",
        "[\"\u{1}\"]",
        r#"["\ud800"]"#,
        r#"["\x"]"#,
        "\u{feff}[]",
        "[]\0",
        "[] // c",
        "undefined",
        "10.0.0.0/8",
        &deep,
    ] {
        for argument in [FEATURES, WHITELIST, HAS_FEATURES] {
            assert_refused(&app, argument, text, Some(NO_JSON)).await;
        }
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn json_of_another_kind_is_refused() {
    let app = App::start().await;
    let before = clients(&app).await;
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for text in [
        "null",
        "true",
        "0",
        "1e400",
        "{}",
        r#"{"owner":true}"#,
        r#""owner""#,
        r#""[\"owner\"]""#,
        "[null]",
        "[1]",
        "[true]",
        "[[]]",
        "[{}]",
        r#"[["owner"]]"#,
        r#"["owner",8]"#,
        r#"["10.0.0.0/8",10]"#,
        "[167772160]",
        &nested,
    ] {
        for argument in [FEATURES, WHITELIST, HAS_FEATURES] {
            assert_refused(&app, argument, text, None).await;
        }
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn json_may_have_blanks_and_escapes() {
    let app = App::start().await;
    let features = " [\n\t\"\\u006fwner\" , \"login_client\"\r] ";
    let given = [("for_client_id", "featureless"), ("features", features)];
    app.owner().post("/clients/set_features", &given).await.ok();
    let wanted = json!(["login_client", "owner"]);
    assert_eq!(listed(&app, "featureless", "features").await, wanted);
}
