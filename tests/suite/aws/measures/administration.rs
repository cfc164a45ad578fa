//! Exercises of the admin API's operations, to measure their cost.

use std::time::Duration;

use countersign_tests::{App, Authenticator, PASSWORD, Person, Reply};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{Endpoint, Privilege};

/// Calls an operation so that it does its whole work.
pub(super) async fn exercise(app: &App, operation: &str) {
    match operation {
        "admin.sessions.create" => {
            app.sign_in("ada").await;
            return;
        }
        "admin.invitations.get" => {
            let path = invite(&app.sign_in("ada").await).await;
            app.stranger().get(&path, &[]).await.fine();
            return;
        }
        "admin.invitations.accept" => {
            let path = invite(&app.sign_in("ada").await).await;
            take_up(app, &path).await;
            return;
        }
        _ => {}
    }
    let (id, client) = (app.sign_in("ben").await.id, "login_client");
    let ada = app.sign_in("ada").await;
    match operation {
        "admin.sessions.delete" => ada.delete("/admin/sessions/current").await.nothing(),
        "admin.me" => drop(ada.get("/admin/me").await.fine()),
        "admin.administrators.list" => drop(ada.get("/admin/administrators").await.fine()),
        "admin.administrators.invite" => drop(invite(&ada.with("idempotency-key", "k")).await),
        "admin.administrators.get" => drop(ada.get(&person(&id)).await.fine()),
        "admin.administrators.update" => {
            let id = newcomer(app, &ada).await;
            let less = json!({"name": "Benjamin", "privileges": []});
            ada.patch(&person(&id), &less).await.fine();
        }
        "admin.administrators.delete" => {
            let id = newcomer(app, &ada).await;
            ada.delete(&person(&id)).await.nothing();
        }
        "admin.administrators.reset_mfa" | "admin.administrators.reset_password" => {
            let what = operation.rsplit('_').next().unwrap();
            let new = invite_person(&ada).await.created();
            let path = format!(
                "{}/reset-{what}",
                person(new["administrator"]["id"].as_str().unwrap())
            );
            ada.post(&path, &json!({})).await.fine();
        }
        "admin.clients.list" => drop(ada.get("/admin/clients").await.fine()),
        "admin.clients.create" => {
            let new = json!({"name": "new", "modules": {"payments": {"administrator": true}}});
            ada.with("idempotency-key", "k")
                .post("/admin/clients", &new)
                .await
                .created();
        }
        "admin.clients.get" => drop(ada.get(&of_client(client, "")).await.fine()),
        "admin.clients.update" => {
            let change = json!({"name": "renamed", "modules": {"payments": {}}});
            ada.patch(&of_client(client, ""), &change).await.fine();
        }
        "admin.clients.delete" => {
            super::publish(app, client).await;
            ada.delete(&of_client(client, "")).await.nothing();
            super::cleared(app, operation).await;
        }
        "admin.clients.reveal_secret" => {
            let code = json!({"code": ada.next_code()});
            ada.post(&of_client(client, "/secret/reveal"), &code)
                .await
                .fine();
        }
        "admin.clients.regenerate_secret" => {
            let code = json!({"code": ada.next_code(), "hours_to_live": 1});
            ada.post(&of_client(client, "/secret/regenerate"), &code)
                .await
                .fine();
        }
        "admin.clients.retire_secret" => {
            let reset = [("for_client_id", client), ("hours_to_live", "1")];
            app.owner().post("/clients/reset_secret", &reset).await.ok();
            ada.post(&of_client(client, "/secret/retire"), &json!({}))
                .await
                .fine();
        }
        "admin.token_policy.get" => drop(ada.get("/admin/token-policy").await.fine()),
        "admin.token_policy.replace" => {
            let policy = json!({"audiences": ["reports"]});
            ada.put("/admin/token-policy", &policy).await.fine();
        }
        "admin.signing_keys.list" => drop(ada.get("/admin/signing-keys").await.fine()),
        "admin.signing_keys.rotate" => {
            let code = json!({"code": ada.next_code()});
            ada.post("/admin/signing-keys/rotate", &code).await.fine();
        }
        "admin.modules.get" => drop(ada.get("/admin/modules").await.fine()),
        "admin.modules.replace" => {
            let modules = json!({"modules": [{"key": "payments", "name": "Payments"}]});
            ada.put("/admin/modules", &modules).await.fine();
        }
        "admin.change_requests.list" => drop(ada.get("/admin/change-requests").await.fine()),
        "admin.change_requests.get" => {
            hold_back(app).await;
            let id = ask(&ada, "/admin/clients", &json!({"name": "new"})).await;
            ada.get(&format!("/admin/change-requests/{id}"))
                .await
                .fine();
        }
        "admin.change_requests.approve" => approve(app).await,
        "admin.change_requests.reject" => {
            hold_back(app).await;
            for (path, body) in [
                ("/admin/clients", json!({"name": "new"})),
                (
                    "/admin/administrators",
                    json!({"email": "new@example.com", "name": "New"}),
                ),
            ] {
                let id = ask(&ada, path, &body).await;
                let path = format!("/admin/change-requests/{id}/reject");
                ada.post(&path, &json!({"reason": "no"})).await.fine();
            }
        }
        "admin.multi_admin.get" => drop(ada.get("/admin/multi-admin").await.fine()),
        "admin.multi_admin.switch" => {
            let on = json!({"enabled": true, "code": ada.next_code()});
            ada.put("/admin/multi-admin", &on).await.fine();
        }
        "admin.audit.list" => drop(ada.get("/admin/audit").await.fine()),
        "admin.audit.export" => {
            let export = ada.get("/admin/audit/export?format=csv").await;
            assert_eq!(export.status, 200);
            assert!(
                export.body.contains("admin.sessions.create"),
                "{}",
                export.body
            );
        }
        other => panic!("no exercise for {other}: write one here"),
    }
}

/// Calls an operation with a session that was not used for a while, and as somebody who may not.
pub(super) async fn strain(app: &App, endpoint: &Endpoint, privileges: &[Privilege]) {
    let method = Method::from_bytes(endpoint.route.methods[0].as_bytes()).unwrap();
    let path = endpoint.route.path.replace(['{', '}'], "");
    let body = endpoint.route.takes_json().then(|| json!({}));
    if is_covered(endpoint.id) {
        if endpoint.id == "admin.clients.retire_secret" {
            let reset = [("for_client_id", "featureless"), ("hours_to_live", "1")];
            app.owner().post("/clients/reset_secret", &reset).await.ok();
        }
        hold_back(app).await;
        let ada = app.sign_in("ada").await;
        let cleo = app.sign_in("cleo").await.id;
        // The first one waits for approval, and the second one for the first.
        for status in [202, 409] {
            let (method, path, body) = held_call(&ada, endpoint.id, &cleo);
            let held = ada.send(method, &path, body.as_ref()).await;
            assert_eq!(held.status, status, "{}: {}", endpoint.id, held.body);
        }
    }
    let dora = app.sign_in("dora").await;
    app.advance(Duration::from_secs(61));
    let reply = dora.send(method, &path, body.as_ref()).await;
    if privileges.is_empty() {
        assert!(reply.status < 500, "{}: {}", endpoint.id, reply.body);
    } else {
        reply.problem(403, "not-permitted");
    }
}

/// Returns the allowed round trips of an operation that needs more than usual, with the reason.
///
/// Usual are two for a read and three for a change.
pub(super) fn round_trips(operation: &str) -> Option<usize> {
    Some(match operation {
        // There is nothing to read first.
        "admin.sessions.delete" => 2,
        // The attempt is counted before it is looked at, and what it comes to afterwards.
        "admin.sessions.create" => 6,
        "admin.invitations.accept" => 7,
        // The same for the code, with a look at the client before it is spent; then the change.
        "admin.clients.reveal_secret"
        | "admin.clients.regenerate_secret"
        | "admin.signing_keys.rotate" => 9,
        "admin.multi_admin.switch" => 8,
        // A link: two counters at once, its owner, and its steps. A client: the last uses of its
        // secrets come first.
        "admin.invitations.get" | "admin.clients.update" | "admin.clients.retire_secret" => 4,
        // Both tables of the audit at once; or the clients, and when they have last used their secrets.
        "admin.audit.list" | "admin.audit.export" | "admin.clients.list" => 3,
        _ => return None,
    })
}

/// Do its changes wait for approval while multi admin is on?
pub(super) fn is_covered(operation: &str) -> bool {
    crate::rules::change_requests::held_back::COVERED.contains(&operation)
}

/// From now on, changes wait for a second administrator.
pub(super) async fn hold_back(app: &App) {
    let ben = app.sign_in("ben").await;
    let on = json!({"enabled": true, "code": ben.next_code()});
    ben.put("/admin/multi-admin", &on).await.fine();
}

/// Returns the arguments for a covered operation of the machine API.
pub(super) fn held_arguments(operation: &str) -> Vec<(&'static str, &'static str)> {
    let client = ("for_client_id", "featureless");
    match operation {
        "clients.add" => vec![("description", "waits")],
        "clients.delete" => vec![("client_id_for_deletion", "featureless")],
        "clients.set_description" => vec![client, ("description", "waits")],
        "clients.set_features" => vec![client, ("features", r#"["login_client"]"#)],
        "clients.set_whitelist" => vec![client, ("whitelist", r#"["10.0.0.0/8"]"#)],
        _ => vec![client],
    }
}

/// Returns the request for a covered operation of the admin API.
fn held_call(ada: &Person, operation: &str, cleo: &str) -> (Method, String, Option<Value>) {
    let code = || json!({"code": ada.next_code(), "enabled": false});
    match operation {
        "admin.clients.create" => (
            Method::POST,
            "/admin/clients".into(),
            Some(json!({"name": "waits"})),
        ),
        "admin.clients.update" => (
            Method::PATCH,
            of_client("featureless", ""),
            Some(json!({"name": "waits"})),
        ),
        "admin.clients.delete" => (Method::DELETE, of_client("featureless", ""), None),
        "admin.clients.regenerate_secret" => {
            let code = json!({"code": ada.next_code()});
            (
                Method::POST,
                of_client("featureless", "/secret/regenerate"),
                Some(code),
            )
        }
        "admin.clients.retire_secret" => (
            Method::POST,
            of_client("featureless", "/secret/retire"),
            Some(json!({})),
        ),
        "admin.administrators.invite" => {
            let new = json!({"email": "waits@example.com", "name": "Waits"});
            (Method::POST, "/admin/administrators".into(), Some(new))
        }
        "admin.administrators.update" => {
            (Method::PATCH, person(cleo), Some(json!({"name": "Waits"})))
        }
        "admin.administrators.delete" => (Method::DELETE, person(cleo), None),
        _ => (Method::PUT, "/admin/multi-admin".into(), Some(code())),
    }
}

/// Asks for something that waits for approval; the ID of its change request.
pub(super) async fn ask(person: &Person, path: &str, body: &Value) -> String {
    let held = person.post(path, body).await;
    assert_eq!(held.status, 202, "{}", held.body);
    held.json()["change_request"]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Approves a change of each kind.
async fn approve(app: &App) {
    super::publish(app, "login_client").await;
    hold_back(app).await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await.id);
    let new = json!({"email": "new@example.com", "name": "New"});
    let mut requests = vec![
        ask(&ada, "/admin/administrators", &new).await,
        ask(&ada, "/admin/clients", &json!({"name": "new"})).await,
    ];
    for (method, path) in [
        (Method::DELETE, of_client("login_client", "")),
        (Method::DELETE, person(&cleo)),
    ] {
        let held = ada.send(method, &path, None).await;
        let id = held.json()["change_request"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        requests.push(id);
    }
    let arguments = held_arguments("clients.set_features");
    let by_client = app.owner().post("/clients/set_features", &arguments).await;
    let id = by_client.json()["change_request"]
        .as_str()
        .unwrap()
        .to_owned();
    requests.push(id);
    let ben = app.sign_in("ben").await;
    for id in requests {
        let path = format!("/admin/change-requests/{id}/approve");
        ben.post(&path, &json!({})).await.fine();
    }
    let reset = json!({"code": ada.next_code()});
    let path = of_client("access_issuer", "/secret/regenerate");
    let id = ask(&ada, &path, &reset).await;
    let path = format!("/admin/change-requests/{id}/approve");
    let code = json!({"code": ben.next_code()});
    ben.post(&path, &code).await.fine();
    super::cleared(app, "admin.change_requests.approve").await;
}

fn person(id: &str) -> String {
    format!("/admin/administrators/{id}")
}

fn of_client(id: &str, rest: &str) -> String {
    format!("/admin/clients/{id}{rest}")
}

/// Asks for somebody new, who gets a link.
pub(super) async fn invite_person(person: &Person) -> Reply {
    let new = json!({"email": "new@example.com", "name": "New", "privileges": ["manage_users"]});
    person.post("/admin/administrators", &new).await
}

/// The ID of somebody new who has taken up the invitation and looks after the application.
pub(super) async fn newcomer(app: &App, person: &Person) -> String {
    let invited = invite_person(person).await.created();
    let url = invited["invitation_url"].as_str().unwrap();
    take_up(app, &url[url.find("/admin/").unwrap()..]).await;
    invited["administrator"]["id"].as_str().unwrap().to_owned()
}

/// The path of a new invitation.
pub(super) async fn invite(person: &Person) -> String {
    let invited = invite_person(person).await.created();
    let url = invited["invitation_url"].as_str().unwrap();
    url[url.find("/admin/").unwrap()..].to_owned()
}

async fn take_up(app: &App, path: &str) {
    let authenticator = look_at(app, path).await;
    answer(app, path, &authenticator).await.fine();
}

/// Looks at an invitation; the authenticator that was set up with it.
pub(super) async fn look_at(app: &App, path: &str) -> Authenticator {
    let invitation: Value = app.stranger().get(path, &[]).await.fine();
    Authenticator::with(invitation["totp"]["secret"].as_str().unwrap())
}

/// Takes up an invitation that was looked at.
pub(super) async fn answer(app: &App, path: &str, authenticator: &Authenticator) -> Reply {
    let body = json!({"password": PASSWORD, "code": authenticator.next_code(&app.clock)});
    let json = "application/json";
    app.stranger().post_raw(path, json, body.to_string()).await
}
