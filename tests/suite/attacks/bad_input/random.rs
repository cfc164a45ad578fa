//! Random input: whatever comes, the answer is a success or an error that says what is wrong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_tests::machine_api::assert_works;
use countersign_tests::{App, Reply, secret_of};
use functions::OPERATIONS;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use shared::Envelope;

use super::post_bytes;

/// Puts one server through 64 random cases, and makes sure that it still answers.
fn put_to<T: std::fmt::Debug>(
    random: impl Strategy<Value = T>,
    send: &impl AsyncFn(&App, T) -> Reply,
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(App::start());
    let config = Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&random, |case| {
            assert_orderly(&runtime.block_on(send(&app, case)));
            Ok(())
        })
        .unwrap_or_else(|fault| panic!("{fault}"));
    runtime.block_on(assert_works(&app.owner()));
}

/// Is it a success, or an error that is not a fault of the server?
#[track_caller]
fn assert_orderly(reply: &Reply) {
    let json = reply.json();
    if json["stat"] == "ok" {
        reply.ok();
        return;
    }
    let (code, name) = (
        json["code"].as_u64().unwrap(),
        json["error"].as_str().unwrap(),
    );
    assert!(
        matches!(code, 100 | 200 | 201 | 205 | 402 | 403),
        "{}",
        reply.body
    );
    reply.error(u16::try_from(code).unwrap(), name);
}

fn machine_path() -> impl Strategy<Value = &'static str> {
    let machine = OPERATIONS
        .iter()
        .filter(|known| known.route.envelope == Envelope::Machine);
    select(
        machine
            .map(|operation| operation.route.path)
            .collect::<Vec<_>>(),
    )
}

#[test]
fn any_bytes_as_a_body_are_answered_orderly() {
    put_to((machine_path(), vec(any::<u8>(), 0..2_000)), &async |app,
                                                                 (
        path,
        body,
    )| {
        post_bytes(&app.owner(), path, body).await
    });
}

#[test]
fn any_bytes_as_arguments_are_answered_orderly() {
    let name = select(vec![
        "description",
        "features",
        "for_client_id",
        "client_id_for_deletion",
        "has_features",
        "hours_to_live",
        "whitelist",
        "key",
        "client_id",
        "client_secret",
        "unknown",
    ]);
    let json = select(vec![
        "[",
        "[]",
        "{}",
        "[\"",
        "\"]",
        "owner",
        "10.0.0.0/",
        "0",
        "9",
        "%00",
    ]);
    let value = prop_oneof![
        vec(any::<u8>(), 0..40),
        ".{0,40}".prop_map(String::into_bytes),
        vec(json, 0..6).prop_map(|parts| parts.concat().into_bytes()),
    ];
    let argument = (name, value, any::<bool>()).prop_map(|(name, value, escaped)| {
        let escape = |byte: &u8| format!("%{byte:02x}").into_bytes();
        let value = if escaped {
            value.iter().flat_map(escape).collect()
        } else {
            value
        };
        [name.as_bytes(), b"=", &value].concat()
    });
    put_to((machine_path(), vec(argument, 0..6)), &async |app,
                                                          (
        path,
        arguments,
    )| {
        post_bytes(&app.owner(), path, arguments.join(&b'&')).await
    });
}

#[test]
fn any_authorization_header_is_answered_orderly() {
    // Header values hold no control characters but the tab; whoever sends them is cut off earlier.
    let text = "[\\t -~\u{80}-\u{ff}]{0,200}";
    let header = prop_oneof![
        text,
        text.prop_map(|rest| format!("Basic {rest}")),
        text.prop_map(|rest| format!("Signature owner:{rest}")),
        vec(any::<u8>(), 0..200).prop_map(|bytes| format!("Basic {}", STANDARD.encode(bytes))),
        vec(any::<u8>(), 0..60).prop_map(|tail| {
            let bytes = [b"owner:", &tail[..]].concat();
            format!("basic {}", STANDARD.encode(bytes))
        }),
    ];
    put_to((machine_path(), header), &async |app, (path, header)| {
        app.stranger()
            .authorization(&[&header])
            .post(path, &[])
            .await
    });
}

#[test]
fn a_secret_with_any_byte_changed_is_refused() {
    put_to((4..42_usize, any::<u8>()), &async |app, (place, byte)| {
        let mut secret = secret_of("owner").into_bytes();
        secret[place] = if secret[place] == byte {
            byte ^ 1
        } else {
            byte
        };
        let header = STANDARD.encode([b"owner:", &secret[..]].concat());
        let caller = app.stranger().authorization(&[&format!("Basic {header}")]);
        let reply = caller.post("/clients/list", &[]).await;
        reply.error(402, "invalid_client_credentials");
        reply
    });
}
