//! Rubbish in every place of a request gives a success or a problem, never a fault of the server.

mod fields;
mod places;

use std::time::Duration;

use countersign_tests::administrators::invite;
use countersign_tests::{App, Person, Reply, random_name};
use reqwest::Method;
use serde_json::{Value, json};
use shared::Endpoint;

/// Is it a success, or a problem that is not a fault of the server?
#[track_caller]
fn assert_orderly(what: &str, reply: &Reply) {
    assert!(reply.status < 500, "{what}: {}", reply.body);
    let is_problem = reply.header("content-type") == "application/problem+json";
    // The gateway refuses a path that is no text, and knows no path beyond those declared.
    let is_gateways =
        [400, 404, 431].contains(&reply.status) && reply.header("x-request-id").is_empty();
    assert!(
        reply.status < 400 || is_problem || is_gateways,
        "{what}: {} {}",
        reply.status,
        reply.body
    );
    if is_problem {
        let problem = reply.json();
        assert_eq!(problem["status"], reply.status, "{what}");
        assert!(
            reply.body.len() < 20_000,
            "{what}: {} bytes",
            reply.body.len()
        );
    }
}

async fn send(person: &Person, method: Method, path: &str, body: String) -> Reply {
    let headers = [("content-type", "application/json")];
    person
        .caller
        .send(method, path, &headers, body.into())
        .await
}

/// The names of the fields that an operation's body or query has, as the document describes them.
fn fields(document: &Value, endpoint: &Endpoint, place: &str) -> Vec<String> {
    let method = endpoint.route.methods[0].to_lowercase();
    let described = &document["paths"][endpoint.route.path][method];
    if place == "query" {
        // An operation without parameters has no list of them.
        let parameters = described["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.filter(|parameter| parameter["in"] == "query");
        return parameters
            .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
            .collect();
    }
    let schema = &described["requestBody"]["content"]["application/json"]["schema"];
    let properties = schema["properties"].as_object();
    properties.map_or_else(Vec::new, |properties| properties.keys().cloned().collect())
}

/// Returns a valid body, as far as possible without a secret. One field at a time is replaced.
fn fitting(operation: &str) -> Value {
    match operation {
        "admin.sessions.create" => {
            json!({"email": "a@example.com", "password": "correct horse battery", "code": "123456"})
        }
        "admin.invitations.accept" => {
            json!({"password": "correct horse battery", "code": "123456"})
        }
        "admin.administrators.invite" => json!({"email": "x@example.com", "name": "X"}),
        "admin.clients.create" => json!({"name": "n"}),
        "admin.clients.reveal_secret" | "admin.clients.regenerate_secret" => {
            json!({"code": "123456"})
        }
        "admin.modules.replace" => json!({"modules": []}),
        _ => json!({}),
    }
}

/// Asserts that the application still exists and can be read.
async fn assert_sound(app: &App) {
    let ben = app.sign_in("ben").await;
    for path in [
        "/admin/me",
        "/admin/clients",
        "/admin/administrators",
        "/admin/modules",
    ] {
        ben.get(path).await.fine();
    }
    ben.audit("limit=200").await;
    let export = ben.get("/admin/audit/export?format=ndjson").await;
    for line in export.body.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
    app.owner().post("/clients/list", &[]).await.ok();
}

async fn path_of(app: &App, ada: &Person, endpoint: &Endpoint) -> String {
    let dora = ada.all("/admin/administrators", "").await;
    let dora = dora.iter().find(|person| person["name"] == "dora");
    let id = dora
        .map_or("gone", |dora| dora["id"].as_str().unwrap())
        .to_owned();
    let mut path = endpoint.route.path.replace("{client_id}", "login_client");
    if path.contains("{token}") {
        app.advance(Duration::from_mins(1));
        path = invite(ada, &random_name(), &[]).await.link;
    }
    path.replace("{id}", &id)
}
