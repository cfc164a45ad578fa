//! Claims that the issuer never made.

use serde_json::{Value, json};

use super::{Bad, bad};
use crate::rules::access_tokens::forgery::{Forger, Pen, part};

/// Claims that say something else.
pub(super) fn changed(forger: &Forger) -> Vec<Bad> {
    let iat = forger.claims["iat"].as_i64().unwrap();
    let iss = forger.claims["iss"].as_str().unwrap();
    let aud = forger.claims["aud"].clone();
    let changes = [
        ("scope", json!("collections payments payments:admin other")),
        ("scope", json!("payments")),
        ("scope", json!("")),
        ("scope", json!(["payments"])),
        ("aud", json!("other")),
        ("aud", json!([aud])),
        ("aud", json!([])),
        ("aud", json!("")),
        ("aud", json!("größe")),
        ("exp", json!(iat + 301)),
        ("exp", json!(iat + 299)),
        ("exp", json!(iat)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(u64::MAX)),
        ("exp", json!(i64::MIN)),
        ("exp", json!((iat + 300).to_string())),
        ("exp", json!(1e300)),
        ("exp", Value::Null),
        ("iat", json!(iat + 1)),
        ("iat", json!(0)),
        ("iat", json!(i64::MIN)),
        ("iat", json!(iat.to_string())),
        ("iss", json!(format!("{iss}/"))),
        ("iss", json!(iss.to_uppercase())),
        ("iss", json!("https://evil.example")),
        ("iss", json!("")),
        ("sub", json!("owner")),
        ("client_id", json!("owner")),
        ("client_id", json!("direct_access")),
        ("client_id", json!("foreigner")),
        ("client_id", json!("")),
        ("client_id", json!(["login_client"])),
        ("jti", json!("another")),
        ("jti", json!("")),
        ("nbf", json!(iat)),
        ("active", json!(true)),
        ("cnf", json!({"jkt": "x"})),
        ("__proto__", json!({"scope": "other"})),
    ];
    let mut corpus = Vec::new();
    for (name, value) in &changes {
        let claims = forger.claims_with(name, value.clone());
        corpus.push(bad(
            format!("{name}: {value}, with the genuine signature"),
            forger.with_claims(&claims),
        ));
        corpus.push(bad(
            format!("{name}: {value}, signed by somebody else"),
            forger.signed(Pen::P256, &forger.header.to_string(), &claims),
        ));
    }
    for name in [
        "iss",
        "sub",
        "client_id",
        "aud",
        "iat",
        "exp",
        "jti",
        "scope",
    ] {
        let mut claims = forger.claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        corpus.push(bad(
            format!("without {name}"),
            forger.with_claims(&claims.to_string()),
        ));
    }
    let text = forger.claims.to_string();
    let encoded = part(&text);
    // A character here and there of the part as it is sent.
    let [header, genuine, signature] = forger.encoded();
    for place in (0..genuine.len()).step_by(23) {
        let mut bytes = genuine.as_bytes().to_vec();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let claims = String::from_utf8(bytes).unwrap();
        corpus.push(bad(
            format!("the claims with another character at {place}"),
            format!("{header}.{claims}.{signature}"),
        ));
    }
    for (name, claims) in [
        ("with a blank in front", format!(" {text}")),
        ("with a line end behind", format!("{text}\n")),
        ("with blanks between", text.replacen(':', ": ", 1)),
        ("with an escape", text.replacen("login", "\\u006cogin", 1)),
        ("in another order", reversed(&forger.claims)),
        ("with a byte order mark", format!("\u{feff}{text}")),
    ] {
        assert_ne!(part(&claims), genuine, "{name}");
        corpus.push(bad(
            format!("the same claims {name}"),
            forger.with_claims(&claims),
        ));
    }
    corpus.push(bad(
        "the claims of another genuine token",
        format!(
            "{header}.{}.{signature}",
            forger.other.split('.').nth(1).unwrap()
        ),
    ));
    corpus.push(bad(
        "the claims padded",
        format!("{header}.{genuine}{}.{signature}", padding(&encoded)),
    ));
    corpus
}

fn padding(encoded: &str) -> &'static str {
    match encoded.len() % 4 {
        2 => "==",
        3 => "=",
        _ => "====",
    }
}

fn reversed(claims: &Value) -> String {
    let object = claims.as_object().unwrap().iter();
    let mut pairs: Vec<_> = object
        .map(|(key, value)| format!("\"{key}\":{value}"))
        .collect();
    pairs.sort_unstable();
    pairs.reverse();
    format!("{{{}}}", pairs.join(","))
}

/// Returns tokens whose claims are no JSON object, or a strange one.
pub(super) fn of_another_form(forger: &Forger) -> Vec<Bad> {
    let text = forger.claims.to_string();
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(5_000), close.repeat(5_000));
    let forms = [
        ("nothing", String::new()),
        ("an empty object", "{}".to_owned()),
        ("a list", format!("[{text}]")),
        ("a text", Value::from(text.as_str()).to_string()),
        ("null", "null".to_owned()),
        ("a number", "300".to_owned()),
        ("true", "true".to_owned()),
        ("half an object", text[..text.len() / 2].to_owned()),
        ("two objects", format!("{text}{text}")),
        ("XML", "<claims/>".to_owned()),
        ("a deep list", deep("[", "]")),
        ("a deep object", deep(r#"{"a":"#, "}")),
        (
            "a deep audience",
            forger
                .claims_with("aud", json!("x"))
                .replace("\"x\"", &deep("[", "]")),
        ),
        (
            "a large number",
            format!(r#"{{"exp":{}}}"#, "9".repeat(5_000)),
        ),
        (
            "a claim twice",
            text.replacen('{', r#"{"scope":"other","#, 1),
        ),
    ];
    let mut corpus = Vec::new();
    for (name, claims) in &forms {
        corpus.push(bad(
            format!("claims that are {name}, with the genuine signature"),
            forger.with_claims(claims),
        ));
        corpus.push(bad(
            format!("claims that are {name}, signed by somebody else"),
            forger.signed(Pen::P256, &forger.header.to_string(), claims),
        ));
        corpus.push(bad(
            format!("a header that is {name}"),
            forger.with_header(claims),
        ));
    }
    corpus
}
