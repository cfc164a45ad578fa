//! Headers that name another algorithm, another key or another type, or say too much.

use ring::hmac::{HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use serde_json::{Value, json};

use super::{Bad, bad};
use crate::rules::access_tokens::forgery::{Forger, Pen, part};

/// Another algorithm than the only one.
pub(super) fn algorithms(forger: &Forger) -> Vec<Bad> {
    let mut corpus = Vec::new();
    let claims = forger.claims.to_string();
    for none in ["none", "None", "NONE", "nOnE", "none ", "", "\u{0}none"] {
        let header = forger.header_with("alg", none.into());
        corpus.push(bad(
            format!("algorithm {none:?}, without a signature"),
            format!("{}.{}.", part(&header), part(&claims)),
        ));
        corpus.push(bad(
            format!("algorithm {none:?}, with the genuine signature"),
            forger.with_header(&header),
        ));
    }
    let bare = json!({"alg": "none"}).to_string();
    corpus.push(bad(
        "algorithm none and nothing else",
        format!("{}.{}.", part(&bare), part(&claims)),
    ));
    for (name, pen) in [
        ("RS256", Pen::Random(256)),
        ("RS512", Pen::Random(512)),
        ("PS256", Pen::Random(256)),
        ("ES384", Pen::P384),
        ("ES512", Pen::Random(132)),
        ("ES256K", Pen::P256),
        ("EdDSA", Pen::Ed25519),
        ("Ed25519", Pen::Ed25519),
        ("es256", Pen::P256),
        ("Es256", Pen::P256),
        ("ES256 ", Pen::P256),
        (" ES256", Pen::P256),
        ("ES256\u{0}", Pen::P256),
        ("ECDSA", Pen::P256),
        ("ES256", Pen::P384),
        ("ES256", Pen::Ed25519),
        ("ES256", Pen::P256),
    ] {
        let header = forger.header_with("alg", name.into());
        corpus.push(bad(
            format!("algorithm {name:?}, signed by somebody else ({pen:?})"),
            forger.signed(pen, &header, &claims),
        ));
        if name != "ES256" {
            corpus.push(bad(
                format!("algorithm {name:?}, with the genuine signature"),
                forger.with_header(&header),
            ));
        }
    }
    for other in [
        Value::Null,
        json!(256),
        json!(true),
        json!(["ES256"]),
        json!({"a": "ES256"}),
    ] {
        corpus.push(bad(
            format!("an algorithm that is no text: {other}"),
            forger.with_header(&forger.header_with("alg", other)),
        ));
    }
    corpus
}

/// A code whose key is public, in the hope that the verifier takes its public key for a secret.
pub(super) fn codes(forger: &Forger) -> Vec<Bad> {
    let point = forger.point();
    let pem = forger.pem();
    let [x, y] = ["x", "y"].map(|name| forger.jwk[name].as_str().unwrap().to_owned());
    let keys: [(&str, Vec<u8>); 11] = [
        ("nothing", Vec::new()),
        ("the point", point.clone()),
        ("the point without its mark", point[1..].to_vec()),
        ("the point's x", point[1..33].to_vec()),
        ("the DER", forger.spki()),
        ("the PEM", pem.clone().into_bytes()),
        (
            "the PEM in one line less",
            pem.trim_end().to_owned().into_bytes(),
        ),
        ("the JWK", forger.jwk.to_string().into_bytes()),
        ("the set of keys", forger.jwks.clone().into_bytes()),
        ("the text of x and y", format!("{x}{y}").into_bytes()),
        (
            "the key's name",
            forger.jwk["kid"].as_str().unwrap().to_owned().into_bytes(),
        ),
    ];
    let algorithms = [
        ("HS256", HMAC_SHA256),
        ("HS384", HMAC_SHA384),
        ("HS512", HMAC_SHA512),
        // A code under the name of the only algorithm.
        ("ES256", HMAC_SHA512),
    ];
    let mut corpus = Vec::new();
    for (key, bytes) in &keys {
        for (name, algorithm) in algorithms {
            corpus.push(bad(
                format!("{name} with {key} as its key"),
                forger.authenticated(algorithm, name, bytes),
            ));
        }
    }
    corpus
}

/// Parameters that a verifier might follow, and those that are not there.
pub(super) fn parameters(forger: &Forger) -> Vec<Bad> {
    let mut corpus = vec![bad(
        "it brings its own key along",
        forger.bringing_its_key(&forger.claims.to_string()),
    )];
    let claims = forger.claims.to_string();
    for (name, value) in [
        ("jku", json!("https://evil.example/jwks.json")),
        ("jku", json!("file:///etc/passwd")),
        ("jwk", forger.jwk.clone()),
        ("jwk", Value::Null),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("abc")),
        ("x5t#S256", json!("abc")),
        ("crit", json!(["b64"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("cty", json!("JWT")),
        ("iss", json!("https://evil.example")),
        ("ALG", json!("none")),
        ("", json!("")),
    ] {
        let header = forger.header_with(name, value.clone());
        corpus.push(bad(
            format!("a parameter more, {name:?}: {value}, signed by somebody else"),
            forger.signed(Pen::P256, &header, &claims),
        ));
        corpus.push(bad(
            format!("a parameter more, {name:?}: {value}, with the genuine signature"),
            forger.with_header(&header),
        ));
    }
    for name in ["alg", "typ", "kid"] {
        let mut header = forger.header.clone();
        let genuine = header.as_object_mut().unwrap().remove(name).unwrap();
        corpus.push(bad(
            format!("without {name}"),
            forger.with_header(&header.to_string()),
        ));
        let rest = header.to_string();
        let rest = rest.trim_start_matches('{').trim_end_matches('}');
        for twice in [
            [json!("none"), genuine.clone()],
            [genuine.clone(), json!("none")],
        ] {
            let [first, second] = &twice;
            let header = format!(r#"{{"{name}":{first},"{name}":{second},{rest}}}"#);
            corpus.push(bad(
                format!("{name} twice, {first} first"),
                forger.with_header(&header),
            ));
        }
    }
    corpus
}

/// Other keys, by their name.
pub(super) fn keys(forger: &Forger) -> Vec<Bad> {
    let genuine = forger.header["kid"].as_str().unwrap();
    let set: Value = serde_json::from_str(&forger.jwks).unwrap();
    let claims = forger.claims.to_string();
    let mut corpus = vec![bad(
        "a genuine token of another application",
        forger.foreign.clone(),
    )];
    let swapped = |header: &str, claims: &str| {
        let part = |token: &str, place: usize| token.split('.').nth(place).unwrap().to_owned();
        let signature = part(&forger.foreign, 2);
        format!("{header}.{claims}.{signature}")
    };
    let [header, body, _] = forger.encoded();
    let foreign: Vec<_> = forger.foreign.split('.').collect();
    corpus.extend([
        bad("claims of another application", swapped(header, foreign[1])),
        bad(
            "the header of another application",
            swapped(foreign[0], body),
        ),
        bad(
            "the signature of another application",
            swapped(header, body),
        ),
    ]);
    for key in set["keys"].as_array().unwrap() {
        let kid = key["kid"].as_str().unwrap();
        let header = forger.header_with("kid", kid.into());
        corpus.push(bad(
            format!("signed by somebody else in the name of {kid}"),
            forger.signed(Pen::P256, &header, &claims),
        ));
        if kid != genuine {
            corpus.push(bad(
                format!("the genuine signature in the name of {kid}"),
                forger.with_header(&header),
            ));
        }
    }
    let long = "k".repeat(10_000);
    for kid in [
        json!("unheard-of"),
        json!(""),
        json!(" "),
        json!("../../keys/private"),
        json!("../../../../dev/null"),
        json!("file:///dev/null"),
        json!("https://evil.example/key"),
        json!("' OR '1'='1"),
        json!("' UNION SELECT 'key"),
        json!("|/usr/bin/id"),
        json!("$(id)"),
        json!("*"),
        json!(format!("{genuine} ")),
        json!(format!("{genuine}\u{0}")),
        json!(format!("{genuine}=")),
        json!(genuine.to_lowercase()),
        json!(genuine[..42]),
        json!(long),
        json!("größe"),
        Value::Null,
        json!(0),
        json!([genuine]),
        json!({"kid": genuine}),
    ] {
        let shown: String = kid.to_string().chars().take(60).collect();
        let header = forger.header_with("kid", kid);
        corpus.push(bad(
            format!("a key that is not there: {shown}"),
            forger.with_header(&header),
        ));
    }
    corpus
}

/// Returns tokens whose `typ` is not that of an access token.
pub(super) fn types(forger: &Forger) -> Vec<Bad> {
    let types = [
        json!("JWT"),
        json!("jwt"),
        json!("application/at+jwt"),
        json!("AT+JWT"),
        json!("at+jwt "),
        json!("at jwt"),
        json!("dpop+jwt"),
        json!("token-introspection+jwt"),
        json!(""),
        Value::Null,
        json!(["at+jwt"]),
    ];
    let of_type = |kind: &Value| forger.header_with("typ", kind.clone());
    let mut corpus = Vec::new();
    for kind in &types {
        corpus.push(bad(
            format!("type {kind}, signed by somebody else"),
            forger.signed(Pen::P256, &of_type(kind), &forger.claims.to_string()),
        ));
        corpus.push(bad(
            format!("type {kind}, with the genuine signature"),
            forger.with_header(&of_type(kind)),
        ));
    }
    corpus
}
