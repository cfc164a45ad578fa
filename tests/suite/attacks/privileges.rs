//! Getting privileges by the side door: a field that nobody asked for, a query, another method.

use countersign_tests::administrators::{authenticator_of, link, post_without_session};
use countersign_tests::{App, email_of};
use reqwest::Method;
use serde_json::{Value, json};
use shared::Requirement;

use super::{method, operations};

/// Fields that would be power if anyone listened.
const SMUGGLED: [&str; 12] = [
    "__proto__",
    "authority",
    "client_secret",
    "constructor",
    "has_mfa",
    "is_admin",
    "multi_admin",
    "owner",
    "privilege",
    "secret",
    "state",
    "version",
];

#[tokio::test]
async fn a_field_that_nobody_knows_is_refused_by_every_operation() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = ada.all("/admin/administrators", "").await;
    let mut asked = 0;
    for endpoint in operations().filter(|endpoint| endpoint.route.takes_json()) {
        let path = endpoint.route.path.replace("{client_id}", "login_client");
        let path = path.replace("{id}", &ada.id).replace("{token}", "cin_x");
        for name in SMUGGLED {
            let body = json!({name: true});
            let reply = ada.send(method(endpoint), &path, Some(&body)).await;
            let pointer = format!("/{name}");
            let fault = reply.faults().into_iter().find(|(at, _)| *at == pointer);
            let (_, why) = fault.unwrap_or_else(|| panic!("{} takes {name}", endpoint.id));
            assert_eq!(why, "there is no such field", "{}", endpoint.id);
            asked += 1;
        }
    }
    assert!(asked > 100, "only {asked} requests");
    assert_eq!(ada.all("/admin/administrators", "").await, before);
}

#[tokio::test]
async fn a_field_inside_another_is_refused_too() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let grant = json!({"administrator": false, "owner": true});
    for (path, body, pointer) in [
        (
            "/admin/clients",
            json!({"name": "n", "modules": {"payments": grant}}),
            "/modules/payments/owner",
        ),
        (
            "/admin/clients",
            json!({"name": "n", "modules": {"payments": true}}),
            "/modules/payments",
        ),
        (
            "/admin/clients",
            json!({"name": "n", "features": ["owner", "superuser"]}),
            "/features",
        ),
        (
            "/admin/administrators",
            json!({"email": "x@example.com", "name": "X", "privileges": ["superuser"]}),
            "/privileges/0",
        ),
        (
            "/admin/administrators",
            json!({"email": "x@example.com", "name": "X", "privileges": "manage_users"}),
            "/privileges",
        ),
    ] {
        let faults = ada.post(path, &body).await.faults();
        assert!(faults[0].0.starts_with(pointer), "{faults:?}");
    }
    let module = json!({"modules": [{"key": "payments", "name": "P", "administrator": true}]});
    let faults = ada.put("/admin/modules", &module).await.faults();
    assert!(faults[0].0.starts_with("/modules/0"), "{faults:?}");
}

#[tokio::test]
async fn what_stands_in_the_query_gives_no_privilege_and_changes_nothing() {
    let app = App::with_people().await;
    let (ben, dora) = (app.sign_in("ben").await, app.sign_in("dora").await);
    let claims = "privileges=manage_users&privileges=manage_modules&administrator=true&is_admin=1";
    for endpoint in operations() {
        let Requirement::Privileges(privileges @ [_, ..]) = endpoint.requires else {
            continue;
        };
        assert!(!privileges.is_empty());
        let path = endpoint.route.path.replace("{client_id}", "login_client");
        let path = format!("{}?{claims}", path.replace("{id}", &dora.id));
        let body = endpoint.route.takes_json().then(|| json!({}));
        let reply = dora.send(method(endpoint), &path, body.as_ref()).await;
        reply.problem(403, "not-permitted");
    }
    // Beside a body, the query says nothing.
    let query =
        "privileges=%5B%22manage_users%22%5D&name=Other&modules=%7B%22payments%22%3A%7B%7D%7D";
    let body = json!({"email": "eve@example.com", "name": "Eve"});
    let path = format!("/admin/administrators?{query}");
    let invited = ben.post(&path, &body).await.created();
    assert_eq!(invited["administrator"]["privileges"], json!([]));
    assert_eq!(invited["administrator"]["name"], "Eve");
    let path = format!("/admin/clients?{query}");
    let made = ben.post(&path, &json!({"name": "plain"})).await.created();
    assert_eq!(
        (&made["modules"], &made["name"]),
        (&json!({}), &json!("plain"))
    );
}

#[tokio::test]
async fn the_path_says_what_it_is_about_and_nothing_else_does() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let clients = ada.all("/admin/clients", "").await;
    let code = json!({"code": "000000"});
    for query in [
        "?client_id=login_client",
        "?client_id=nobody&client_id=login_client",
    ] {
        for (method, rest, body) in [
            (Method::GET, "", None),
            (Method::DELETE, "", None),
            (Method::PATCH, "", Some(json!({"enabled": false}))),
            (Method::POST, "/secret/reveal", Some(code.clone())),
            (Method::POST, "/secret/regenerate", Some(code.clone())),
        ] {
            let path = format!("/admin/clients/nobody{rest}{query}");
            let reply = ada.send(method.clone(), &path, body.as_ref()).await;
            assert!(
                [404, 422].contains(&reply.status),
                "{method} {path}: {}",
                reply.body
            );
        }
    }
    let twice = json!({"client_id": "login_client", "enabled": false});
    let faults = ada.patch("/admin/clients/owner", &twice).await.faults();
    assert_eq!(
        faults,
        [("/client_id".to_owned(), "it stands in the path".to_owned())]
    );
    let twice = json!({"id": ben.id, "privileges": []});
    let path = format!("/admin/administrators/{}", ada.id);
    assert_eq!(ada.patch(&path, &twice).await.faults()[0].0, "/id");
    assert_eq!(ada.all("/admin/clients", "").await, clients);
}

#[tokio::test]
async fn a_header_makes_no_other_method_of_a_request() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for header in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
        "_method",
    ] {
        let person = ada.clone().with(header, "DELETE");
        person.get("/admin/clients/login_client").await.fine();
        let posted = person.post("/admin/clients/login_client", &json!({})).await;
        assert_eq!(posted.status, 404, "{}", posted.body);
    }
    ada.get("/admin/clients/login_client").await.fine();
}

#[tokio::test]
async fn nobody_gets_more_than_they_hold_by_way_of_another() {
    let app = App::with_people().await;
    let (ben, cleo) = (app.sign_in("ben").await, app.sign_in("cleo").await);
    // With manage_users alone: no module is granted, not even by the way of the machine API.
    let grant = json!({"payments": {"administrator": true}});
    let reply = ben
        .patch("/admin/clients/owner", &json!({"modules": grant}))
        .await;
    reply.problem(403, "not-permitted");
    let with_name = json!({"name": "renamed", "modules": grant});
    ben.patch("/admin/clients/owner", &with_name)
        .await
        .problem(403, "not-permitted");
    assert_eq!(
        ben.get("/admin/clients/owner").await.fine()["name"],
        "the owner"
    );
    // Their own privileges, their own resets.
    let himself = format!("/admin/administrators/{}", ben.id);
    let more = json!({"privileges": ["manage_users", "manage_modules"]});
    ben.patch(&himself, &more)
        .await
        .problem(409, "own-privileges");
    // With manage_modules alone: no client, no person.
    for path in [
        "/admin/clients",
        "/admin/administrators",
        "/admin/clients/owner",
    ] {
        cleo.get(path).await.problem(403, "not-permitted");
    }
    let invite = json!({"email": "x@example.com", "name": "X"});
    cleo.post("/admin/administrators", &invite)
        .await
        .problem(403, "not-permitted");
}

#[tokio::test]
async fn who_takes_up_a_link_gets_what_the_invitation_says_and_no_more() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let asked = json!({"email": "eve@example.com", "name": "Eve"});
    let invited = ada.post("/admin/administrators", &asked).await.created();
    let path = link(&invited);
    let authenticator = authenticator_of(&app, &path).await;
    let code = authenticator.next_code(&app.clock);
    let body = |field: &str, value: Value| {
        let mut body = json!({"password": "a long enough password", "code": code});
        body[field] = value;
        body
    };
    for (field, value) in [
        ("privileges", json!(["manage_users"])),
        ("email", json!(email_of("ada"))),
        ("id", json!(ada.id)),
        ("application_id", json!("app2bbbbbbbbbbbbbbbbbbbbbb")),
    ] {
        let reply = post_without_session(&app, &path, &body(field, value)).await;
        assert_eq!(reply.faults()[0].0, format!("/{field}"));
    }
    post_without_session(
        &app,
        &path,
        &json!({"password": "a long enough password", "code": code}),
    )
    .await
    .fine();
    let id = invited["administrator"]["id"].as_str().unwrap();
    let eve = ada.get(&format!("/admin/administrators/{id}")).await.fine();
    assert_eq!(eve["privileges"], json!([]));
}
