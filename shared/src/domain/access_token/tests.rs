//! Verification of tokens: forgeries by somebody who could sign anything are told from real tokens.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::secrets::signing_key::RingKey;

const ISSUER: &str = "https://api.example.com";
/// All that a token has to say.
const CLAIMS: [&str; 8] = [
    "iss",
    "sub",
    "client_id",
    "aud",
    "iat",
    "exp",
    "jti",
    "scope",
];
/// Seconds since the epoch.
const NOW: i64 = 2_000_000_000;

/// An insider: somebody with the key, who can sign what the issuer never would.
struct Insider {
    ring: KeyRing,
    key: SigningKey,
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

impl Insider {
    fn new() -> Self {
        let [(public, document), (next, _)] = [(), ()].map(|()| SigningKey::generate().unwrap());
        let key = |public| RingKey {
            public,
            sealed: Vec::new(),
            published: at(0),
            signs_from: None,
        };
        Self {
            ring: KeyRing::begin(key(public), key(next), at(0)),
            key: SigningKey::open(&document).unwrap(),
        }
    }

    fn header(&self) -> Value {
        json!({"alg": "ES256", "typ": "at+jwt", "kid": self.key.id()})
    }

    /// Returns a token of these very texts.
    fn signed(&self, header: &str, claims: &str) -> String {
        let signed = [header, claims].map(|text| URL_SAFE_NO_PAD.encode(text));
        let signed = signed.join(".");
        let signature = self.key.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn genuine(&self) -> String {
        self.signed(&self.header().to_string(), &claims().to_string())
    }

    fn read(&self, token: &str) -> Option<Claims> {
        let token = AccessToken::from(token.to_owned());
        Claims::verified(&token, &self.ring, ISSUER, at(NOW))
    }

    #[track_caller]
    fn assert_takes(&self, header: &str, claims: &str) {
        let token = self.signed(header, claims);
        assert!(self.read(&token).is_some(), "{header} {claims}");
    }

    #[track_caller]
    fn assert_refuses(&self, header: &str, claims: &str) {
        let token = self.signed(header, claims);
        assert!(self.read(&token).is_none(), "{header} {claims}");
    }
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "client", "client_id": "client", "aud": "shop", "iat": NOW,
        "exp": NOW + 300, "jti": "a-name", "scope": "payments"
    })
}

fn with(object: &Value, name: &str, value: Value) -> String {
    let mut object = object.clone();
    object[name] = value;
    object.to_string()
}

fn without(object: &Value, name: &str) -> String {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(name);
    object.to_string()
}

/// Returns the values of an object, without their names.
fn as_list(object: &Value, names: &[&str]) -> String {
    let values: Vec<_> = names.iter().map(|name| object[name].clone()).collect();
    json!(values).to_string()
}

#[test]
fn what_is_signed_is_what_is_read() {
    let insider = Insider::new();
    let said: Claims = serde_json::from_value(claims()).unwrap();
    let token = said.sign(&insider.key).unwrap();
    let read = Claims::verified(&token, &insider.ring, ISSUER, at(NOW)).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), claims());
    assert!(insider.read(&insider.genuine()).is_some());
}

#[test]
fn a_genuine_signature_excuses_no_other_header() {
    let insider = Insider::new();
    let (header, claims) = (insider.header(), claims().to_string());
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("es256")),
        ("alg", json!("ES256 ")),
        ("alg", json!("ES384")),
        ("alg", json!("HS256")),
        ("alg", Value::Null),
        ("alg", json!(["ES256"])),
        ("typ", json!("JWT")),
        ("typ", json!("AT+JWT")),
        ("typ", json!("application/at+jwt")),
        ("typ", Value::Null),
        ("kid", json!("")),
        ("kid", json!("../key")),
        ("kid", Value::Null),
        ("kid", json!([insider.key.id()])),
        ("kid", json!(format!("{} ", insider.key.id().as_str()))),
        ("jku", json!("https://evil.example/keys")),
        ("jwk", json!({})),
        ("x5u", json!("https://evil.example/cert")),
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
        ("", Value::Null),
    ] {
        insider.assert_refuses(&with(&header, name, value), &claims);
    }
    for name in ["alg", "typ", "kid"] {
        insider.assert_refuses(&without(&header, name), &claims);
        let text = header.to_string();
        let twice = text.replacen('{', &format!(r#"{{"{name}":{},"#, header[name]), 1);
        insider.assert_refuses(&twice, &claims);
    }
    let text = header.to_string();
    for other in [
        String::new(),
        "{}".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        format!("[{text}]"),
        format!("{text}{text}"),
        format!("{text},"),
        format!("\u{feff}{text}"),
        text.replace("ES256", "\\u0045S256"),
        "[".repeat(10_000),
        r#"{"alg":"#.repeat(4_000),
    ] {
        insider.assert_refuses(&other, &claims);
    }
}

#[test]
fn a_genuine_signature_excuses_no_other_claims() {
    let insider = Insider::new();
    let (header, genuine) = (insider.header().to_string(), claims());
    for (name, value) in [
        ("iss", json!("https://api.example.com/")),
        ("iss", json!("https://API.example.com")),
        ("iss", json!("http://api.example.com")),
        ("iss", json!("")),
        ("iss", json!([ISSUER])),
        ("iss", Value::Null),
        ("sub", json!("other")),
        ("sub", json!("")),
        ("client_id", json!("other")),
        ("client_id", json!(["client"])),
        ("aud", json!("")),
        ("aud", json!("a b")),
        ("aud", json!({"a": "shop"})),
        ("aud", json!(["shop", ["shop"]])),
        ("aud", Value::Null),
        ("iat", json!(NOW - 1)),
        ("iat", json!(NOW + 1)),
        ("iat", json!(NOW.to_string())),
        ("iat", json!(2_000_000_000.0)),
        ("iat", json!(i64::MIN)),
        ("iat", json!(u64::MAX)),
        ("iat", Value::Null),
        ("exp", json!(NOW + 299)),
        ("exp", json!(NOW + 301)),
        ("exp", json!(NOW - 1)),
        ("exp", json!((NOW + 300).to_string())),
        ("exp", json!(2_000_000_300.0)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(1e300)),
        ("exp", Value::Null),
        ("jti", json!(7)),
        ("jti", Value::Null),
        ("scope", json!(["payments"])),
        ("scope", Value::Null),
        ("nbf", json!(NOW)),
        ("active", json!(true)),
        ("azp", json!("client")),
        ("cnf", json!({})),
        ("", Value::Null),
    ] {
        insider.assert_refuses(&header, &with(&genuine, name, value));
    }
    let text = genuine.to_string();
    for name in CLAIMS {
        insider.assert_refuses(&header, &without(&genuine, name));
        let twice = text.replacen('{', &format!(r#"{{"{name}":{},"#, genuine[name]), 1);
        insider.assert_refuses(&header, &twice);
    }
    for other in [
        String::new(),
        "{}".to_owned(),
        "null".to_owned(),
        "300".to_owned(),
        format!("[{text}]"),
        format!("{text}{text}"),
        format!("\u{feff}{text}"),
        text.replace(
            "\"shop\"",
            &format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)),
        ),
        text.replace("\"shop\"", &"[".repeat(5_000)),
    ] {
        insider.assert_refuses(&header, &other);
    }
}

#[test]
fn a_list_of_values_is_no_object() {
    let insider = Insider::new();
    let (header, claims) = (insider.header(), claims());
    let names = ["alg", "typ", "kid"];
    insider.assert_refuses(&as_list(&header, &names), &claims.to_string());
    insider.assert_refuses(&header.to_string(), &as_list(&claims, &CLAIMS));
}

#[test]
fn a_token_lives_for_five_minutes_and_clocks_may_differ_by_ten_seconds() {
    let insider = Insider::new();
    let header = insider.header().to_string();
    let from = |iat: i64| {
        let claims = with(&claims(), "iat", json!(iat));
        with(
            &serde_json::from_str(&claims).unwrap(),
            "exp",
            json!(iat + 300),
        )
    };
    for iat in [NOW - 299, NOW - 1, NOW, NOW + 1, NOW + 10] {
        insider.assert_takes(&header, &from(iat));
    }
    for iat in [i64::MIN, -1, 0, NOW - 301, NOW - 300, NOW + 11, NOW + 299] {
        insider.assert_refuses(&header, &from(iat));
    }
    let late = with(&claims(), "iat", json!(i64::MAX - 300));
    let late = with(
        &serde_json::from_str(&late).unwrap(),
        "exp",
        json!(i64::MAX),
    );
    insider.assert_refuses(&header, &late);
}

#[test]
fn what_another_s_key_signed_is_nothing_here_whatever_it_is_called() {
    let [insider, other] = [(), ()].map(|()| Insider::new());
    let claims = claims().to_string();
    assert!(other.read(&other.genuine()).is_some());
    assert!(insider.read(&other.genuine()).is_none());
    for header in [insider.header(), other.header()] {
        let token = other.signed(&header.to_string(), &claims);
        assert!(insider.read(&token).is_none());
    }
    let next = insider.ring.keys()[1].public.id();
    let header = with(&insider.header(), "kid", json!(next));
    insider.assert_refuses(&header, &claims);
}

#[test]
fn a_key_verifies_until_the_last_of_its_tokens_is_dead() {
    let insider = Insider::new();
    let token = AccessToken::from(insider.genuine());
    let fresh = || Insider::new().ring.keys()[0].clone();
    let rotated = insider.ring.rotated(fresh(), at(NOW));
    let last = at(NOW + 299);
    assert!(Claims::verified(&token, &rotated, ISSUER, last).is_some());
    let replaced = KeyRing::begin(fresh(), fresh(), at(NOW));
    assert!(Claims::verified(&token, &replaced, ISSUER, at(NOW)).is_none());
    let dead = last + Duration::from_secs(1);
    assert!(Claims::verified(&token, &rotated, ISSUER, dead).is_none());
}

#[test]
fn a_token_of_32_kilobytes_is_read_and_a_byte_more_is_not() {
    let insider = Insider::new();
    let header = insider.header().to_string();
    // Behind the header, three bytes of claims are four of the token.
    let sized = |more: usize| {
        let name = "j".repeat(24_000 + more);
        insider.signed(&header, &with(&claims(), "jti", json!(name)))
    };
    let [mut fitting, mut others] = [0, 0];
    for token in (0..400).map(sized) {
        let fits = token.len() <= 32 * 1_024;
        assert_eq!(insider.read(&token).is_some(), fits, "{}", token.len());
        *(if fits { &mut fitting } else { &mut others }) += 1;
    }
    assert!(fitting > 0 && others > 0, "{fitting} {others}");
}

#[test]
fn no_single_bit_of_a_token_may_be_another_one() {
    let insider = Insider::new();
    let genuine = insider.genuine();
    for place in 0..genuine.len() {
        for bit in 0..7 {
            let mut bytes = genuine.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let flipped = String::from_utf8(bytes).unwrap();
            assert!(insider.read(&flipped).is_none(), "{place} {bit}");
        }
    }
    let parts: Vec<_> = genuine
        .split('.')
        .map(|part| bytes(part).unwrap())
        .collect();
    for part in 0..3 {
        for place in 0..parts[part].len() * 8 {
            let mut flipped = parts.clone();
            flipped[part][place / 8] ^= 1 << (place % 8);
            let flipped: Vec<_> = flipped
                .iter()
                .map(|part| URL_SAFE_NO_PAD.encode(part))
                .collect();
            assert!(insider.read(&flipped.join(".")).is_none(), "{part} {place}");
        }
    }
}

proptest! {
    #[test]
    fn no_text_from_a_stranger_panics(text in ".*") {
        prop_assert!(Insider::new().read(&text).is_none());
    }

    #[test]
    fn no_parts_from_a_stranger_panic(parts: [Vec<u8>; 3]) {
        let token = parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        prop_assert!(Insider::new().read(&token).is_none());
    }

    #[test]
    fn nothing_that_an_insider_signs_panics(header in "\\PC*", claims in "\\PC*") {
        let insider = Insider::new();
        prop_assert!(insider.read(&insider.signed(&header, &claims)).is_none());
        let header = insider.header().to_string();
        prop_assert!(insider.read(&insider.signed(&header, &claims)).is_none());
    }
}

#[test]
fn scopes_are_the_modules_and_their_administrators() {
    let grants: ModuleGrants =
        serde_json::from_str(r#"{"payments":{"administrator":true},"collections":{}}"#).unwrap();
    let all = Scopes::of(&grants);
    assert_eq!(
        String::from(all.clone()),
        "collections payments payments:admin"
    );
    let within = |text: &str| Scopes::from(text.to_owned()).are_within(&grants);
    assert!(all.are_within(&grants));
    assert!(within("payments:admin") && within("payments  payments collections"));
    for other in [
        "collections:admin",
        "payments:admin:admin",
        "Payments",
        ":admin",
        "payments collections other",
    ] {
        assert!(!within(other), "{other}");
    }
    assert!(Scopes::from(" ".to_owned()).is_empty());
}

#[test]
fn a_token_shows_nothing_of_itself() {
    assert_eq!(
        format!("{:?}", AccessToken::from("x".to_owned())),
        "AccessToken(..)"
    );
}
