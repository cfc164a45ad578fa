//! Signing keys and the copies of the key set that resource servers keep.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::{Value, json};
use shared::Moment;

use crate::{App, Caller, Person, Reply, Setup};

pub const TOKEN: &str = "/oauth2/token";
pub const GRANT: (&str, &str) = ("grant_type", "client_credentials");
pub const KEYS: &str = "/admin/signing-keys";
pub const ROTATE: &str = "/admin/signing-keys/rotate";
/// For so long a copy of the key set is kept.
pub const KEPT_MILLIS: i64 = 300_000;

/// The usual people, and clients that are let into a module.
pub fn setup() -> Setup {
    let mut setup = Setup::with_people();
    for application in setup.seed["applications"].as_array_mut().unwrap() {
        for client in application["clients"].as_array_mut().unwrap() {
            client["modules"] = json!({"payments": {}});
        }
    }
    setup
}

pub async fn app() -> App {
    App::with(setup()).await
}

/// Asks for a token.
pub async fn ask(client: &Caller) -> Reply {
    client.post(TOKEN, &[GRANT]).await
}

/// The token in an answer that must have one.
#[track_caller]
pub fn token_in(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

pub async fn token(client: &Caller) -> String {
    token_in(&ask(client).await)
}

/// A part of a token, read.
pub fn part(token: &str, place: usize) -> Value {
    let part = token.split('.').nth(place).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The name of the key that signed a token.
pub fn key_of(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

/// Is a token active, as the application's owner is told?
pub async fn is_active(app: &App, token: &str) -> bool {
    let given = [("token", token)];
    let reply = app.owner().post("/oauth2/introspect", &given).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()["active"].as_bool().unwrap()
}

/// Rotates the keys with a fresh code.
pub async fn rotate(by: &Person) -> Reply {
    by.post(ROTATE, &json!({"code": by.next_code()})).await
}

/// The keys as administrators see them.
pub async fn listed(by: &Person) -> Vec<Value> {
    let listed = by.get(KEYS).await.fine();
    listed["keys"].as_array().unwrap().clone()
}

/// The names of the keys that do this.
pub fn doing(keys: &[Value], state: &str) -> Vec<String> {
    let doing = keys.iter().filter(|key| key["state"] == state);
    doing
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

/// The present moment, as replies write it.
pub fn now(app: &App) -> String {
    Moment(app.clock.now()).into()
}

/// A copy of the key set, written anew from RFC 7517.
#[derive(Clone, Debug)]
pub struct KeySet {
    /// Milliseconds since the epoch.
    pub fetched: i64,
    /// The points, by the names of the keys.
    pub keys: BTreeMap<String, Vec<u8>>,
}

impl KeySet {
    pub async fn fetch(app: &App) -> Self {
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
    pub fn verifies(&self, token: &str) -> bool {
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
    pub fn names_of(&self, listed: &[Value]) -> Vec<String> {
        let names = listed.iter().map(|key| key["kid"].as_str().unwrap());
        let there = names.filter(|name| self.keys.contains_key(*name));
        there.map(str::to_owned).collect()
    }
}

/// A resource server: it fetches the key set, and keeps it for as long as it may.
#[derive(Debug)]
pub struct ResourceServer {
    kept: KeySet,
}

impl ResourceServer {
    pub async fn start(app: &App) -> Self {
        Self {
            kept: KeySet::fetch(app).await,
        }
    }

    /// Verifies a token with the copy that it has, or with a new one if that has become too old.
    pub async fn accepts(&mut self, app: &App, token: &str) -> bool {
        if app.clock.now().millis() - self.kept.fetched > KEPT_MILLIS {
            self.kept = KeySet::fetch(app).await;
        }
        self.kept.verifies(token)
    }
}
