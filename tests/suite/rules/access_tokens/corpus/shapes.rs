//! Bad tokens by shape: texts that do not look like a token, or only look like one.

use countersign_tests::secret_of;
use serde_json::json;

use super::{Bad, bad};
use crate::rules::access_tokens::forgery::{Forger, Pen, part};

/// Too many parts, or too few.
pub(super) fn parts(forger: &Forger) -> Vec<Bad> {
    let genuine = &forger.token;
    let [header, claims, signature] = forger.encoded();
    let flattened = json!({"protected": header, "payload": claims, "signature": signature});
    let general =
        json!({"payload": claims, "signatures": [{"protected": header, "signature": signature}]});
    [
        ("a part more in front", format!("x.{genuine}")),
        ("a part more behind", format!("{genuine}.x")),
        ("an empty part in front", format!(".{genuine}")),
        ("an empty part behind", format!("{genuine}.")),
        (
            "an empty part between",
            format!("{header}..{claims}.{signature}"),
        ),
        ("five parts", format!("{header}.{claims}.{signature}.x.y")),
        ("the token twice", format!("{genuine}.{genuine}")),
        (
            "the token twice, with a blank between",
            format!("{genuine} {genuine}"),
        ),
        (
            "the token twice, with a comma between",
            format!("{genuine},{genuine}"),
        ),
        ("without its signature", format!("{header}.{claims}")),
        (
            "without its signature, with the dot",
            format!("{header}.{claims}."),
        ),
        ("without its claims", format!("{header}.{signature}")),
        ("without its header", format!("{claims}.{signature}")),
        ("the header alone", header.to_owned()),
        ("the header and two dots", format!("{header}..")),
        ("the signature alone", signature.to_owned()),
        ("one dot", ".".to_owned()),
        ("two dots", "..".to_owned()),
        ("three dots", "...".to_owned()),
        ("many dots", ".".repeat(1_000)),
        (
            "header and claims exchanged",
            format!("{claims}.{header}.{signature}"),
        ),
        (
            "claims and signature exchanged",
            format!("{header}.{signature}.{claims}"),
        ),
        ("other marks between the parts", genuine.replace('.', ":")),
        ("escaped dots", genuine.replace('.', "%2E")),
        ("wide dots", genuine.replace('.', "\u{ff0e}")),
        ("in JSON, flattened", flattened.to_string()),
        ("in JSON, general", general.to_string()),
        (
            "the parts in the clear",
            format!("{}.{}.{signature}", forger.header, forger.claims),
        ),
    ]
    .map(|(name, token)| bad(name, token))
    .into()
}

/// The genuine token with something around it, and what is none at all.
pub(super) fn characters(forger: &Forger) -> Vec<Bad> {
    let genuine = &forger.token;
    [
        ("a blank in front", format!(" {genuine}")),
        ("a blank behind", format!("{genuine} ")),
        ("a tab behind", format!("{genuine}\t")),
        ("a line end behind", format!("{genuine}\n")),
        ("a line end in front", format!("\r\n{genuine}")),
        ("a NUL in front", format!("\u{0}{genuine}")),
        ("a NUL behind", format!("{genuine}\u{0}")),
        ("a NUL and more behind", format!("{genuine}\u{0}x")),
        ("a byte order mark in front", format!("\u{feff}{genuine}")),
        ("a wide blank behind", format!("{genuine}\u{a0}")),
        ("a letter that is not ASCII behind", format!("{genuine}ä")),
        ("a letter that is not ASCII in front", format!("ä{genuine}")),
        ("a horse in it", genuine.replacen('.', ".\u{1f40e}", 1)),
        ("quotation marks around it", format!("\"{genuine}\"")),
        ("angle brackets around it", format!("<{genuine}>")),
        ("its kind in front", format!("Bearer {genuine}")),
        ("in capitals", genuine.to_uppercase()),
        ("in small letters", genuine.to_lowercase()),
        ("backwards", genuine.chars().rev().collect()),
        ("encoded once more", part(genuine)),
        ("without its first character", genuine[1..].to_owned()),
        ("a blank", " ".to_owned()),
        ("blanks", " ".repeat(100)),
        ("a NUL", "\u{0}".to_owned()),
        ("a word", "token".to_owned()),
        ("an empty text in quotation marks", "\"\"".to_owned()),
        (
            "the token's own name",
            forger.claims["jti"].as_str().unwrap().to_owned(),
        ),
        ("the client's ID", "login_client".to_owned()),
        ("the client's secret", secret_of("login_client")),
        ("a path", "../../../../etc/passwd".to_owned()),
        ("a query", "' OR '1'='1".to_owned()),
    ]
    .map(|(name, token)| bad(name, token))
    .into()
}

/// Larger than any token.
pub(super) fn sizes(forger: &Forger) -> Vec<Bad> {
    let [header, claims, signature] = forger.encoded();
    let scope = "payments ".repeat(4_000);
    let large_claims = forger.claims_with("scope", json!(scope));
    let large_header = forger.header_with("x", json!("x".repeat(33_000)));
    let (kilobytes, megabyte) = (33 * 1_024, 1_000_000);
    [
        (
            "claims over 32 kB, signed by somebody else",
            forger.signed(Pen::P256, &forger.header.to_string(), &large_claims),
        ),
        ("claims over 32 kB", forger.with_claims(&large_claims)),
        ("a header over 32 kB", forger.with_header(&large_header)),
        ("a signature over 32 kB", forger.under(&vec![1; 33_000])),
        ("a letter 33,000 times", "A".repeat(kilobytes)),
        ("a letter a million times", "A".repeat(megabyte)),
        ("a dot a million times", ".".repeat(megabyte)),
        (
            "a megabyte behind it",
            format!("{}{}", forger.token, "A".repeat(megabyte)),
        ),
        (
            "blanks behind it up to 33 kB",
            format!("{:<33000}", forger.token),
        ),
        (
            "a megabyte for a header",
            format!("{}.{claims}.{signature}", "A".repeat(megabyte)),
        ),
        (
            "a megabyte for claims",
            format!("{header}.{}.{signature}", "A".repeat(megabyte)),
        ),
        (
            "a megabyte for a signature",
            forger.under_text(&"A".repeat(megabyte)),
        ),
        (
            "a megabyte of brackets for claims",
            forger.with_claims(&"[".repeat(megabyte / 4 * 3 - 3_000)),
        ),
    ]
    .map(|(name, token)| bad(name, token))
    .into()
}
