//! Administrators over HTTP: people with a password and an authenticator, and what they are answered.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha1::Sha1;
use shared::Clock;

use crate::app::{App, Setup};
use crate::caller::{Caller, Reply};

/// The password of everyone in the suite.
pub const PASSWORD: &str = "correct horse battery";

/// The application under test's administrators, by the beginning of their addresses, and what they
/// hold. `fay` is the foreign application's.
pub const PEOPLE: [(&str, &[&str]); 4] = [
    ("ada", &["manage_modules", "manage_users"]),
    ("ben", &["manage_users"]),
    ("cleo", &["manage_modules"]),
    ("dora", &[]),
];

/// Returns the email address of a person in the suite.
pub fn email_of(name: &str) -> String {
    format!("{name}@example.com")
}

/// Returns the key of a person's authenticator.
fn key_of(name: &str) -> Vec<u8> {
    format!("the key of {name:.<9}").into_bytes()
}

impl Setup {
    /// Returns the usual applications, with administrators: [`PEOPLE`], and `fay` in the foreign one.
    /// The application has the modules `payments` and `collections`.
    pub fn with_people() -> Self {
        let mut setup = Self::default();
        let person = |name: &str, privileges: &[&str]| {
            json!({
                "email": email_of(name), "name": name, "password": PASSWORD,
                "totp_secret": base32(&key_of(name)), "privileges": privileges
            })
        };
        let people: Vec<_> = PEOPLE
            .iter()
            .map(|(name, privileges)| person(name, privileges))
            .collect();
        setup.seed["applications"][0]["administrators"] = people.into();
        setup.seed["applications"][0]["modules"] = json!(["payments", "collections"]);
        setup.seed["applications"][1]["administrators"] =
            json!([person("fay", &["manage_modules", "manage_users"])]);
        setup.seed["applications"][1]["modules"] = json!(["payments"]);
        setup
    }
}

/// Encodes in base 32 (RFC 4648, section 6), without padding.
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut text = String::new();
    while let Some(first) = bits.next() {
        let rest = (0..4).fold(first, |value, _| value << 1 | bits.next().unwrap_or(0));
        text.push(char::from(ALPHABET[usize::from(rest)]));
    }
    text
}

/// Decodes base 32 (RFC 4648, section 6).
pub fn from_base32(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for letter in text.chars() {
        buffer = buffer << 5 | u32::try_from(ALPHABET.find(letter).unwrap()).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff).unwrap());
        }
    }
    bytes
}

/// An authenticator app. It shares no code with Countersign, only RFC 6238.
#[derive(Clone, Debug)]
pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// Returns an authenticator with this key in base 32.
    pub fn with(secret: &str) -> Self {
        Self(from_base32(secret))
    }

    /// Returns the authenticator of a person in the suite.
    pub fn of(name: &str) -> Self {
        Self(key_of(name))
    }

    /// Returns the code that it shows at this moment.
    pub fn code_at(&self, millis: i64) -> String {
        let step = millis.div_euclid(30_000);
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0).unwrap();
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let offset = usize::from(hash[19] & 0xf);
        let four: [u8; 4] = hash[offset..offset + 4].try_into().unwrap();
        format!(
            "{:06}",
            (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000
        )
    }

    /// Returns the code that it shows now.
    pub fn code(&self, clock: &Clock) -> String {
        self.code_at(clock.now().millis())
    }

    /// Advances the clock, and returns a code that it has not shown yet.
    pub fn next_code(&self, clock: &Clock) -> String {
        clock.advance(Duration::from_secs(30));
        self.code(clock)
    }

    /// Returns a code that it does not show now, nor a step before or after.
    pub fn wrong_code(&self, clock: &Clock) -> String {
        let now = clock.now().millis();
        let near: Vec<_> = (-2..=2)
            .map(|step| self.code_at(now + step * 30_000))
            .collect();
        (0..100)
            .map(|n| format!("{n:06}"))
            .find(|code| !near.contains(code))
            .unwrap()
    }
}

/// An administrator with a session.
#[derive(Clone, Debug)]
pub struct Person {
    pub caller: Caller,
    pub authenticator: Authenticator,
    pub token: String,
    /// Their ID.
    pub id: String,
    clock: Clock,
    headers: Vec<(&'static str, String)>,
}

impl App {
    /// Starts the usual server, with administrators.
    pub async fn with_people() -> Self {
        Self::with(Setup::with_people()).await
    }

    /// Asks for a session.
    pub async fn ask_for_session(&self, body: &Value) -> Reply {
        let stranger = self.stranger();
        let json = [("content-type", "application/json")];
        stranger
            .send(
                Method::POST,
                "/admin/sessions",
                &json,
                body.to_string().into(),
            )
            .await
    }

    /// Returns the credentials of a person in the suite, with an unused code.
    pub fn credentials(&self, name: &str) -> Value {
        let code = Authenticator::of(name).next_code(&self.clock);
        json!({"email": email_of(name), "password": PASSWORD, "code": code})
    }

    /// Signs a person of the suite in.
    pub async fn sign_in(&self, name: &str) -> Person {
        let begun = self.ask_for_session(&self.credentials(name)).await;
        self.person(&begun, Authenticator::of(name))
    }

    /// Returns the person that this new session belongs to.
    #[track_caller]
    pub fn person(&self, begun: &Reply, authenticator: Authenticator) -> Person {
        assert_eq!(begun.status, 201, "{}", begun.body);
        let session = begun.json();
        let token = session["token"].as_str().unwrap().to_owned();
        Person {
            caller: self.stranger().authorization(&[&format!("Bearer {token}")]),
            authenticator,
            token,
            id: session["administrator"]["id"].as_str().unwrap().to_owned(),
            clock: self.clock.clone(),
            headers: Vec::new(),
        }
    }
}

impl Person {
    /// Adds a header to all requests of this person.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Advances the clock, and returns an unused code.
    pub fn next_code(&self) -> String {
        self.authenticator.next_code(&self.clock)
    }

    /// Returns a code that is wrong.
    pub fn wrong_code(&self) -> String {
        self.authenticator.wrong_code(&self.clock)
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// Sends any request.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        if body.is_some() {
            headers.push(("content-type", "application/json"));
        }
        let body = body.map(ToString::to_string).unwrap_or_default();
        self.caller.send(method, path, &headers, body.into()).await
    }

    /// Creates an API client, and gives its view.
    pub async fn new_client(&self, body: &Value) -> Value {
        self.post("/admin/clients", body).await.created()
    }

    /// Returns the present secret of a client, with a fresh code.
    pub async fn secret_of(&self, client: &str) -> String {
        let path = format!("/admin/clients/{client}/secret/reveal");
        let code = self.next_code();
        let revealed = self.post(&path, &json!({"code": code})).await.fine();
        revealed["client_secret"].as_str().unwrap().to_owned()
    }

    /// Returns the events of the audit that fit a query, newest first, all pages of them.
    pub async fn audit(&self, query: &str) -> Vec<Value> {
        self.all("/admin/audit", query).await
    }

    /// Returns all items of a list, page by page.
    pub async fn all(&self, path: &str, query: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}?{query}{cursor}")).await.fine();
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }
}

impl Reply {
    /// Asserts that it is a 200, and returns its JSON.
    #[track_caller]
    pub fn fine(&self) -> Value {
        self.with_status(200);
        self.json()
    }

    /// Asserts that it is a 201, and returns its JSON.
    #[track_caller]
    pub fn created(&self) -> Value {
        self.with_status(201);
        self.json()
    }

    /// Asserts that it is a 204 without a body.
    #[track_caller]
    pub fn nothing(&self) {
        self.with_status(204);
        assert_eq!(self.body, "");
    }

    #[track_caller]
    fn with_status(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("x-content-type-options"), "nosniff");
    }

    /// Asserts that it is this problem (RFC 9457), and returns its `detail`.
    #[track_caller]
    pub fn problem(&self, status: u16, kind: &str) -> String {
        self.with_status(status);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(
            (&problem["type"], &problem["status"]),
            (
                &json!(format!("urn:countersign:problem:{kind}")),
                &json!(status)
            ),
            "{}",
            self.body
        );
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        problem["detail"].as_str().unwrap().to_owned()
    }

    /// Asserts that it is a 422, and returns its faults, each with its pointer.
    #[track_caller]
    pub fn faults(&self) -> Vec<(String, String)> {
        self.problem(422, "invalid");
        let problem = self.json();
        let faults = problem["errors"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        faults
            .map(|fault| (text(&fault["pointer"]), text(&fault["detail"])))
            .collect()
    }
}
