//! Authentication: every way to present credentials, and every way to get them wrong.

mod imported_secrets;
mod source_address;
mod token_endpoint;

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_tests::call_hooks::UsageCounter;
use countersign_tests::machine_api::{HARMLESS, Way, assert_unknown, assert_works};
use countersign_tests::{App, Caller, Reply, Setup, secret_of};
use serde_json::{Value, json};

const PATH: &str = HARMLESS.0;
const KEY: (&str, &str) = ("key", "any");
/// A secret that a person chose, as an import brings it.
const HUMAN: &str = "correct horse";

/// A server whose application has this client too.
async fn app_with(client: Value) -> App {
    let mut setup = Setup::default();
    setup.seed["applications"][0]["clients"]
        .as_array_mut()
        .unwrap()
        .push(client);
    App::with(setup).await
}

/// The owner's credentials in base64, as they stand after `Basic`.
fn owners_token() -> String {
    STANDARD.encode(format!("owner:{}", secret_of("owner")))
}

/// A client's secret with a typing error at its end.
fn mistyped(id: &str) -> String {
    let mut secret = secret_of(id);
    let wrong = if secret.ends_with('x') { 'y' } else { 'x' };
    secret.pop();
    secret.push(wrong);
    secret
}

/// A reply's body but for its request ID.
fn without_request_id(reply: &Reply) -> String {
    reply.body.replace(reply.header("x-request-id"), "")
}

async fn assert_duplicate(caller: &Caller, given: &[(&str, &str)]) {
    let reply = caller.post(PATH, &[given, &[KEY]].concat()).await;
    reply.error(201, "duplicate_argument");
}

#[tokio::test]
async fn the_scheme_s_name_is_taken_in_any_case() {
    let app = App::start().await;
    for scheme in ["Basic", "basic", "BASIC", "bAsIc"] {
        let header = format!("{scheme} {}", owners_token());
        assert_works(&app.stranger().authorization(&[&header])).await;
    }
}

#[tokio::test]
async fn basic_credentials_may_lack_their_padding() {
    let app = App::start().await;
    for (id, padding) in [
        ("login_client", "=="),
        ("direct_access", "="),
        ("owner", ""),
    ] {
        let token = STANDARD.encode(format!("{id}:{}", secret_of(id)));
        let bare = token.trim_end_matches('=');
        assert!(
            token == format!("{bare}{padding}"),
            "the test is not about padding"
        );
        for token in [bare, &token] {
            assert_works(&app.stranger().authorization(&[&format!("Basic {token}")])).await;
        }
    }
}

#[tokio::test]
async fn credentials_may_be_parameters_wherever_arguments_may_be() {
    let app = App::start().await;
    let secret = secret_of("owner");
    let given = [
        ("client_id", "owner"),
        ("client_secret", secret.as_str()),
        KEY,
    ];
    for way in Way::ALL {
        way.send(&app.stranger(), PATH, &given).await.ok();
    }
    let path = format!("{PATH}?client_id=owner");
    app.stranger().post(&path, &given[1..]).await.ok();
}

#[tokio::test]
async fn credentials_given_twice_are_fine_as_long_as_they_agree() {
    let app = App::start().await;
    let secret = secret_of("owner");
    let (id, secret) = (("client_id", "owner"), ("client_secret", secret.as_str()));
    for given in [
        &[id, secret][..],
        &[id],
        &[secret],
        &[id, id, secret, secret],
    ] {
        app.owner().post(PATH, &[given, &[KEY]].concat()).await.ok();
    }
}

#[tokio::test]
async fn credentials_that_disagree_are_a_duplicate_argument() {
    let app = App::start().await;
    let (owner, other) = (secret_of("owner"), secret_of("login_client"));
    let given = [
        ("client_id", "login_client"),
        ("client_secret", other.as_str()),
    ];
    assert_duplicate(&app.owner(), &given).await;
    assert_duplicate(&app.owner(), &given[..1]).await;
    assert_duplicate(&app.owner(), &given[1..]).await;
    assert_duplicate(&app.owner(), &[("client_secret", "")]).await;
    let twice = [("client_id", "owner"), ("client_secret", owner.as_str())];
    assert_duplicate(&app.stranger(), &[given, twice].concat()).await;
}

#[tokio::test]
async fn half_of_the_credentials_and_none_are_refused() {
    let app = App::start().await;
    let secret = secret_of("owner");
    let given = [("client_id", "owner"), ("client_secret", secret.as_str())];
    for given in [
        &[][..],
        &given[..1],
        &given[1..],
        &[given[0], ("client_secret", "")],
    ] {
        let reply = app.stranger().post(PATH, &[given, &[KEY]].concat()).await;
        reply.error(402, "invalid_client_credentials");
    }
}

#[tokio::test]
async fn a_malformed_header_is_refused_even_beside_good_parameters() {
    let app = App::start().await;
    let secret = secret_of("owner");
    let good = [
        ("client_id", "owner"),
        ("client_secret", secret.as_str()),
        KEY,
    ];
    let token = owners_token();
    let no_colon = format!("Basic {}", STANDARD.encode("owner"));
    let no_utf_8 = format!("Basic {}", STANDARD.encode(b"owner:\xff\xfe"));
    let halves = format!("Basic {} {}", &token[..8], &token[8..]);
    for header in [
        "", " ", "Basic", "Basic ", "Basic !", "Basic ä", &no_colon, &no_utf_8, &halves,
    ] {
        let caller = app.stranger().authorization(&[header]);
        assert_unknown(&caller).await;
        caller
            .post(PATH, &good)
            .await
            .error(402, "invalid_client_credentials");
    }
}

#[tokio::test]
async fn two_authorization_headers_are_refused_even_if_they_agree() {
    let app = App::start().await;
    let good = format!("Basic {}", owners_token());
    for headers in [[good.as_str(), &good], [&good, ""], ["Basic eDp5", &good]] {
        assert_unknown(&app.stranger().authorization(&headers)).await;
    }
}

#[tokio::test]
async fn other_schemes_are_named_as_not_supported() {
    let app = App::start().await;
    for header in [
        "Bearer x",
        "bearer",
        "Digest username=\"owner\"",
        "Negotiate YQ==",
        "Basi x",
    ] {
        let reply = app
            .stranger()
            .authorization(&[header])
            .post(PATH, &[KEY])
            .await;
        reply.error(205, "invalid_auth_method");
        assert!(!reply.body.contains("username"), "the header is repeated");
    }
}

#[tokio::test]
async fn a_signature_is_a_known_scheme_that_is_off_and_so_never_fits() {
    let app = App::start().await;
    let known_answer = "Signature foo:G3N5RxCVc0d6rDLmBRGvcg2hCVY=";
    for header in [
        known_answer,
        "signature owner:x",
        "Signature",
        "Signature :",
    ] {
        assert_unknown(&app.stranger().authorization(&[header])).await;
    }
}

#[tokio::test]
async fn every_refusal_of_credentials_is_the_same_but_for_its_request_id() {
    let mut setup = Setup::default();
    let human = json!({"client_id": "human", "client_secret": HUMAN, "description": "h", "features": ["owner"]});
    let mut disabled = human.clone();
    disabled["client_id"] = json!("disabled_human");
    disabled["description"] = json!("d");
    disabled["enabled"] = json!(false);
    let seeded = setup.seed["applications"][0]["clients"]
        .as_array_mut()
        .unwrap();
    seeded.extend([human, disabled]);
    let app = App::with(setup).await;
    let (owner, made) = (secret_of("owner"), secret_of("nobody"));
    let too_long = "o".repeat(300);
    let mut bodies = BTreeSet::new();
    for (id, secret) in [
        ("nobody", made.as_str()),
        ("nobody", HUMAN),
        ("disabled", &secret_of("disabled")),
        ("disabled_human", HUMAN),
        ("owner", &made),
        ("owner", &mistyped("owner")),
        ("owner", "a wrong guess"),
        ("owner", ""),
        ("owner", &owner[4..]),
        ("human", "incorrect horse"),
        ("human", "Correct horse"),
        ("human", &made),
        ("OWNER", &owner),
        ("foreigner", &owner),
        ("", &owner),
        (&too_long, &owner),
    ] {
        let reply = app.caller(id, secret).post("/clients/list", &[]).await;
        reply.error(402, "invalid_client_credentials");
        bodies.insert(without_request_id(&reply));
    }
    let reply = app.stranger().post("/clients/list", &[]).await;
    bodies.insert(without_request_id(&reply));
    let only = r#"{"request_id":"","code":402,"error_description":"the client credentials are missing or not valid","error":"invalid_client_credentials","stat":"error"}"#;
    assert_eq!(bodies, BTreeSet::from([only.to_owned()]));
}

#[tokio::test]
async fn an_id_with_a_colon_can_be_presented_as_a_parameter() {
    let secret = secret_of("colon");
    let app = app_with(json!({"client_id": "a:b", "client_secret": secret, "description": "c", "features": ["login_client"]})).await;
    let given = [
        ("client_id", "a:b"),
        ("client_secret", secret.as_str()),
        KEY,
    ];
    app.stranger().post(PATH, &given).await.ok();
    assert_unknown(&app.caller("a:b", &secret)).await;
}

#[tokio::test]
async fn a_mistyped_secret_is_refused_before_any_look_up() {
    let tally = Arc::new(UsageCounter::default());
    let setup = Setup {
        hook: Some(tally.clone()),
        ..Setup::default()
    };
    let app = App::with(setup).await;
    let looked_up = || !tally.take("settings.get_default").trips.is_empty();
    assert_unknown(&app.caller("owner", &mistyped("owner"))).await;
    assert!(!looked_up());
    assert_unknown(&app.caller("owner", &secret_of("nobody"))).await;
    assert!(looked_up());
}

#[tokio::test]
async fn a_refused_call_learns_nothing_of_its_arguments() {
    let app = App::start().await;
    for given in [&[][..], &[("key", "a"), ("key", "b")], &[("key", "")]] {
        let reply = app.stranger().post(PATH, given).await;
        reply.error(402, "invalid_client_credentials");
        let reply = app.client("featureless").post(PATH, given).await;
        reply.error(403, "client_permission_error");
    }
}

#[tokio::test]
async fn every_call_has_a_request_id_of_its_own_and_errors_repeat_it() {
    let app = App::start().await;
    let mut seen = BTreeSet::new();
    for _ in 0..10 {
        let fine = app.owner().get(PATH, &[KEY]).await;
        fine.ok();
        let refused = app.stranger().get(PATH, &[KEY]).await;
        refused.error(402, "invalid_client_credentials");
        assert_eq!(refused.json()["request_id"], refused.header("x-request-id"));
        seen.extend([fine, refused].map(|reply| reply.header("x-request-id").to_owned()));
    }
    assert_eq!(seen.len(), 20);
}
