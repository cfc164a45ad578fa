//! Escalations: changes that let somebody do more are marked and come first.
//!
//! The worst of them take a code.

use countersign_tests::admin_clients::{of_client, regenerate, reveal};
use countersign_tests::administrators::at as of_person;
use countersign_tests::change_requests::{
    approve, approve_with_code, at, held, id_of, reject, see, setup,
};
use countersign_tests::{App, Person, Reply};
use serde_json::{Value, json};

/// With a client that may call from one network, and one that is let into a module.
async fn begin() -> App {
    let mut setup = setup(&["cleo"]);
    let clients = &mut setup.seed["applications"][0]["clients"];
    clients[4]["whitelist"] = json!(["10.0.0.0/8"]);
    clients[4]["modules"] = json!({"payments": {"administrator": false}});
    App::with(setup).await
}

/// Returns the marked and the unmarked fields of a request, and whether it takes a code.
///
/// The request is then withdrawn.
async fn marks(person: &Person, reply: &Reply) -> (Vec<String>, Vec<String>, bool) {
    let asked = held(reply);
    reject(person, &id_of(&asked)).await.fine();
    let (mut marked, mut others) = (Vec::new(), Vec::new());
    for change in asked["changes"].as_array().unwrap() {
        let name = change["field"].as_str().unwrap().to_owned();
        if change["escalation"] == true {
            assert!(others.is_empty(), "escalations come first: {asked}");
            marked.push(name);
        } else {
            assert_eq!(change["escalation"], false);
            others.push(name);
        }
    }
    (marked, others, asked["needs_code"] == true)
}

fn wanted(marked: &[&str], others: &[&str], takes_code: bool) -> (Vec<String>, Vec<String>, bool) {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    (owned(marked), owned(others), takes_code)
}

#[tokio::test]
async fn of_one_field_it_is_marked_when_more_is_allowed_than_before() {
    let app = begin().await;
    let ada = app.sign_in("ada").await;
    let (yes, no) = (true, false);
    for (client, field, value, is_marked, takes_code) in [
        (
            "login_client",
            "features",
            json!(["login_client", "owner"]),
            yes,
            yes,
        ),
        (
            "login_client",
            "features",
            json!(["direct_access"]),
            yes,
            no,
        ),
        ("login_client", "features", json!([]), no, no),
        ("owner", "features", json!(["access_issuer"]), yes, no),
        (
            "owner",
            "features",
            json!(["access_issuer", "owner"]),
            yes,
            no,
        ),
        ("owner", "modules", json!({"payments": {}}), yes, yes),
        (
            "owner",
            "modules",
            json!({"payments": {"administrator": true}}),
            yes,
            yes,
        ),
        (
            "login_client",
            "modules",
            json!({"payments": {"administrator": true}}),
            yes,
            yes,
        ),
        (
            "login_client",
            "modules",
            json!({"payments": {}, "collections": {}}),
            yes,
            yes,
        ),
        (
            "login_client",
            "modules",
            json!({"collections": {}}),
            yes,
            yes,
        ),
        ("login_client", "modules", json!({}), no, no),
        ("login_client", "enabled", json!(false), no, no),
        ("disabled", "enabled", json!(true), yes, no),
        (
            "login_client",
            "allow_list",
            json!(["10.0.0.0/9", "10.255.0.1"]),
            no,
            no,
        ),
        ("login_client", "allow_list", json!(["10.0.0.0/7"]), yes, no),
        (
            "login_client",
            "allow_list",
            json!(["10.0.0.0/8", "192.0.2.1"]),
            yes,
            no,
        ),
        ("login_client", "allow_list", json!(["0.0.0.0/0"]), yes, no),
        (
            "login_client",
            "allow_list",
            json!(["2001:db8::/32"]),
            yes,
            no,
        ),
        ("owner", "allow_list", json!(["127.0.0.0/8"]), no, no),
        // Everyone may call as it is, those with IPv6 too.
        ("owner", "allow_list", json!(["2001:db8::/32"]), no, no),
        ("owner", "name", json!("x"), no, no),
    ] {
        let mut body = json!({});
        body[field] = value;
        let reply = ada.patch(&of_client(client, ""), &body).await;
        let name = if field == "name" {
            "description"
        } else {
            field
        };
        let (marked, others): (&[&str], &[&str]) = if is_marked {
            (&[name], &[])
        } else {
            (&[], &[name])
        };
        let wanted = wanted(marked, others, takes_code);
        assert_eq!(marks(&ada, &reply).await, wanted, "{client} {body}");
    }
}

#[tokio::test]
async fn of_many_fields_those_that_are_marked_come_first() {
    let app = begin().await;
    let ada = app.sign_in("ada").await;
    let all = json!({
        "name": "x", "enabled": true, "features": ["owner"],
        "allow_list": ["192.0.2.0/24"], "modules": {"collections": {"administrator": true}}
    });
    let reply = ada.patch(&of_client("disabled", ""), &all).await;
    let seen = marks(&ada, &reply).await;
    // It is an owner already, and everyone may call as it.
    let others = ["allow_list", "description"];
    assert_eq!(seen, wanted(&["enabled", "modules"], &others, true));
    let reply = ada.patch(&of_client("login_client", ""), &all).await;
    let marked = ["allow_list", "features", "modules"];
    assert_eq!(
        marks(&ada, &reply).await,
        wanted(&marked, &["description"], true)
    );
    let reply = ada.post("/admin/clients", &all).await;
    let others = ["allow_list", "description", "enabled"];
    assert_eq!(
        marks(&ada, &reply).await,
        wanted(&["features", "modules"], &others, true)
    );
}

#[tokio::test]
async fn privileges_that_are_given_are_marked_and_those_that_are_taken_are_not() {
    let app = begin().await;
    let ada = app.sign_in("ada").await;
    let (cleo, dora) = (app.sign_in("cleo").await.id, app.sign_in("dora").await.id);
    for (id, privileges, is_marked) in [
        (&dora, json!(["manage_users"]), true),
        (&dora, json!(["manage_modules"]), true),
        (&cleo, json!(["manage_modules"]), false),
        (&cleo, json!([]), false),
    ] {
        let body = json!({"privileges": privileges});
        let reply = ada.patch(&of_person(id), &body).await;
        let wanted = if is_marked {
            wanted(&["privileges"], &[], false)
        } else {
            wanted(&[], &["privileges"], false)
        };
        assert_eq!(marks(&ada, &reply).await, wanted, "{body}");
    }
    let reply = ada.patch(&of_person(&dora), &json!({"name": "D"})).await;
    assert_eq!(marks(&ada, &reply).await, wanted(&[], &["name"], false));
}

#[tokio::test]
async fn what_takes_a_code_takes_one_that_is_right_from_whoever_approves() {
    let app = begin().await;
    let ada = app.sign_in("ada").await;
    let new = json!({"name": "x", "features": ["owner"]});
    let owner = json!({"features": ["owner"]});
    let mut asked = vec![
        held(&ada.post("/admin/clients", &new).await),
        held(&ada.patch(&of_client("featureless", ""), &owner).await),
    ];
    let reset = regenerate(&ada, "disabled", &ada.next_code(), &json!({})).await;
    asked.push(held(&reset));
    let off = json!({"enabled": false, "code": ada.next_code()});
    asked.push(held(&ada.put("/admin/multi-admin", &off).await));
    let ben = app.sign_in("ben").await;
    for asked in asked {
        assert_eq!(asked["needs_code"], true);
        let id = id_of(&asked);
        let faults = approve(&ben, &id).await.faults();
        assert_eq!(faults, [("/code".to_owned(), "it is missing".to_owned())]);
        let path = at(&id, "/approve");
        let used = json!({"code": ben.authenticator.code(&app.clock)});
        ben.post(&path, &used).await.problem(401, "wrong-code");
        assert_eq!(see(&ben, &id).await, asked);
        assert_eq!(
            approve_with_code(&ben, &id).await.fine()["state"],
            "applied"
        );
    }
}

#[tokio::test]
async fn where_no_code_is_needed_none_is_spent() {
    let app = begin().await;
    let ada = app.sign_in("ada").await;
    let body = json!({"name": "x"});
    let id = id_of(&held(&ada.patch(&of_client("owner", ""), &body).await));
    let ben = app.sign_in("ben").await;
    let code = ben.next_code();
    let path = at(&id, "/approve");
    ben.post(&path, &json!({"code": code})).await.fine();
    let revealed = reveal(&ben, "owner", &code).await;
    assert_ne!(revealed.fine()["client_secret"], Value::Null);
}
