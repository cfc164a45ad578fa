//! Signing keys of access tokens: rotation refuses no valid token.
//!
//! That holds for everyone who verifies with a copy of the key set that is at most five minutes old.

mod at_once;
mod compromised;
mod model;
mod private;
mod rotation;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_tests::{App, Caller, Person, Reply, Setup};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use shared::Moment;

pub(crate) const TOKEN: &str = "/oauth2/token";
pub(crate) const GRANT: (&str, &str) = ("grant_type", "client_credentials");
pub(crate) const KEYS: &str = "/admin/signing-keys";
pub(crate) const ROTATE: &str = "/admin/signing-keys/rotate";
/// For so long a copy of the key set is kept.
const KEPT_MILLIS: i64 = 300_000;

/// The usual people, and clients that are let into a module.
pub(crate) fn setup() -> Setup {
    let mut setup = Setup::with_people();
    for application in setup.seed["applications"].as_array_mut().unwrap() {
        for client in application["clients"].as_array_mut().unwrap() {
            client["modules"] = json!({"payments": {}});
        }
    }
    setup
}

pub(crate) async fn app() -> App {
    App::with(setup()).await
}

/// Asks for a token.
pub(crate) async fn ask(client: &Caller) -> Reply {
    client.post(TOKEN, &[GRANT]).await
}

/// The token in an answer that must have one.
#[track_caller]
pub(crate) fn token_in(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

pub(crate) async fn token(client: &Caller) -> String {
    token_in(&ask(client).await)
}

/// A part of a token, read.
pub(crate) fn part(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The name of the key that signed a token.
pub(crate) fn key_of(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

/// Is a token active, as the application's owner is told?
pub(crate) async fn is_active(app: &App, token: &str) -> bool {
    let given = [("token", token)];
    let reply = app.owner().post("/oauth2/introspect", &given).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["active"].as_bool().unwrap()
}

/// Rotates the keys with a fresh code.
pub(crate) async fn rotate(by: &Person) -> Reply {
    by.post(ROTATE, &json!({"code": by.next_code()})).await
}

/// The keys as administrators see them.
pub(crate) async fn listed(by: &Person) -> Vec<Value> {
    let listed = by.get(KEYS).await.fine();
    listed["keys"].as_array().unwrap().clone()
}

/// The names of the keys that do this.
pub(crate) fn doing(keys: &[Value], state: &str) -> Vec<String> {
    let doing = keys.iter().filter(|key| key["state"] == state);
    doing
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// The present moment, as replies write it.
pub(crate) fn now(app: &App) -> String {
    Moment(app.clock.now()).into()
}

/// A copy of the key set, written anew from RFC 7517.
#[derive(Clone, Debug)]
pub(crate) struct KeySet {
    /// Milliseconds since the epoch.
    pub(crate) fetched: i64,
    /// The points, by the names of the keys.
    pub(crate) keys: BTreeMap<String, Vec<u8>>,
}

impl KeySet {
    pub(crate) async fn fetch(app: &App) -> Self {
        let reply = app.stranger().get("/.well-known/jwks.json", &[]).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let point = |key: &Value| {
            assert_eq!(
                (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
                (
                    &json!("EC"),
                    &json!("P-256"),
                    &json!("ES256"),
                    &json!("sig")
                )
            );
            let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap());
            let point = [&[4], &*coordinate("x").unwrap(), &*coordinate("y").unwrap()].concat();
            (key["kid"].as_str().unwrap().to_owned(), point)
        };
        Self {
            fetched: app.clock.now().millis(),
            keys: reply.json()["keys"]
                .as_array()
                .unwrap()
                .iter()
                .map(point)
                .collect(),
        }
    }

    /// Is a token signed by a key of this copy?
    pub(crate) fn verifies(&self, token: &str) -> bool {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        self.keys.get(&key_of(token)).is_some_and(|point| {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(signed.as_bytes(), &signature)
                .is_ok()
        })
    }

    /// Returns the names of those keys in `listed` that this copy of the key set has.
    ///
    /// The copy does not tell the keys of different applications apart.
    pub(crate) fn names_of(&self, listed: &[Value]) -> Vec<String> {
        let names = listed.iter().map(|key| key["kid"].as_str().unwrap());
        let there = names.filter(|name| self.keys.contains_key(*name));
        there.map(str::to_owned).collect()
    }
}

/// A resource server: it fetches the key set, and keeps it for as long as it may.
#[derive(Debug)]
pub(crate) struct ResourceServer {
    kept: KeySet,
}

impl ResourceServer {
    pub(crate) async fn start(app: &App) -> Self {
        Self {
            kept: KeySet::fetch(app).await,
        }
    }

    /// Verifies a token with the copy that it has, or with a new one if that has become too old.
    pub(crate) async fn accepts(&mut self, app: &App, token: &str) -> bool {
        if app.clock.now().millis() - self.kept.fetched > KEPT_MILLIS {
            self.kept = KeySet::fetch(app).await;
        }
        self.kept.verifies(token)
    }
}
