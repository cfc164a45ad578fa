//! The machine API under multi admin: API clients change no client (machine API contract, section 6).
//!
//! Two administrators do, or nobody.

use countersign_tests::admin_clients::{of_client, view};
use countersign_tests::change_requests::{
    all_clients, app, approve, approve_with_code, at, count, pending, reject, see, setup, somebody,
};
use countersign_tests::machine_api::{Way, assert_unknown, assert_works, clients};
use countersign_tests::{App, Person};
use serde_json::{Value, json};

/// A covered operation, on what it is called, and with what else.
type Call = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// All covered operations, each on a client of its own.
const CALLS: [Call; 7] = [
    ("/clients/add", "", &[("description", "New")]),
    ("/clients/delete", "featureless", &[]),
    (
        "/clients/set_description",
        "login_client",
        &[("description", "Renamed")],
    ),
    (
        "/clients/set_features",
        "direct_access",
        &[("features", r#"["owner"]"#)],
    ),
    (
        "/clients/set_whitelist",
        "access_issuer",
        &[("whitelist", r#"["10.0.0.0/8"]"#)],
    ),
    ("/clients/clear_whitelist", "direct_read_access", &[]),
    (
        "/clients/reset_secret",
        "disabled",
        &[("hours_to_live", "2")],
    ),
];

/// With multi admin on, and a client whose list can be cleared.
async fn begin() -> App {
    let mut setup = setup(&["cleo"]);
    setup.seed["applications"][0]["clients"][3]["whitelist"] = json!(["127.0.0.0/8"]);
    App::with(setup).await
}

fn arguments((path, client, more): Call) -> Vec<(&'static str, &'static str)> {
    let mut given = match path {
        "/clients/add" => vec![],
        "/clients/delete" => vec![("client_id_for_deletion", client)],
        _ => vec![("for_client_id", client)],
    };
    given.extend(more);
    given
}

/// Has such a call, whose request this is, taken effect?
async fn has_taken_effect(ada: &Person, (path, client, _): Call, request: &Value) -> bool {
    let id = request["object"]["id"].as_str().unwrap();
    let reply = ada.get(&of_client(id, "")).await;
    if client.is_empty() {
        return reply.status == 200;
    }
    assert_eq!(id, client);
    if path == "/clients/delete" {
        return reply.status == 404;
    }
    let seen = reply.fine();
    match path {
        "/clients/set_description" => seen["name"] == "Renamed",
        "/clients/set_features" => seen["features"] == json!(["owner"]),
        "/clients/set_whitelist" => seen["allow_list"] == json!(["10.0.0.0/8"]),
        "/clients/clear_whitelist" => seen["allow_list"] == json!(["0.0.0.0/0"]),
        _ => !seen["previous_secret_expires_at"].is_null(),
    }
}

#[tokio::test]
async fn a_change_is_answered_with_its_request_and_does_nothing() {
    let app = begin().await;
    let ada = app.sign_in("ada").await;
    let before = all_clients(&app).await;
    for (number, call) in CALLS.into_iter().enumerate() {
        let way = Way::ALL[number % Way::ALL.len()];
        let reply = way.send(&app.owner(), call.0, &arguments(call)).await;
        let id = pending(&reply);
        assert_eq!(reply.header("x-request-id").len(), 16);
        let request = see(&ada, &id).await;
        let operation = call.0.trim_start_matches('/').replace('/', ".");
        assert_eq!(request["operation"], operation);
        let owner = json!({"kind": "api_client", "id": "owner", "name": "the owner"});
        assert_eq!(request["requester"], owner);
        assert_eq!(request["object"]["kind"], "api_client");
        assert_eq!(request["approvals_needed"], 2);
        assert!(!has_taken_effect(&ada, call, &request).await, "{operation}");
    }
    assert!(all_clients(&app).await == before, "something has changed");
    for client in clients(&app).await {
        assert_eq!(client["client_secret"], Value::Null, "a secret is listed");
    }
}

#[tokio::test]
async fn it_takes_two_different_administrators() {
    let app = begin().await;
    for call in CALLS {
        let ada = app.sign_in("ada").await;
        let reply = app.owner().post(call.0, &arguments(call)).await;
        let id = pending(&reply);
        let mut wanted = see(&ada, &id).await;
        let before = all_clients(&app).await;
        let first = approve_with_code(&ada, &id).await.fine();
        wanted["approvals"] = json!([somebody(&ada, "ada")]);
        wanted["approvals_needed"] = json!(1);
        assert_eq!(first, wanted, "{}", call.0);
        assert_eq!(ada.get(&at(&id, "")).await.header("etag"), r#""2""#);
        let words = approve_with_code(&ada, &id)
            .await
            .problem(409, "already-approved");
        assert_eq!(
            words,
            "you have approved it; it waits for another administrator"
        );
        assert_eq!(see(&ada, &id).await, wanted);
        assert!(all_clients(&app).await == before, "{} on one word", call.0);
        let ben = app.sign_in("ben").await;
        let second = approve_with_code(&ben, &id).await.fine();
        assert_eq!(second["state"], "applied");
        let both = json!([somebody(&ada, "ada"), somebody(&ben, "ben")]);
        assert_eq!(second["approvals"], both);
        assert_eq!(second["decided_by"], somebody(&ben, "ben"));
        assert_eq!(second["approvals_needed"], 0);
        assert!(has_taken_effect(&ada, call, &second).await, "{}", call.0);
    }
}

#[tokio::test]
async fn one_of_them_is_enough_to_turn_it_down_even_after_saying_yes() {
    let app = begin().await;
    let ada = app.sign_in("ada").await;
    let ben = app.sign_in("ben").await;
    for decider in [&ben, &ada] {
        let reply = app.owner().post(CALLS[2].0, &arguments(CALLS[2])).await;
        let id = pending(&reply);
        approve(&ada, &id).await.fine();
        let ended = reject(decider, &id).await.fine();
        assert_eq!(ended["state"], "rejected");
        assert_eq!(ended["approvals"], json!([somebody(&ada, "ada")]));
        assert!(!has_taken_effect(&ada, CALLS[2], &ended).await);
    }
}

#[tokio::test]
async fn a_reset_makes_the_new_secret_when_it_is_applied_and_shows_it_to_who_has_a_code() {
    let app = begin().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let old = app.client("login_client");
    let given = [("for_client_id", "login_client"), ("hours_to_live", "1")];
    let reply = app.owner().post("/clients/reset_secret", &given).await;
    let id = pending(&reply);
    for (approver, effect) in [(&ada, false), (&ben, true)] {
        let faults = approve(approver, &id).await.faults();
        assert_eq!(faults, [("/code".to_owned(), "it is missing".to_owned())]);
        let approved = approve_with_code(approver, &id).await;
        approved.fine();
        assert!(!approved.body.contains("csk_"), "an approver sees a secret");
        let seen = view(&ada, "login_client").await;
        assert_eq!(!seen["previous_secret_expires_at"].is_null(), effect);
    }
    let secret = ada.secret_of("login_client").await;
    let new = app.caller("login_client", &secret);
    assert_works(&new).await;
    assert_works(&old).await;
    app.advance(std::time::Duration::from_hours(1));
    assert_unknown(&old).await;
    assert_works(&new).await;
}

#[tokio::test]
async fn an_approved_client_of_a_machine_works_once_its_secret_is_revealed() {
    let app = begin().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let given = [("description", "New"), ("features", r#"["login_client"]"#)];
    let id = pending(&app.owner().post("/clients/add", &given).await);
    approve(&ada, &id).await.fine();
    let applied = approve(&ben, &id).await.fine();
    let client = applied["object"]["id"].as_str().unwrap();
    let listed = app.listed(client).await.unwrap();
    assert_eq!(listed["description"], "New");
    assert_eq!(listed["features"], json!(["login_client"]));
    let secret = ben.secret_of(client).await;
    assert_works(&app.caller(client, &secret)).await;
}

#[tokio::test]
async fn settings_are_not_covered() {
    let app = app(&["cleo"]).await;
    let owner = app.owner();
    let this = ("for_client_id", "login_client");
    for (path, given, answer) in [
        (
            "/settings/set",
            vec![("key", "a"), ("value", "1"), this],
            "false",
        ),
        (
            "/settings/set_multi",
            vec![("items", r#"{"a":"2"}"#), this],
            r#"{"a":true}"#,
        ),
        (
            "/settings/set_default",
            vec![("key", "b"), ("value", "1")],
            "false",
        ),
        (
            "/settings/set_default_multi",
            vec![("items", r#"{"b":"2"}"#)],
            r#"{"b":true}"#,
        ),
        ("/settings/get", vec![("key", "a"), this], r#""2""#),
        ("/settings/get_default", vec![("key", "b")], r#""2""#),
        ("/settings/delete", vec![("key", "a"), this], "true"),
        ("/settings/delete_default", vec![("key", "b")], "true"),
    ] {
        let reply = owner.post(path, &given).await;
        let wanted = format!(r#"{{"result":{answer},"stat":"ok"}}"#);
        assert_eq!(reply.body, wanted, "{path}");
    }
    let publish = [("key", "jump_publish_settings"), ("value", "minimum_age")];
    owner
        .post("/settings/set", &[&publish[..], &[this]].concat())
        .await
        .ok();
    owner.post("/settings/widget/publish", &[this]).await.ok();
    let ada = app.sign_in("ada").await;
    assert_eq!(count(&ada).await, 0);
}

#[tokio::test]
async fn while_it_is_off_nothing_is_held_back() {
    let app = App::with_people().await;
    for call in CALLS {
        let reply = app.owner().post(call.0, &arguments(call)).await.ok();
        let shows = reply.get("new_secret").is_some();
        assert_eq!(shows, call.0 == "/clients/reset_secret");
    }
}
