//! Applied changes: for every kind of request, exactly the shown change happens and is in the audit.

use std::collections::BTreeMap;

use countersign_tests::admin_clients::{of_client, regenerate, view};
use countersign_tests::administrators::{at as of_person, link, take_up};
use countersign_tests::audit::event_of;
use countersign_tests::change_requests::{
    app, approve, approve_with_code, held, id_of, see, somebody,
};
use countersign_tests::machine_api::{assert_unknown, assert_works};
use countersign_tests::{App, PASSWORD, Person, Reply};
use serde_json::{Value, json};

/// Fields by which one of the two tells that there is another secret.
const OF_SECRETS: [&str; 4] = [
    "secret",
    "hours_to_live",
    "secret_serial",
    "previous_secret_until",
];

/// Returns the changes that a request shows, in the audit's form.
fn shown(request: &Value) -> Value {
    let changes = request["changes"].as_array().unwrap().iter();
    let told: BTreeMap<_, _> = changes
        .map(|change| {
            let pair = json!({"before": change["before"], "after": change["after"]});
            (change["field"].as_str().unwrap(), pair)
        })
        .collect();
    without_secrets(&json!(told))
}

fn without_secrets(changes: &Value) -> Value {
    let mut changes = changes.clone();
    for field in OF_SECRETS {
        changes.as_object_mut().unwrap().remove(field);
    }
    changes
}

/// The value that a request shows for a field.
#[track_caller]
fn after<'a>(request: &'a Value, field: &str) -> &'a Value {
    let mut changes = request["changes"].as_array().unwrap().iter();
    &changes.find(|change| change["field"] == field).unwrap()["after"]
}

/// Approves a request of `ada`, and asserts that the audit has the changes that it showed.
///
/// Returns those changes, and the answer.
async fn carry_out(
    app: &App,
    [(ada, _), (ben, approver)]: [(&Person, &str); 2],
    asked: &Reply,
) -> (Value, Reply) {
    let request = held(asked);
    let id = id_of(&request);
    assert_eq!(see(ben, &id).await, request);
    let reply = if request["needs_code"] == true {
        approve_with_code(ben, &id).await
    } else {
        approve(ben, &id).await
    };
    let applied = reply.fine();
    assert_eq!(applied["state"], "applied", "{applied}");
    assert_eq!(applied["changes"], request["changes"]);
    let dora = app.sign_in("dora").await;
    let requested = event_of(&dora, asked).await;
    let done = event_of(&dora, &reply).await;
    for (event, outcome, by, name, action) in [
        (
            &requested,
            "requested",
            ada,
            "ada",
            request["operation"].as_str().unwrap(),
        ),
        (
            &done,
            "applied",
            ben,
            approver,
            "admin.change_requests.approve",
        ),
    ] {
        assert_eq!(event["outcome"], outcome);
        assert_eq!(event["action"], action);
        assert_eq!(event["actor"], somebody(by, name));
        assert_eq!(event["object"], request["object"]);
        assert_eq!(event["change_request"], request["id"]);
        let changes = without_secrets(&event["changes"]);
        assert_eq!(changes, shown(&request), "{outcome}");
    }
    (applied, reply)
}

/// Makes sure that a client is as a request showed it.
async fn assert_client(person: &Person, request: &Value, fields: &[&str]) {
    let seen = view(person, request["object"]["id"].as_str().unwrap()).await;
    for field in fields {
        let name = if *field == "description" {
            "name"
        } else {
            field
        };
        assert_eq!(seen[name], *after(request, field), "{field}");
    }
}

const FIELDS: [&str; 5] = [
    "description",
    "enabled",
    "features",
    "allow_list",
    "modules",
];

#[tokio::test]
async fn a_new_client_is_the_one_that_was_shown() {
    let app = app(&["cleo"]).await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let body = json!({
        "name": "New", "features": ["login_client", "owner"], "allow_list": ["127.0.0.0/8"],
        "modules": {"payments": {"administrator": true}}
    });
    let asked = ada.post("/admin/clients", &body).await;
    let id = held(&asked)["object"]["id"].as_str().unwrap().to_owned();
    ada.get(&of_client(&id, "")).await.problem(404, "not-found");
    let both = [(&ada, "ada"), (&cleo, "cleo")];
    let (request, _) = carry_out(&app, both, &asked).await;
    assert_client(&ada, &request, &FIELDS).await;
    let seen = view(&ada, &id).await;
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(seen[field], *value);
    }
    // It begins when it is approved, and nobody was shown its secret.
    assert_eq!(seen["created_at"], json!("2036-11-21T00:01:30Z"));
    let secret = ada.secret_of(&id).await;
    assert_works(&app.caller(&id, &secret)).await;
}

#[tokio::test]
async fn each_field_of_a_client_becomes_what_was_shown_and_the_rest_stays() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let mut wanted = view(&ada, "login_client").await;
    for (field, value) in [
        ("name", json!("Renamed")),
        ("enabled", json!(false)),
        ("enabled", json!(true)),
        ("features", json!(["direct_access"])),
        ("features", json!(["owner"])),
        ("allow_list", json!(["10.0.0.0/8", "2001:db8::/32"])),
    ] {
        let mut body = json!({});
        body[field] = value.clone();
        let asked = ada.patch(&of_client("login_client", ""), &body).await;
        assert_eq!(view(&ada, "login_client").await, wanted);
        carry_out(&app, [(&ada, "ada"), (&ben, "ben")], &asked).await;
        wanted[field] = value;
        assert_eq!(view(&ada, "login_client").await, wanted, "{field}");
    }
    let cleo = app.sign_in("cleo").await;
    let body = json!({
        "name": "All", "enabled": false, "features": [], "allow_list": ["0.0.0.0/0"],
        "modules": {"payments": {"administrator": true}, "collections": {"administrator": false}}
    });
    let asked = ada.patch(&of_client("login_client", ""), &body).await;
    let both = [(&ada, "ada"), (&cleo, "cleo")];
    let (request, _) = carry_out(&app, both, &asked).await;
    assert_client(&ada, &request, &FIELDS).await;
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(view(&ada, "login_client").await[field], *value);
    }
}

#[tokio::test]
async fn a_client_that_was_shown_as_gone_is_gone() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let asked = ada.delete(&of_client("login_client", "")).await;
    assert_works(&app.client("login_client")).await;
    carry_out(&app, [(&ada, "ada"), (&ben, "ben")], &asked).await;
    assert_unknown(&app.client("login_client")).await;
    let gone = ada.get(&of_client("login_client", "")).await;
    gone.problem(404, "not-found");
    // Its name is free.
    let body = json!({"name": "the login_client"});
    held(&ada.post("/admin/clients", &body).await);
}

#[tokio::test]
async fn a_secret_is_replaced_for_as_long_as_was_shown_from_the_approval_on() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let old = ada.secret_of("login_client").await;
    let more = json!({"hours_to_live": 2});
    let asked = regenerate(&ada, "login_client", &ada.next_code(), &more).await;
    assert!(!asked.body.contains("csk_"), "a secret is shown");
    app.advance(std::time::Duration::from_mins(10));
    let (request, reply) = carry_out(&app, [(&ada, "ada"), (&ben, "ben")], &asked).await;
    assert_eq!(*after(&request, "hours_to_live"), 2);
    assert!(!reply.body.contains("csk_"), "a secret is shown");
    let event = event_of(&ada, &reply).await;
    let serial = json!({"before": 1, "after": 2});
    assert_eq!(event["changes"]["secret_serial"], serial);
    assert_eq!(event["changes"].as_object().unwrap().len(), 2);
    let decided = request["decided_at"].as_str().unwrap();
    assert!(decided.starts_with("2036-11-21T00:1"), "{decided}");
    let until = decided.replace("T00:", "T02:");
    let seen = view(&ada, "login_client").await;
    assert_eq!(seen["previous_secret_expires_at"], json!(until));
    let new = ada.secret_of("login_client").await;
    assert!(new != old, "it is the old one");
    for secret in [&old, &new] {
        assert_works(&app.caller("login_client", secret)).await;
    }
}

#[tokio::test]
async fn whoever_was_shown_is_invited_changed_and_deleted() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let body = json!({"email": "new@example.com", "name": "New", "privileges": ["manage_modules"]});
    let asked = ada.post("/admin/administrators", &body).await;
    let (request, reply) = carry_out(&app, [(&ada, "ada"), (&ben, "ben")], &asked).await;
    let path = of_person(request["object"]["id"].as_str().unwrap());
    let new = ada.get(&path).await.fine();
    for field in ["email", "name", "privileges"] {
        assert_eq!(new[field], *after(&request, field));
        assert_eq!(new[field], body[field]);
    }
    assert_eq!(new["state"], "invited");
    take_up(&app, &link(&reply.json()), PASSWORD).await;
    let body = json!({"name": "Newer", "privileges": ["manage_users"]});
    let asked = ada.patch(&path, &body).await;
    assert_eq!(ada.get(&path).await.fine()["name"], "New");
    let (request, _) = carry_out(&app, [(&ada, "ada"), (&ben, "ben")], &asked).await;
    let changed = ada.get(&path).await.fine();
    for field in ["name", "privileges"] {
        assert_eq!(changed[field], *after(&request, field));
        assert_eq!(changed[field], body[field]);
    }
    let asked = ada.delete(&path).await;
    ada.get(&path).await.fine();
    carry_out(&app, [(&ada, "ada"), (&ben, "ben")], &asked).await;
    ada.get(&path).await.problem(404, "not-found");
}

#[tokio::test]
async fn it_is_off_when_that_was_shown() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let body = json!({"enabled": false, "code": ada.next_code()});
    let asked = ada.put("/admin/multi-admin", &body).await;
    carry_out(&app, [(&ada, "ada"), (&ben, "ben")], &asked).await;
    let policy = ada.get("/admin/multi-admin").await.fine();
    assert_eq!(policy["enabled"], false);
    ada.new_client(&json!({"name": "x"})).await;
}
