//! A request, its event and what it changes are one: none exists without the others.

use std::sync::Arc;

use countersign_tests::witness::Breakage;
use countersign_tests::{App, Person, Reply};
use local::dynamodb::Intervention;
use reqwest::Method;
use serde_json::{Value, json};

use super::{approve, approve_with_code, at, count, held, id_of, pending, reject, setup};
use crate::admin_clients::of_client;
use crate::administrators::at as of_person;

async fn begin() -> (App, Arc<Breakage>) {
    let breakage = Arc::<Breakage>::default();
    let mut setup = setup();
    setup.witness = Some(breakage.clone());
    (App::with(setup).await, breakage)
}

/// All that there is, but for how often something was tried and when a session was used.
async fn state(app: &App) -> Vec<String> {
    let mut items = Vec::new();
    for table in ["clients", "administrators", "change-requests", "audit"] {
        for mut item in app.dump(table).await {
            let fields = item.as_object_mut().unwrap();
            fields.remove("last_used");
            if fields["sk"]["S"]
                .as_str()
                .unwrap()
                .starts_with("authenticator")
            {
                for counted in ["version", "failures", "last_step", "locked_until"] {
                    fields.remove(counted);
                }
            }
            items.push(format!("{table} {item}"));
        }
    }
    items.sort();
    items
}

/// What is asked for by the admin API: with how many transactions before that count the code.
async fn askings(app: &App) -> Vec<(&'static str, Method, String, Option<Value>, usize)> {
    let (cleo, dora) = (app.sign_in("cleo").await.id, app.sign_in("dora").await.id);
    let name = Some(json!({"name": "new"}));
    let person = Some(json!({"email": "new@example.com", "name": "New"}));
    let client = |id, rest| of_client(id, rest);
    let (off, policy) = (
        Some(json!({"enabled": false})),
        "/admin/multi-admin".to_owned(),
    );
    vec![
        (
            "admin.clients.create",
            Method::POST,
            "/admin/clients".into(),
            name.clone(),
            0,
        ),
        (
            "admin.clients.update",
            Method::PATCH,
            client("owner", ""),
            Some(json!({"enabled": false})),
            0,
        ),
        (
            "admin.clients.delete",
            Method::DELETE,
            client("login_client", ""),
            None,
            0,
        ),
        (
            "admin.clients.regenerate_secret",
            Method::POST,
            client("disabled", "/secret/regenerate"),
            Some(json!({})),
            2,
        ),
        (
            "admin.administrators.invite",
            Method::POST,
            "/admin/administrators".into(),
            person,
            0,
        ),
        (
            "admin.administrators.update",
            Method::PATCH,
            of_person(&cleo),
            name,
            0,
        ),
        (
            "admin.administrators.delete",
            Method::DELETE,
            of_person(&dora),
            None,
            0,
        ),
        ("admin.multi_admin.switch", Method::PUT, policy, off, 2),
    ]
}

/// Makes a call, with a fresh code where one is asked for.
async fn send(
    person: &Person,
    method: &Method,
    path: &str,
    body: Option<&Value>,
    codes: usize,
) -> Reply {
    let mut body = body.cloned();
    if codes > 0 {
        body.as_mut().unwrap()["code"] = person.next_code().into();
    }
    person.send(method.clone(), path, body.as_ref()).await
}

#[tokio::test]
async fn what_can_not_be_asked_for_leaves_no_request_and_no_event() {
    let (app, breakage) = begin().await;
    let ada = app.sign_in("ada").await;
    for (number, (operation, method, path, body, spared)) in
        askings(&app).await.into_iter().enumerate()
    {
        let before = state(&app).await;
        let place = [operation, "TransactWriteItems"];
        breakage.begin(place, Intervention::FailBefore, spared, usize::MAX);
        let reply = send(&ada, &method, &path, body.as_ref(), spared).await;
        assert!(breakage.end() > 0, "{operation}: {}", reply.body);
        reply.problem(500, "unexpected");
        assert!(state(&app).await == before, "{operation} left something");
        held(&send(&ada, &method, &path, body.as_ref(), spared).await);
        assert_eq!(count(&ada).await, number + 1);
        let told = ada.audit(&format!("action={operation}")).await;
        assert_eq!(told.len(), 1, "{operation}: {told:?}");
    }
}

#[tokio::test]
async fn nor_does_what_a_machine_can_not_ask_for() {
    let (app, breakage) = begin().await;
    let ada = app.sign_in("ada").await;
    let name = ("description", "new");
    for (operation, given) in [
        ("clients.add", vec![name]),
        (
            "clients.delete",
            vec![("client_id_for_deletion", "featureless")],
        ),
        (
            "clients.set_description",
            vec![("for_client_id", "owner"), ("description", "x")],
        ),
        (
            "clients.set_features",
            vec![("for_client_id", "disabled"), ("features", "[]")],
        ),
        (
            "clients.set_whitelist",
            vec![
                ("for_client_id", "login_client"),
                ("whitelist", r#"["10.0.0.1"]"#),
            ],
        ),
        (
            "clients.clear_whitelist",
            vec![("for_client_id", "direct_access")],
        ),
        (
            "clients.reset_secret",
            vec![("for_client_id", "access_issuer")],
        ),
    ] {
        let path = format!("/{}", operation.replace('.', "/"));
        let before = state(&app).await;
        let place = [operation, "TransactWriteItems"];
        breakage.begin(place, Intervention::FailBefore, 0, usize::MAX);
        let reply = app.owner().post(&path, &given).await;
        assert!(breakage.end() > 0, "{operation}: {}", reply.body);
        reply.error(500, "unexpected_error");
        assert!(state(&app).await == before, "{operation} left something");
        pending(&app.owner().post(&path, &given).await);
    }
    assert_eq!(count(&ada).await, 7);
}

#[tokio::test]
async fn a_decision_that_fails_leaves_the_request_pending_and_nothing_changed() {
    let (app, breakage) = begin().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let mut wanted = Vec::new();
    for (operation, method, path, body, codes) in askings(&app).await {
        let asked = held(&send(&ada, &method, &path, body.as_ref(), codes).await);
        wanted.push((
            operation,
            id_of(&asked),
            asked["needs_code"] == true,
            "applied",
        ));
    }
    let given = [("description", "of a machine")];
    let machine = pending(&app.owner().post("/clients/add", &given).await);
    wanted.insert(0, ("clients.add", machine.clone(), false, "pending"));
    // That of the client that has asked comes last: what is gone asks for nothing.
    wanted.insert(1, ("clients.add", machine, false, "rejected"));
    for (operation, id, takes_code, comes_of_it) in wanted {
        let (function, spared) = match (comes_of_it, takes_code) {
            ("rejected", _) => ("admin.change_requests.reject", 0),
            (_, true) => ("admin.change_requests.approve", 2),
            (_, false) => ("admin.change_requests.approve", 0),
        };
        let decide = async || match (comes_of_it, takes_code) {
            ("rejected", _) => reject(&ben, &id).await,
            (_, true) => approve_with_code(&ben, &id).await,
            (_, false) => approve(&ben, &id).await,
        };
        let before = state(&app).await;
        let place = [function, "TransactWriteItems"];
        breakage.begin(place, Intervention::FailBefore, spared, usize::MAX);
        let reply = decide().await;
        assert!(breakage.end() > 0, "{operation}: {}", reply.body);
        reply.problem(500, "unexpected");
        assert!(state(&app).await == before, "{operation} left something");
        assert_eq!(decide().await.fine()["state"], comes_of_it, "{operation}");
        assert!(state(&app).await != before);
    }
}

#[tokio::test]
async fn a_request_that_can_not_be_told_to_have_failed_is_still_pending() {
    let (app, breakage) = begin().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let dora = of_person(&app.sign_in("dora").await.id);
    let id = id_of(&held(&ada.patch(&dora, &json!({"name": "D"})).await));
    let reset = format!("{dora}/reset-mfa");
    ben.post(&reset, &json!({})).await.fine();
    let before = state(&app).await;
    let place = ["admin.change_requests.approve", "TransactWriteItems"];
    breakage.begin(place, Intervention::FailBefore, 0, usize::MAX);
    approve(&ben, &id).await.problem(500, "unexpected");
    assert!(breakage.end() > 0);
    assert!(state(&app).await == before, "it left something");
    assert_eq!(approve(&ben, &id).await.fine()["state"], "failed");
}

#[tokio::test]
async fn a_step_whose_answer_is_lost_is_made_and_told_once() {
    let (app, breakage) = begin().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let lose = |function| {
        let place = [function, "TransactWriteItems"];
        breakage.begin(place, Intervention::FailAfter, 0, 1);
    };
    for (decision, outcome) in [("reject", "rejected"), ("approve", "applied")] {
        lose("admin.clients.update");
        let path = of_client("login_client", "");
        let asked = held(&ada.patch(&path, &json!({"name": "once"})).await);
        assert_eq!(breakage.end(), 1);
        let function = match decision {
            "reject" => "admin.change_requests.reject",
            _ => "admin.change_requests.approve",
        };
        lose(function);
        let path = at(&id_of(&asked), &format!("/{decision}"));
        let decided = ben.post(&path, &json!({})).await.fine();
        assert_eq!(breakage.end(), 1);
        assert_eq!(decided["state"], outcome);
        assert_eq!(ada.audit(&format!("action={function}")).await.len(), 1);
    }
    assert_eq!(count(&ada).await, 2);
    let told = ada.audit("action=admin.clients.update").await;
    assert_eq!(told.len(), 2, "{told:?}");
}
