//! A request, its event and what it changes are one: none exists without the others.

mod decisions;

use std::sync::Arc;

use countersign_tests::admin_clients::of_client;
use countersign_tests::administrators::at as of_person;
use countersign_tests::call_hooks::Breakage;
use countersign_tests::change_requests::{count, held, pending, setup};
use countersign_tests::{App, Person, Reply};
use local::dynamodb::Intervention;
use reqwest::Method;
use serde_json::{Value, json};

async fn begin() -> (App, Arc<Breakage>) {
    let breakage = Arc::<Breakage>::default();
    let mut setup = setup(&["cleo"]);
    setup.hook = Some(breakage.clone());
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

/// Returns requests of the admin API, with the number of transactions before the one that counts the
/// code.
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
