//! Issue an Access Token.

mod audiences;
mod clients;
mod requests;

use std::collections::BTreeSet;
use std::time::Duration;

use countersign_tests::access_tokens::{
    GRANT, TOKEN, ask, claims_of, granted, header_of, refused, start, token_in, token_of,
};
use countersign_tests::{APPLICATION, App, form};
use reqwest::Method;
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";

/// The scope of the token that `login_client` gets for this one, which the answer says, too.
async fn scope(app: &App, wanted: &str) -> String {
    let reply = ask(&app.client("login_client"), &[("scope", wanted)]).await;
    let said = granted(&reply)["scope"].clone();
    assert_eq!(claims_of(&token_in(&reply))["scope"], said, "{wanted}");
    said.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_gets_a_token_for_all_that_its_modules_let_it_into() {
    let app = start().await;
    for (client, scope) in [
        ("login_client", "collections payments payments:admin"),
        ("direct_access", "payments"),
        ("foreigner", "payments"),
    ] {
        let reply = ask(&app.client(client), &[]).await;
        let token = token_in(&reply);
        let wanted = format!(
            r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":300,"scope":"{scope}"}}"#
        );
        assert_eq!(reply.body, wanted);
        assert_eq!(claims_of(&token)["scope"], scope);
    }
}

#[tokio::test]
async fn the_token_is_a_jwt_of_rfc_9068() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    let header = header_of(&token);
    let kid = header["kid"].as_str().unwrap();
    assert_eq!(header, json!({"alg": "ES256", "typ": "at+jwt", "kid": kid}));
    assert_eq!(kid.len(), 43, "{kid}");
    let claims = claims_of(&token);
    let now = app.clock.now().millis() / 1000;
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!(
        claims,
        json!({
            "iss": app.url(), "sub": "login_client", "client_id": "login_client", "aud": APPLICATION,
            "iat": now, "exp": now + 300, "jti": jti, "scope": "collections payments payments:admin"
        })
    );
    assert_eq!(jti.len(), 26, "{jti}");
}

#[tokio::test]
async fn every_token_has_a_name_of_its_own_and_five_minutes_from_when_it_was_issued() {
    let app = start().await;
    let mut names = BTreeSet::new();
    for _ in 0..5 {
        let claims = claims_of(&token_of(&app, "login_client").await);
        let [iat, exp] = ["iat", "exp"].map(|name| claims[name].as_i64().unwrap());
        assert_eq!((iat, exp - iat), (app.clock.now().millis() / 1000, 300));
        names.insert(claims["jti"].to_string());
        app.advance(Duration::from_millis(700));
    }
    assert_eq!(names.len(), 5);
}

#[tokio::test]
async fn a_narrower_scope_is_had_for_the_asking() {
    let app = start().await;
    for (wanted, got) in [
        ("payments", "payments"),
        ("payments:admin", "payments:admin"),
        ("payments:admin collections", "collections payments:admin"),
        ("payments payments", "payments"),
        ("  payments   collections ", "collections payments"),
        (
            "payments:admin payments collections",
            "collections payments payments:admin",
        ),
        // What has no value is as good as left out.
        ("", "collections payments payments:admin"),
    ] {
        assert_eq!(scope(&app, wanted).await, got, "{wanted:?}");
    }
}

#[tokio::test]
async fn a_scope_outside_the_client_s_modules_is_invalid_and_nothing_is_issued_of_the_rest() {
    let app = start().await;
    let long = "payments ".repeat(10_000) + "other";
    for wanted in [
        "other",
        "payments other",
        "collections:admin",
        "payments collections:admin",
        "Payments",
        "PAYMENTS:ADMIN",
        "payments:Admin",
        "payments:admin:admin",
        "payments:",
        ":admin",
        ":",
        " ",
        "*",
        "payments*",
        "payments,collections",
        "payments\tcollections",
        "payments\n",
        "payments\u{0}",
        "payments\u{a0}collections",
        "zahlungen größer",
        "openid",
        &long,
    ] {
        let reply = ask(&app.client("login_client"), &[("scope", wanted)]).await;
        let words = refused(&reply, 400, "invalid_scope");
        assert_eq!(
            words,
            "the modules of the client do not let it into a scope that was asked for, or it has none"
        );
    }
    let reply = ask(&app.client("direct_access"), &[("scope", "payments:admin")]).await;
    refused(&reply, 400, "invalid_scope");
}

#[tokio::test]
async fn a_client_without_modules_gets_no_token_for_anything() {
    let app = start().await;
    for client in ["featureless", "owner"] {
        for given in [&[][..], &[("scope", "payments")], &[("scope", " ")]] {
            let reply = ask(&app.client(client), given).await;
            refused(&reply, 400, "invalid_scope");
        }
    }
}

#[tokio::test]
async fn who_issued_it_does_not_depend_on_the_name_by_which_the_server_was_called() {
    let app = start().await;
    let headers = [
        ("content-type", FORM),
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
    ];
    let client = app.client("login_client");
    let reply = client
        .send(Method::POST, TOKEN, &headers, form(&[GRANT]).into())
        .await;
    assert_eq!(claims_of(&token_in(&reply))["iss"], app.url());
}
