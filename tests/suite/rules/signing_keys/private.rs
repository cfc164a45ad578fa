//! Secrecy of private keys: none is in the clear in a table, a reply or the log.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use countersign_tests::binary::Local;
use countersign_tests::signing_keys::{
    self, GRANT, KEYS, KeySet, ROTATE, TOKEN, app, ask, listed, rotate, setup, token_in,
};
use countersign_tests::{Authenticator, Caller, PASSWORD, email_of, secret_of};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING as ES256, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use shared::Clock;
use shared::store::Table;

/// Does a private key of one of these points stand in some bytes?
fn holds_a_key_of(points: &[Vec<u8>], bytes: &[u8]) -> bool {
    let random = SystemRandom::new();
    bytes.windows(32).any(|scalar| {
        points.iter().any(|point| {
            EcdsaKeyPair::from_private_key_and_public_key(&ES256, scalar, point, &random).is_ok()
        })
    })
}

/// All bytes in an item of a table: of its binary attributes, and of texts that may be base 64.
fn blobs(value: &Value, found: &mut Vec<Vec<u8>>) {
    match value {
        Value::String(text) => {
            found.push(text.clone().into_bytes());
            for decoded in [
                STANDARD.decode(text),
                STANDARD_NO_PAD.decode(text),
                URL_SAFE_NO_PAD.decode(text),
            ] {
                found.extend(decoded);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| blobs(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| blobs(value, found)),
        _ => {}
    }
}

#[test]
fn a_key_in_the_clear_would_be_found() {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ES256, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ES256, document.as_ref(), &random).unwrap();
    let points = [pair.public_key().as_ref().to_vec()];
    let item = json!({"keys": {"L": [{"B": STANDARD.encode(document.as_ref())}]}});
    let mut found = Vec::new();
    blobs(&item, &mut found);
    assert!(found.iter().any(|bytes| holds_a_key_of(&points, bytes)));
}

#[tokio::test]
async fn no_table_and_no_reply_holds_a_private_key() {
    let app = app().await;
    app.advance(Duration::from_hours(1));
    let ada = app.sign_in("ada").await;
    let mut replies = vec![ask(&app.owner()).await, rotate(&ada).await];
    replies.push(ask(&app.owner()).await);
    replies.push(ada.get(KEYS).await);
    replies.push(app.stranger().get("/.well-known/jwks.json", &[]).await);
    replies.push(ada.get("/admin/audit?limit=200").await);
    assert_eq!(listed(&ada).await.len(), 3);
    let set = KeySet::fetch(&app).await;
    let points: Vec<_> = set.keys.into_values().collect();
    assert_eq!(points.len(), 5, "of two applications");
    let mut found = Vec::new();
    let mut sealed = 0;
    for table in Table::ALL {
        for item in app.dump(table.suffix()).await {
            sealed += usize::from(item.to_string().contains("sealed"));
            let mut blobs_here = Vec::new();
            blobs(&item, &mut blobs_here);
            // Most of the tables' texts are no longer than a key.
            found.extend(blobs_here.into_iter().filter(|bytes| bytes.len() >= 32));
        }
    }
    assert!(sealed >= 2, "the dump is not whole");
    for reply in replies {
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert!(!reply.body.contains(r#""d""#), "{}", reply.body);
        let json = reply.json();
        blobs(&json, &mut found);
        for part in json["access_token"].as_str().unwrap_or_default().split('.') {
            found.push(URL_SAFE_NO_PAD.decode(part).unwrap());
        }
    }
    found.sort_unstable();
    found.dedup();
    let is_there = found.iter().any(|bytes| holds_a_key_of(&points, bytes));
    assert!(!is_there, "a private key stands in the clear");
}

/// Returns the code of an authenticator by the real time.
fn code(steps: i64) -> String {
    Authenticator::of("ada").code_at(Clock::System.now().millis() + steps * 30_000)
}

#[tokio::test]
async fn the_log_has_neither_keys_nor_tokens_nor_secrets() {
    let local = Local::start(&["--memory", "--log", "json"], Some(&setup().seed)).await;
    let owner = Caller::at(&local.url).basic("owner", &secret_of("owner"));
    let token = signing_keys::token(&owner).await;
    let given = [("token", token.as_str())];
    for path in ["/oauth2/introspect", "/oauth2/revoke"] {
        assert_eq!(owner.post(path, &given).await.status, 200);
    }
    let other = Caller::at(&local.url).basic("login_client", &secret_of("login_client"));
    let theirs = signing_keys::token(&other).await;
    let refused = owner.post("/oauth2/revoke", &[("token", &theirs)]).await;
    assert_eq!(refused.status, 400);
    // In the address, where it does not belong.
    let misplaced = format!("/oauth2/introspect?token={theirs}");
    assert_ne!(owner.post(&misplaced, &[]).await.status, 200);
    let in_body = [
        GRANT,
        ("client_id", "owner"),
        ("client_secret", &secret_of("owner")),
    ];
    let third = Caller::at(&local.url).post(TOKEN, &in_body).await;
    let third = token_in(&third);

    let json = [("content-type", "application/json")];
    let body = json!({"email": email_of("ada"), "password": PASSWORD, "code": code(0)});
    let post = async |caller: &Caller, path: &str, body: &Value| {
        let method = reqwest::Method::POST;
        caller
            .send(method, path, &json, body.to_string().into())
            .await
    };
    let stranger = Caller::at(&local.url);
    let begun = post(&stranger, "/admin/sessions", &body).await.created();
    let bearer = format!("Bearer {}", begun["token"].as_str().unwrap());
    let ada = stranger.clone().authorization(&[&bearer]);
    let rotation = json!({"code": code(1), "compromised": true});
    post(&ada, ROTATE, &rotation).await.fine();
    let log = local.stop().await;

    let lines = log.lines().filter(|line| line.contains("\"answered\""));
    assert_eq!(lines.count(), 9, "the log is not whole");
    for token in [&token, &theirs, &third] {
        for part in token.split('.').skip(1) {
            assert!(!log.contains(part), "a token stands in the log");
        }
    }
    for secret in ["owner", "login_client"] {
        assert!(
            !log.contains(&secret_of(secret)),
            "a secret stands in the log"
        );
    }
    // What every private key begins with as PKCS #8, in base 64 and in hexadecimal figures.
    for beginning in ["MIGHAgEA", "308187020100"] {
        assert!(!log.contains(beginning), "a key stands in the log");
    }
}
