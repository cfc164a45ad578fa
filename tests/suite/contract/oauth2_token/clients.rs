//! Clients that get no token, each by the error name of RFC 6749.

use std::collections::BTreeSet;

use countersign_tests::access_tokens::{
    GRANT, TOKEN, as_parameters, ask, refused, seeded, setup, start, token_in, token_of,
};
use countersign_tests::admin_clients::of_client;
use countersign_tests::{App, Reply, form, secret_of};
use reqwest::Method;
use serde_json::json;

use super::FORM;

const BAD_CREDENTIALS: &str = "the client credentials are missing or not valid";

fn without_request_id(reply: &Reply) -> String {
    reply.body.replace(reply.header("x-request-id"), "")
}

#[tokio::test]
async fn every_refusal_of_a_client_is_the_same_but_for_its_request_id() {
    let app = start().await;
    let ada = app.sign_in("ada").await;
    let gone = app.client("access_issuer");
    ada.patch(
        &of_client("access_issuer", ""),
        &json!({"modules": {"payments": {}}}),
    )
    .await
    .fine();
    token_of(&app, "access_issuer").await;
    ada.delete(&of_client("access_issuer", "")).await.nothing();
    let (right, wrong) = (secret_of("login_client"), secret_of("nobody"));
    let too_long = "o".repeat(300);
    let mut bodies = BTreeSet::new();
    for caller in [
        gone,
        app.client("disabled"),
        app.caller("disabled", &wrong),
        app.caller("nobody", &wrong),
        app.caller("login_client", &wrong),
        app.caller("login_client", "a wrong guess"),
        app.caller("login_client", ""),
        app.caller("login_client", &right[..41]),
        app.caller("login_client", &secret_of("foreigner")),
        app.caller("LOGIN_CLIENT", &right),
        app.caller("", &right),
        app.caller(&too_long, &right),
        app.stranger(),
        app.stranger().authorization(&["Basic"]),
        app.stranger().authorization(&["Basic !"]),
        app.stranger().authorization(&["Basic bm8gY29sb24"]),
    ] {
        for given in [&[][..], &[("scope", "other")], &[("audience", "other")]] {
            let reply = ask(&caller, given).await;
            assert_eq!(refused(&reply, 401, "invalid_client"), BAD_CREDENTIALS);
            bodies.insert(without_request_id(&reply));
        }
    }
    for (id, secret) in [
        ("nobody", wrong.as_str()),
        ("disabled", &secret_of("disabled")),
        ("login_client", &wrong),
        ("login_client", ""),
        ("", &right),
    ] {
        let given = [("client_id", id), ("client_secret", secret)];
        let reply = ask(&app.stranger(), &given).await;
        refused(&reply, 401, "invalid_client");
        bodies.insert(without_request_id(&reply));
    }
    let only = format!(
        r#"{{"error":"invalid_client","error_description":"{BAD_CREDENTIALS}","request_id":""}}"#
    );
    assert_eq!(bodies, BTreeSet::from([only]));
}

#[tokio::test]
async fn other_schemes_are_refused_as_no_client_even_beside_good_parameters() {
    let app = start().await;
    let good = as_parameters("login_client");
    let good = [
        (good[0].0, good[0].1.as_str()),
        (good[1].0, good[1].1.as_str()),
    ];
    let token = token_of(&app, "login_client").await;
    for header in [
        "Bearer x",
        &format!("Bearer {token}"),
        "Digest username=\"login_client\"",
        "Negotiate YQ==",
        "Signature login_client:G3N5RxCVc0d6rDLmBRGvcg2hCVY=",
    ] {
        let caller = app.stranger().authorization(&[header]);
        for given in [&[][..], &good] {
            let reply = ask(&caller, given).await;
            let words = refused(&reply, 401, "invalid_client");
            assert_eq!(
                words,
                "the scheme of the Authorization header is not supported; use HTTP Basic"
            );
        }
    }
}

#[tokio::test]
async fn a_client_that_calls_from_elsewhere_is_not_authorized() {
    let mut setup = setup();
    seeded(&mut setup, "login_client")["whitelist"] = json!(["127.0.0.7/32"]);
    let app = App::with(setup).await;
    let client = app.client("login_client");
    let reply = ask(&client, &[]).await;
    let words = refused(&reply, 400, "unauthorized_client");
    assert_eq!(words, "the client may not call from this address");
    let spoofed = [
        ("content-type", FORM),
        ("x-forwarded-for", "127.0.0.7"),
        ("x-real-ip", "127.0.0.7"),
    ];
    let reply = client
        .send(Method::POST, TOKEN, &spoofed, form(&[GRANT]).into())
        .await;
    refused(&reply, 400, "unauthorized_client");
    token_in(&ask(&client.clone().from("127.0.0.7"), &[]).await);
    // Who does not prove who it is learns nothing of the list.
    let stranger = app.caller("login_client", &secret_of("nobody"));
    refused(&ask(&stranger, &[]).await, 401, "invalid_client");
}
