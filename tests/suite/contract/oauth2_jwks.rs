//! Publish the keys that verify access tokens.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_tests::App;
use countersign_tests::access_tokens::{header_of, is_active, parts, start, token_of};
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};

use super::widget_data_newest::assert_sent_once;

const JWKS: &str = "/.well-known/jwks.json";

async fn keys(app: &App) -> Vec<Value> {
    let set = app.read(JWKS).await.json();
    set["keys"].as_array().unwrap().clone()
}

/// Asserts that a token verifies with the key that it names, and with no other key of the set.
///
/// Only the key set is used, as a resource server does.
async fn assert_verifies(app: &App, token: &str) {
    let (signed, _) = token.rsplit_once('.').unwrap();
    let [_, _, signature] = parts(token);
    let fitting = |key: &&Value| {
        let [x, y] = ["x", "y"].map(|name| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()));
        let point = [vec![4], x.unwrap(), y.unwrap()].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(signed.as_bytes(), &signature)
            .is_ok()
    };
    let set = keys(app).await;
    let named: Vec<_> = set.iter().filter(fitting).map(|key| &key["kid"]).collect();
    assert_eq!(named, [&header_of(token)["kid"]]);
}

#[tokio::test]
async fn it_is_a_set_of_public_keys_two_for_each_application() {
    let app = start().await;
    let reply = app.read(JWKS).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/jwk-set+json");
    let keys = keys(&app).await;
    assert_eq!(keys.len(), 4);
    let mut wanted = Vec::new();
    for key in &keys {
        let [x, y, kid] = ["x", "y", "kid"].map(|name| key[name].as_str().unwrap());
        // The name is the thumbprint of RFC 7638.
        let thumbprint = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let thumbprint = digest(&SHA256, thumbprint.as_bytes());
        assert_eq!(kid, URL_SAFE_NO_PAD.encode(thumbprint));
        // Nothing else, and above all no `d`.
        wanted.push(format!(
            r#"{{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"{kid}","x":"{x}","y":"{y}"}}"#
        ));
    }
    assert_eq!(reply.body, format!(r#"{{"keys":[{}]}}"#, wanted.join(",")));
}

#[tokio::test]
async fn whoever_has_it_verifies_tokens_of_all_applications() {
    let app = start().await;
    for client in ["login_client", "direct_access", "foreigner"] {
        assert_verifies(&app, &token_of(&app, client).await).await;
    }
}

#[tokio::test]
async fn caches_keep_it_for_five_minutes() {
    let app = start().await;
    assert_sent_once(&app, JWKS, "public, max-age=300").await;
}

#[tokio::test]
async fn anyone_reads_it_whatever_credentials_they_send() {
    let app = start().await;
    let body = app.read(JWKS).await.body;
    for headers in [
        [("authorization", "Basic bm9ib2R5Om5vdGhpbmc=")],
        [("authorization", "Bearer x")],
        [("origin", "https://shop.example")],
    ] {
        let reply = app.read_with(JWKS, &headers).await;
        assert_eq!((reply.status, &reply.body), (200, &body), "{headers:?}");
    }
    let reply = app.read(&format!("{JWKS}?unheard_of=1")).await;
    assert_eq!((reply.status, &reply.body), (200, &body));
}

#[tokio::test]
async fn a_rotation_adds_a_key_and_takes_none_away_whose_tokens_live() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    let before = keys(&app).await;
    let tag = app.read(JWKS).await.header("etag").to_owned();
    let ada = app.sign_in("ada").await;
    let given = json!({"code": ada.next_code()});
    let rotated = ada.post("/admin/signing-keys/rotate", &given).await;
    rotated.fine();
    let after = keys(&app).await;
    assert_eq!(after.len(), before.len() + 1);
    for key in &before {
        assert!(after.contains(key), "{key} is gone");
    }
    assert_verifies(&app, &token).await;
    assert!(is_active(&app, &token).await);
    assert_verifies(&app, &token_of(&app, "login_client").await).await;
    let held = [("if-none-match", tag.as_str())];
    assert_eq!(app.read_with(JWKS, &held).await.status, 200);
}

#[tokio::test]
async fn a_key_that_has_signed_for_long_gives_way_and_stays_until_its_last_tokens_are_dead() {
    let app = start().await;
    let kid = |token: &str| header_of(token)["kid"].clone();
    let is_published = async |kid: &Value| {
        let keys = keys(&app).await;
        keys.iter().any(|key| key["kid"] == *kid)
    };
    // Just before the ninety days are over, and just after.
    app.advance(Duration::from_hours(24 * 90) - Duration::from_secs(1));
    let old = token_of(&app, "login_client").await;
    app.advance(Duration::from_secs(1));
    let new = token_of(&app, "login_client").await;
    assert_ne!(kid(&old), kid(&new));
    for token in [&old, &new] {
        assert_verifies(&app, token).await;
        assert!(is_active(&app, token).await);
    }
    app.advance(Duration::from_secs(298));
    assert!(is_active(&app, &old).await);
    assert!(is_published(&kid(&old)).await);
    app.advance(Duration::from_mins(10));
    assert!(!is_published(&kid(&old)).await);
    assert!(is_published(&kid(&new)).await);
}
