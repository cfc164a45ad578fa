//! Access tokens: requests for them, their parts, and the answers of the OAuth 2 operations.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::{App, Caller, Reply, Setup, secret_of};

pub const TOKEN: &str = "/oauth2/token";
pub const INTROSPECT: &str = "/oauth2/introspect";
pub const REVOKE: &str = "/oauth2/revoke";
pub const GRANT: (&str, &str) = ("grant_type", "client_credentials");
/// The answer for a token that is not active: it says nothing about the token.
pub const INACTIVE: &str = r#"{"active":false}"#;

/// Returns the usual applications with people and modules.
///
/// `login_client` has both modules, and is Administrator of `payments`. `direct_access`, `disabled`
/// and the foreign `foreigner` have `payments`. All others have none.
pub fn setup() -> Setup {
    let mut setup = Setup::with_people();
    let plain = json!({"payments": {}});
    seeded(&mut setup, "login_client")["modules"] =
        json!({"payments": {"administrator": true}, "collections": {}});
    seeded(&mut setup, "direct_access")["modules"] = plain.clone();
    seeded(&mut setup, "disabled")["modules"] = plain.clone();
    setup.seed["applications"][1]["clients"][0]["modules"] = plain;
    setup
}

/// A client of the application under test, as the seed has it.
pub fn seeded<'a>(setup: &'a mut Setup, id: &str) -> &'a mut Value {
    let clients = setup.seed["applications"][0]["clients"].as_array_mut();
    let mut clients = clients.unwrap().iter_mut();
    clients.find(|client| client["client_id"] == id).unwrap()
}

/// A server with [`setup`].
pub async fn start() -> App {
    App::with(setup()).await
}

/// The success of an OAuth 2 operation that it must be.
#[track_caller]
pub fn granted(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_never_kept(reply);
    assert_eq!(reply.header("www-authenticate"), "");
    reply.json()
}

/// The refusal of RFC 6749, section 5.2, that it must be; gives its words.
#[track_caller]
pub fn refused(reply: &Reply, status: u16, error: &str) -> String {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert_never_kept(reply);
    let json = reply.json();
    let words = json["error_description"].as_str().unwrap().to_owned();
    assert_eq!(
        json,
        json!({"error": error, "error_description": words, "request_id": reply.header("x-request-id")})
    );
    let fits = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    assert!(!words.is_empty() && words.chars().all(fits), "{words}");
    let challenge = match status {
        401 => r#"Basic realm="countersign", charset="UTF-8""#,
        _ => "",
    };
    assert_eq!(reply.header("www-authenticate"), challenge);
    words
}

/// Asserts the headers of every answer of OAuth 2 operations (RFC 6749, section 5.1).
#[track_caller]
fn assert_never_kept(reply: &Reply) {
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(reply.header(name), value, "{name}");
    }
    assert_eq!(reply.header("x-request-id").len(), 16);
}

/// Asks for a token, with more parameters than the grant type.
pub async fn ask(caller: &Caller, more: &[(&str, &str)]) -> Reply {
    caller.post(TOKEN, &[&[GRANT], more].concat()).await
}

/// The token in the answer that a client was given.
#[track_caller]
pub fn token_in(reply: &Reply) -> String {
    let json = granted(reply);
    json["access_token"].as_str().unwrap().to_owned()
}

/// A token of a client that has one of the seed's secrets, for all that it is let into.
pub async fn token_of(app: &App, client: &str) -> String {
    token_in(&ask(&app.client(client), &[]).await)
}

/// Introspects a token as this client.
pub async fn introspect(caller: &Caller, token: &str) -> Reply {
    caller.post(INTROSPECT, &[("token", token)]).await
}

/// Is a token active in the eyes of the application's owner client? One that is not says nothing else.
pub async fn is_active(app: &App, token: &str) -> bool {
    let reply = introspect(&app.owner(), token).await;
    let active = granted(&reply)["active"].as_bool().unwrap();
    assert!(active || reply.body == INACTIVE, "{}", reply.body);
    active
}

/// The parts of a token, undone: header, claims, signature.
pub fn parts(token: &str) -> [Vec<u8>; 3] {
    let parts: Vec<_> = token.split('.').collect();
    let parts: [&str; 3] = parts.try_into().unwrap();
    parts.map(|part| URL_SAFE_NO_PAD.decode(part).unwrap())
}

/// The header of a token.
pub fn header_of(token: &str) -> Value {
    serde_json::from_slice(&parts(token)[0]).unwrap()
}

/// Returns the claims of a token.
pub fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&parts(token)[1]).unwrap()
}

/// A client's credentials as parameters.
pub fn as_parameters(id: &str) -> [(&'static str, String); 2] {
    [
        ("client_id", id.to_owned()),
        ("client_secret", secret_of(id)),
    ]
}
