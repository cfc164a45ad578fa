//! Audiences of tokens.

use countersign_tests::access_tokens::{ask, claims_of, refused, setup, start, token_in, token_of};
use countersign_tests::{APPLICATION, App};
use serde_json::{Value, json};

const API: &str = "https://api.example.com/v1?a=b";
const SHOP: &str = "urn:shop";

/// A server whose application has more audiences than itself.
async fn with_audiences() -> App {
    let mut setup = setup();
    setup.seed["applications"][0]["audiences"] = json!([API, SHOP, "third"]);
    App::with(setup).await
}

/// The audience of the token that a client gets for these parameters.
async fn audience(app: &App, given: &[(&str, &str)]) -> Value {
    let token = token_in(&ask(&app.client("login_client"), given).await);
    claims_of(&token)["aud"].clone()
}

#[tokio::test]
async fn a_token_is_for_the_application_itself_until_somebody_says_otherwise() {
    let app = start().await;
    assert_eq!(audience(&app, &[]).await, APPLICATION);
    for name in ["audience", "resource"] {
        assert_eq!(audience(&app, &[(name, APPLICATION)]).await, APPLICATION);
        assert_eq!(audience(&app, &[(name, "")]).await, APPLICATION);
    }
    let foreign = claims_of(&token_of(&app, "foreigner").await);
    assert_eq!(foreign["aud"], "app2bbbbbbbbbbbbbbbbbbbbbb");
}

#[tokio::test]
async fn a_token_is_for_those_of_the_application_s_audiences_that_were_asked_for() {
    let app = with_audiences().await;
    let [api, shop] = [("audience", API), ("audience", SHOP)];
    let [api_too, shop_too] = [("resource", API), ("resource", SHOP)];
    for (given, wanted) in [
        (&[][..], json!(API)),
        (&[shop], json!(SHOP)),
        (&[shop_too], json!(SHOP)),
        (&[shop, api], json!([SHOP, API])),
        (&[api_too, shop_too], json!([API, SHOP])),
        (&[shop_too, api], json!([API, SHOP])),
        (&[shop, shop, shop_too], json!(SHOP)),
        (
            &[("audience", "third"), api, shop],
            json!(["third", API, SHOP]),
        ),
        (&[("audience", "urn:shop third")], json!([SHOP, "third"])),
        (&[("audience", ""), shop], json!(SHOP)),
    ] {
        assert_eq!(audience(&app, given).await, wanted, "{given:?}");
    }
}

#[tokio::test]
async fn an_audience_that_the_application_does_not_allow_is_an_invalid_target() {
    let app = with_audiences().await;
    let long = "x".repeat(5_000);
    for wanted in [
        "other",
        APPLICATION,
        "app2bbbbbbbbbbbbbbbbbbbbbb",
        "URN:shop",
        "urn:shop/",
        "urn:sho",
        "urn:shop\u{0}",
        "urn:shop  third",
        " urn:shop",
        " ",
        "*",
        "größe",
        "https://api.example.com/v1",
        "\"urn:shop\"",
        &long,
    ] {
        for name in ["audience", "resource"] {
            let client = app.client("login_client");
            for given in [
                &[(name, wanted)][..],
                &[(name, SHOP), (name, wanted)],
                &[("resource", SHOP), ("audience", wanted)],
            ] {
                let words = refused(&ask(&client, given).await, 400, "invalid_target");
                assert_eq!(
                    words,
                    "the application allows no tokens for an audience or resource that was asked for"
                );
            }
        }
    }
}
