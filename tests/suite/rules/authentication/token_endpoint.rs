//! Client authentication where tokens are issued: HTTP Basic or parameters, never both.
//!
//! HTTP Basic works as RFC 6749, section 2.3.1, defines it, and as most clients send it.

mod look_alikes;

use std::fmt::Write;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_tests::access_tokens::{
    GRANT, INTROSPECT, REVOKE, TOKEN, as_parameters, ask, claims_of, refused, setup, start,
    token_in, token_of,
};
use countersign_tests::{App, Caller, Reply, Setup, form, secret_of};
use serde_json::{Value, json};

/// IDs and secrets as an import brings them, with everything that a form escapes.
const ODD: [(&str, &str); 9] = [
    ("plain", "pä:ss +%41 wört%"),
    ("with blank", "correct horse battery"),
    ("with+plus", "a+b+c"),
    ("with%percent", "100%"),
    ("with%41escape", "%41%42%2B"),
    ("größe", "schlüssel & 🐎"),
    ("amper&sand=", "x=y&z"),
    ("slash/", "p/q?r#s"),
    ("dotted.id-_~", "~!*'()"),
];

/// Two clients, of which the first one's ID is the other one's, escaped.
const LOOK_ALIKE: &str = "e%76e";
const EVE: &str = "eve";

fn imported(id: &str, secret: &str) -> Value {
    json!({"client_id": id, "client_secret": secret, "description": format!("the {id}"), "modules": {"payments": {}}})
}

async fn with_clients(clients: &[(&str, &str)]) -> App {
    let mut setup = setup();
    add(&mut setup, clients);
    App::with(setup).await
}

fn add(setup: &mut Setup, clients: &[(&str, &str)]) {
    let seeded = setup.seed["applications"][0]["clients"].as_array_mut();
    let clients = clients.iter().map(|(id, secret)| imported(id, secret));
    seeded.unwrap().extend(clients);
}

/// Escaped as a form has it, with a plus for each blank.
fn escaped(text: &str) -> String {
    let pair = form(&[("", text)]);
    pair[1..].replace("%20", "+")
}

/// Escaped byte by byte.
fn every_byte(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        write!(escaped, "%{byte:02x}").unwrap();
        escaped
    })
}

/// Credentials as RFC 6749, section 2.3.1, has them.
fn encoded(app: &App, id: &str, secret: &str) -> Caller {
    app.caller(&escaped(id), &escaped(secret))
}

/// Returns the client that a token belongs to.
#[track_caller]
fn whose(reply: &Reply) -> String {
    let claims = claims_of(&token_in(reply));
    claims["client_id"].as_str().unwrap().to_owned()
}

/// Makes sure that a client gets a token of its own.
async fn assert_is(caller: &Caller, id: &str) {
    assert_eq!(whose(&ask(caller, &[]).await), id);
}

async fn assert_nobody(caller: &Caller) {
    refused(&ask(caller, &[]).await, 401, "invalid_client");
}

#[tokio::test]
async fn basic_is_understood_escaped_and_as_it_is() {
    let app = with_clients(&ODD).await;
    for (id, secret) in ODD {
        assert_is(&encoded(&app, id, secret), id).await;
        assert_is(&app.caller(id, secret), id).await;
        // Escaped further than need be, and in small letters.
        let [id_too, secret_too] = [id, secret].map(every_byte);
        assert_is(&app.caller(&id_too, &secret_too), id).await;
    }
}

#[tokio::test]
async fn parameters_are_understood_once() {
    let app = with_clients(&ODD).await;
    for (id, secret) in ODD {
        let given = [("client_id", id), ("client_secret", secret)];
        assert_eq!(whose(&ask(&app.stranger(), &given).await), id);
        let twice = [escaped(id), escaped(secret)];
        if twice != [id, secret] {
            let given = [
                ("client_id", twice[0].as_str()),
                ("client_secret", twice[1].as_str()),
            ];
            let reply = ask(&app.stranger(), &given).await;
            refused(&reply, 401, "invalid_client");
        }
    }
}

#[tokio::test]
async fn an_escape_is_undone_once_and_of_both_halves_or_of_none() {
    let app = with_clients(&ODD).await;
    for (id, secret) in ODD {
        let [id_once, secret_once] = [escaped(id), escaped(secret)];
        let [id_twice, secret_twice] = [escaped(&id_once), escaped(&secret_once)];
        if (&id_twice, &secret_twice) == (&id_once, &secret_once) {
            continue;
        }
        assert_nobody(&app.caller(&id_twice, &secret_twice)).await;
    }
    // The ID is no text when it is undone, so that the secret is not undone either.
    assert_nobody(&app.caller("with%percent", "100%25")).await;
    // The secret is none when it is undone, so that the ID is not undone either.
    assert_nobody(&app.caller("with%25percent", "100%")).await;
    assert_nobody(&app.caller("gr%C3%B6%C3%9Fe", "100%")).await;
}

#[tokio::test]
async fn an_id_with_a_colon_is_escaped_in_basic() {
    let app = with_clients(&[("a:b", "c:d")]).await;
    assert_is(&app.caller("a%3Ab", "c%3Ad"), "a:b").await;
    assert_is(&app.caller("a%3ab", "c:d"), "a:b").await;
    let given = [("client_id", "a:b"), ("client_secret", "c:d")];
    assert_eq!(whose(&ask(&app.stranger(), &given).await), "a:b");
    assert_nobody(&app.caller("a:b", "c:d")).await;
}

#[tokio::test]
async fn a_wrong_secret_is_wrong_however_it_is_read() {
    let app = with_clients(&[
        ("blank", "a b"),
        ("plus", "a+b"),
        ("escape", "a%20b"),
        ("double", "p%2541"),
        ("single", "p%41"),
        ("letter", "pA"),
    ])
    .await;
    for (id, secret) in [
        ("plus", "a b"),
        ("plus", "a%20b"),
        ("escape", "a b"),
        ("escape", "a+b"),
        ("blank", "ab"),
        ("blank", "a%2Bb"),
        ("double", "p%41"),
        ("double", "pA"),
        ("single", "pA"),
        ("letter", "p%2541"),
        ("letter", "pa"),
        ("blank", ""),
        ("blank", "+"),
        ("blank", "%"),
    ] {
        assert_nobody(&app.caller(id, secret)).await;
    }
    for (id, secret) in [
        ("blank", "a+b"),
        ("blank", "a%20b"),
        ("blank", "a b"),
        ("plus", "a+b"),
        ("plus", "a%2Bb"),
        ("escape", "a%20b"),
        ("escape", "a%2520b"),
        ("double", "p%2541"),
        ("single", "p%2541"),
        ("single", "p%41"),
        ("letter", "p%41"),
    ] {
        assert_is(&app.caller(id, secret), id).await;
    }
}

#[tokio::test]
async fn credentials_in_the_header_and_in_the_body_are_one_too_many() {
    let app = start().await;
    let [id, secret] = as_parameters("login_client");
    let [id, secret] = [(id.0, id.1.as_str()), (secret.0, secret.1.as_str())];
    let words =
        "client_secret: credentials come in the Authorization header or in the body, not in both";
    for caller in [
        app.client("login_client"),
        app.client("direct_access"),
        app.caller("login_client", "wrong"),
    ] {
        for given in [
            &[id, secret][..],
            &[secret],
            &[("client_secret", "wrong")],
            &[("client_id", "other"), secret],
        ] {
            let reply = ask(&caller, given).await;
            assert_eq!(refused(&reply, 400, "invalid_request"), words);
        }
        for path in [INTROSPECT, REVOKE] {
            let reply = caller.post(path, &[("token", "x"), secret]).await;
            assert_eq!(refused(&reply, 400, "invalid_request"), words);
        }
    }
    // What has no value is not there.
    let reply = ask(&app.client("login_client"), &[("client_secret", "")]).await;
    assert_eq!(whose(&reply), "login_client");
}

#[tokio::test]
async fn beside_basic_the_id_may_be_said_again_and_no_other_one() {
    let app = with_clients(&ODD).await;
    for (id, secret) in ODD {
        for caller in [encoded(&app, id, secret), app.caller(id, secret)] {
            let reply = ask(&caller, &[("client_id", id)]).await;
            assert_eq!(whose(&reply), id);
        }
    }
    let words = "client_id: it is not the one of the Authorization header";
    for other in [
        "direct_access",
        "LOGIN_CLIENT",
        "login_client ",
        "nobody",
        "größe",
    ] {
        let reply = ask(&app.client("login_client"), &[("client_id", other)]).await;
        assert_eq!(refused(&reply, 400, "invalid_request"), words, "{other}");
    }
    // It also says which of two readings is meant.
    let app = with_clients(&[(LOOK_ALIKE, "the same"), (EVE, "the same")]).await;
    let caller = app.caller(LOOK_ALIKE, "the same");
    for id in [LOOK_ALIKE, EVE] {
        assert_eq!(whose(&ask(&caller, &[("client_id", id)]).await), id);
    }
}

#[tokio::test]
async fn the_old_secret_works_until_its_grace_period_is_over() {
    let app = with_clients(&[("human", "old horse")]).await;
    for id in ["login_client", "human"] {
        let given = [("for_client_id", id), ("hours_to_live", "24")];
        let reset = app.owner().post("/clients/reset_secret", &given).await.ok();
        let new = app.caller(id, reset["new_secret"].as_str().unwrap());
        let old = match id {
            "human" => encoded(&app, id, "old horse"),
            _ => app.client(id),
        };
        app.advance(Duration::from_hours(24) - Duration::from_millis(1));
        assert_is(&old, id).await;
        assert_is(&new, id).await;
        app.advance(Duration::from_millis(1));
        assert_nobody(&old).await;
        assert_is(&new, id).await;
    }
}

#[tokio::test]
async fn a_secret_that_was_replaced_at_once_is_over_at_once() {
    let app = start().await;
    token_of(&app, "login_client").await;
    let given = [("for_client_id", "login_client")];
    app.owner().post("/clients/reset_secret", &given).await.ok();
    assert_nobody(&app.client("login_client")).await;
}

#[tokio::test]
async fn a_secret_fits_its_own_client_only() {
    let app = with_clients(&[("human", "correct horse")]).await;
    for (id, of) in [
        ("login_client", "direct_access"),
        ("direct_access", "login_client"),
        ("login_client", "foreigner"),
        ("foreigner", "login_client"),
        ("human", "login_client"),
    ] {
        assert_nobody(&app.caller(id, &secret_of(of))).await;
        assert_nobody(&encoded(&app, id, &secret_of(of))).await;
    }
    assert_nobody(&app.caller("login_client", "correct horse")).await;
    assert_nobody(&app.caller("login_client", "correct+horse")).await;
}

#[tokio::test]
async fn a_malformed_header_is_refused_even_beside_good_parameters() {
    let app = start().await;
    let good = as_parameters("login_client");
    let good = good.each_ref().map(|(name, value)| (*name, value.as_str()));
    let no_colon = format!("Basic {}", STANDARD.encode("login_client"));
    let no_utf_8 = format!("Basic {}", STANDARD.encode(b"login_client:\xff\xfe"));
    let fine = STANDARD.encode(format!("login_client:{}", secret_of("login_client")));
    let halves = format!("Basic {} {}", &fine[..8], &fine[8..]);
    for header in [
        "", " ", "Basic", "Basic ", "Basic !", "Basic ä", &no_colon, &no_utf_8, &halves,
    ] {
        let caller = app.stranger().authorization(&[header]);
        assert_nobody(&caller).await;
        refused(&ask(&caller, &good).await, 401, "invalid_client");
    }
    let fine = format!("Basic {fine}");
    for headers in [[fine.as_str(), &fine], [&fine, ""], ["Basic eDp5", &fine]] {
        assert_nobody(&app.stranger().authorization(&headers)).await;
    }
    for scheme in ["basic", "BASIC"] {
        let header = fine.replace("Basic", scheme);
        assert_is(&app.stranger().authorization(&[&header]), "login_client").await;
    }
}

#[tokio::test]
async fn half_of_the_credentials_are_none() {
    let app = start().await;
    let [id, secret] = as_parameters("login_client");
    let (id, secret) = ((id.0, id.1.as_str()), (secret.0, secret.1.as_str()));
    for given in [
        &[GRANT][..],
        &[GRANT, id],
        &[GRANT, secret],
        &[GRANT, id, ("client_secret", "")],
        &[GRANT, ("client_id", ""), secret],
        // Another way to authenticate is none that is understood here.
        &[
            GRANT,
            id,
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", "a.b.c"),
        ],
    ] {
        let reply = app.stranger().post(TOKEN, given).await;
        refused(&reply, 401, "invalid_client");
    }
}
