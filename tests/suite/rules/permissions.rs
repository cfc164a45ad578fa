//! The permission matrix: every operation × every kind of caller, generated from the declarations.
//!
//! So an operation is covered on the day it is written.

use countersign_tests::{App, Caller, PEOPLE, Person, Reply};
use functions::OPERATIONS;
use reqwest::Method;
use serde_json::json;
use shared::{Endpoint, Envelope, Feature, Requirement};

/// Returns the code that refuses a call without arguments, or `None` if its caller was admitted.
///
/// An admitted caller hears that arguments are missing, or the operation does its work.
fn refusal(body: &serde_json::Value) -> Option<u64> {
    body["code"]
        .as_u64()
        .filter(|code| matches!(code, 402 | 403))
}

/// The same of OAuth 2, whose errors have names.
fn oauth_refusal(reply: &Reply) -> Option<u64> {
    let error = &reply.json()["error"];
    match error.as_str().unwrap() {
        "invalid_client" => Some(402),
        "unauthorized_client" => Some(403),
        // Something is missing: the caller was let in.
        "invalid_request" => None,
        other => panic!("{other}: {}", reply.body),
    }
}

/// The operations that API clients call.
fn of_clients() -> impl Iterator<Item = &'static Endpoint> {
    OPERATIONS
        .iter()
        .filter(|endpoint| endpoint.route.envelope != Envelope::Admin)
}

/// The operations that administrators call.
fn of_administrators() -> impl Iterator<Item = &'static Endpoint> {
    OPERATIONS
        .iter()
        .filter(|endpoint| endpoint.route.envelope == Envelope::Admin)
}

async fn outcome(caller: &Caller, endpoint: &Endpoint) -> Option<u64> {
    let reply = match endpoint.route.envelope {
        Envelope::Machine | Envelope::OAuth => caller.post(endpoint.route.path, &[]).await,
        Envelope::Document | Envelope::File => caller.get(endpoint.route.path, &[]).await,
        Envelope::Admin => unreachable!("{} is for administrators", endpoint.id),
    };
    // Braces in a path name nothing that was ever published.
    let status = match endpoint.route.envelope {
        Envelope::File if endpoint.route.path.contains('{') => 404,
        Envelope::OAuth => return oauth_refusal(&reply),
        _ => 200,
    };
    assert_eq!(reply.status, status, "{}", endpoint.id);
    refusal(&reply.json())
}

#[tokio::test]
async fn each_feature_may_call_what_the_table_says_and_nothing_else() {
    let app = App::start().await;
    for endpoint in of_clients() {
        for feature in Feature::ALL {
            let expected = match endpoint.requires {
                Requirement::AnyFeature(features) if !features.contains(&feature) => Some(403),
                _ => None,
            };
            assert_eq!(
                outcome(&app.client(feature.name()), endpoint).await,
                expected,
                "{} by {feature}",
                endpoint.id
            );
        }
    }
}

#[tokio::test]
async fn whoever_proves_nothing_may_call_nothing() {
    let app = App::start().await;
    let (strict, id) = app.new_client(&["owner"]).await;
    app.owner()
        .post(
            "/clients/set_whitelist",
            &[("for_client_id", &id), ("whitelist", r#"["192.0.2.0/24"]"#)],
        )
        .await
        .ok();
    let callers = [
        ("nobody", app.stranger(), 402),
        (
            "an unknown client",
            app.caller("nosuchclient", "secret"),
            402,
        ),
        ("a wrong secret", app.caller("owner", "wrong"), 402),
        (
            "another client's secret",
            app.caller("owner", &countersign_tests::secret_of("login_client")),
            402,
        ),
        ("a disabled client", app.client("disabled"), 402),
        ("a client without features", app.client("featureless"), 403),
        ("a client from outside its allow list", strict, 403),
    ];
    for endpoint in of_clients() {
        for (name, caller, code) in &callers {
            let expected = match endpoint.requires {
                Requirement::Nothing => None,
                // No feature is needed for a token.
                Requirement::Client if *name == "a client without features" => None,
                _ => Some(*code),
            };
            assert_eq!(
                outcome(caller, endpoint).await,
                expected,
                "{} by {name}",
                endpoint.id
            );
        }
    }
}

/// Returns the refusal of an administrator's call without arguments, or `None` if they were admitted.
///
/// Only 401 and 403 refuse the caller. Path parameters name nothing that exists.
async fn admission(person: &Person, endpoint: &Endpoint) -> Option<u16> {
    let method = Method::from_bytes(endpoint.route.methods[0].as_bytes()).unwrap();
    let path = endpoint.route.path.replace(['{', '}'], "");
    let body = endpoint.route.takes_json().then(|| json!({}));
    let reply = person.send(method, &path, body.as_ref()).await;
    assert!(reply.status < 500, "{}: {}", endpoint.id, reply.body);
    Some(reply.status).filter(|status| matches!(status, 401 | 403))
}

#[tokio::test]
async fn each_administrator_may_do_what_the_table_says_and_nothing_else() {
    let app = App::with_people().await;
    for endpoint in of_administrators() {
        for (name, held) in PEOPLE {
            let person = app.sign_in(name).await;
            let expected = match endpoint.requires {
                Requirement::Privileges(needed)
                    if needed.iter().any(|needed| !held.contains(&needed.name())) =>
                {
                    Some(403)
                }
                _ => None,
            };
            let found = admission(&person, endpoint).await;
            assert_eq!(found, expected, "{} by {name}", endpoint.id);
        }
    }
}

#[tokio::test]
async fn without_a_live_session_nobody_administers_anything() {
    let app = App::with_people().await;
    let gone = app.sign_in("ada").await;
    gone.delete("/admin/sessions/current").await.nothing();
    let mut forged = gone.clone();
    forged.caller = app.stranger().authorization(&["Bearer csn_forged"]);
    let mut nobody = gone.clone();
    nobody.caller = app.stranger();
    let mut client = gone.clone();
    client.caller = app.owner();
    for endpoint in of_administrators() {
        let expected = (endpoint.requires != Requirement::Nothing).then_some(401);
        for (name, person) in [
            ("one who signed out", &gone),
            ("a forger", &forged),
            ("nobody", &nobody),
            ("an API client", &client),
        ] {
            let found = admission(person, endpoint).await;
            assert_eq!(found, expected, "{} by {name}", endpoint.id);
        }
    }
}

#[tokio::test]
async fn nothing_of_another_application_is_visible_or_changeable() {
    let app = App::start().await;
    let foreigner = app.client("foreigner");
    let before = app.owner().post("/clients/list", &[]).await.body;
    for (path, argument) in [
        ("/clients/delete", "client_id_for_deletion"),
        ("/clients/set_description", "for_client_id"),
        ("/clients/set_features", "for_client_id"),
        ("/clients/set_whitelist", "for_client_id"),
        ("/clients/clear_whitelist", "for_client_id"),
        ("/clients/reset_secret", "for_client_id"),
    ] {
        let arguments = [
            (argument, "login_client"),
            ("description", "taken over"),
            ("features", r#"["owner"]"#),
            ("whitelist", r#"["0.0.0.0/0"]"#),
        ];
        let reply = foreigner.post(path, &arguments).await;
        assert_eq!(
            reply.invalid(argument),
            format!("{argument} is not a valid id"),
            "{path}"
        );
    }
    assert_eq!(app.owner().post("/clients/list", &[]).await.body, before);
    let listed = foreigner.post("/clients/list", &[]).await.ok();
    assert_eq!(listed["results"].as_array().unwrap().len(), 1);
    let setting = foreigner
        .post("/settings/get_default", &[("key", "minimum_age")])
        .await
        .ok();
    assert_eq!(setting["result"], "99");
}
