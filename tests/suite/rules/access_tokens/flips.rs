//! Bit flips of access tokens: no changed bit leaves a token active.
//!
//! Random bytes in place of a token get a regular answer.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_tests::App;
use countersign_tests::access_tokens::{
    INACTIVE, INTROSPECT, REVOKE, granted, introspect, is_active, parts, start, token_of,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use tokio::runtime::{Handle, Runtime};

const FORM: &str = "application/x-www-form-urlencoded";

/// Runs a property against a server whose one genuine token is known.
fn check<S: Strategy>(cases: u32, strategy: &S, property: impl Fn(&Handle, &App, &str, S::Value)) {
    let runtime = Runtime::new().unwrap();
    let handle = runtime.handle();
    let app = handle.block_on(start());
    let token = handle.block_on(token_of(&app, "login_client"));
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(strategy, |value| {
        property(handle, &app, &token, value);
        Ok::<_, TestCaseError>(())
    });
    outcome.unwrap();
    assert!(handle.block_on(is_active(&app, &token)));
}

#[test]
fn a_single_bit_of_the_header_the_claims_or_the_signature() {
    let place = (0..3_usize, any::<prop::sample::Index>(), 0..8_u32);
    check(256, &place, |handle, app, token, (part, byte, bit)| {
        let mut bytes = parts(token);
        let byte = byte.index(bytes[part].len());
        bytes[part][byte] ^= 1 << bit;
        let flipped = bytes.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        assert!(!handle.block_on(is_active(app, &flipped)));
    });
}

#[test]
fn a_single_bit_of_what_is_sent() {
    // The highest bit of a character makes it something else than ASCII, which is no form.
    let place = (any::<prop::sample::Index>(), 0..7_u32);
    check(256, &place, |handle, app, token, (place, bit)| {
        let mut bytes = token.as_bytes().to_vec();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let flipped = String::from_utf8(bytes).unwrap();
        assert!(!handle.block_on(is_active(app, &flipped)));
    });
}

#[test]
fn any_text() {
    check(128, &".{1,200}", |handle, app, _, text| {
        let reply = handle.block_on(introspect(&app.owner(), &text));
        granted(&reply);
        assert_eq!(reply.body, INACTIVE);
    });
}

#[test]
fn any_bytes_in_the_places_of_the_three_parts() {
    let bytes = || prop::collection::vec(any::<u8>(), 0..100);
    check(
        128,
        &[bytes(), bytes(), bytes()],
        |handle, app, _, parts| {
            let token = parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
            assert!(!handle.block_on(is_active(app, &token)));
        },
    );
}

#[test]
fn any_bytes_for_a_body() {
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    check(128, &bytes, |handle, app, _, bytes| {
        let escaped = bytes.iter().fold("token=".to_owned(), |mut text, byte| {
            write!(text, "%{byte:02x}").unwrap();
            text
        });
        for path in [INTROSPECT, REVOKE] {
            for body in [bytes.clone(), escaped.clone().into_bytes()] {
                let sent = app.owner();
                let reply = handle.block_on(sent.post_raw(path, FORM, body));
                assert!(matches!(reply.status, 200 | 400), "{}", reply.body);
                assert!(!reply.body.contains("\"active\":true"));
            }
        }
    });
}
