//! Every operation of the admin API, each in a process of its own, by the clock on the wall.

use countersign_tests::runtime_api::{Cloud, Event};
use countersign_tests::{Authenticator, PASSWORD, Reply, email_of};
use serde_json::{Value, json};
use shared::Clock;

/// Someone with a session.
pub(super) struct Person<'a> {
    cloud: &'a Cloud,
    token: String,
    id: String,
}

/// A code that is taken this many steps of thirty seconds from now.
pub(super) fn code(authenticator: &Authenticator, steps: i64) -> String {
    authenticator.code_at(Clock::System.now().millis() + steps * 30_000)
}

impl<'a> Person<'a> {
    pub(super) async fn sign_in(cloud: &'a Cloud, name: &str) -> Self {
        let body = json!({
            "email": email_of(name), "password": PASSWORD, "code": code(&Authenticator::of(name), 0)
        });
        let reply = cloud
            .call(&Event::json_body("POST", "/admin/sessions", &body))
            .await;
        let cookie = reply.header("set-cookie").to_owned();
        let session = reply.created();
        let token = session["token"].as_str().unwrap().to_owned();
        assert!(
            cookie.starts_with(&format!("__Host-countersign={token}; Path=/;")),
            "the gateway gets the cookie"
        );
        Self {
            cloud,
            token,
            id: session["administrator"]["id"].as_str().unwrap().to_owned(),
        }
    }

    /// A request as this person makes it.
    pub(super) fn signed(&self, event: Event) -> Event {
        event.header("authorization", &format!("Bearer {}", self.token))
    }

    async fn call(&self, event: Event) -> Reply {
        self.cloud.call(&self.signed(event)).await
    }

    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Reply {
        self.call(Event::get(path, query)).await
    }

    pub(super) async fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.call(Event::json_body(method, path, body)).await
    }
}

pub(super) async fn tour(cloud: &Cloud) {
    let ada = Person::sign_in(cloud, "ada").await;
    let ben = Person::sign_in(cloud, "ben").await;
    let me = ada.get("/admin/me", &[]).await.fine();
    assert_eq!(me["application"]["name"], "Under test");

    modules_and_clients(&ada, &ben).await;
    people(&ada, &ben).await;

    keys(cloud).await;
    approvals(&ada).await;

    let events = ada.get("/admin/audit", &[("limit", "200")]).await.fine();
    let events = events["items"].as_array().unwrap();
    let query = [("format", "ndjson"), ("action", "admin")];
    let export = ada.get("/admin/audit/export", &query).await;
    assert_eq!(export.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = export
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of_admin = |event: &&Value| event["action"].as_str().unwrap().starts_with("admin.");
    let listed: Vec<_> = events.iter().filter(of_admin).collect();
    assert_eq!(lines.iter().collect::<Vec<_>>(), listed);
    assert!(listed.len() > 10);

    ada.call(Event::delete("/admin/sessions/current"))
        .await
        .nothing();
    ada.get("/admin/me", &[])
        .await
        .problem(401, "not-signed-in");
}

async fn modules_and_clients(ada: &Person<'_>, ben: &Person<'_>) {
    let modules = json!({"modules": [{"key": "payments", "name": "Payments"}]});
    ada.send("PUT", "/admin/modules", &modules).await.fine();
    let found = ben.get("/admin/modules", &[]).await.fine();
    assert_eq!(found, modules);

    let new = json!({"name": "made by a person", "modules": {"payments": {"administrator": true}}});
    let created = ada.send("POST", "/admin/clients", &new).await.created();
    let id = created["client_id"].as_str().unwrap();
    let path = format!("/admin/clients/{id}");
    let refused = json!({"modules": {}});
    let refused = ben.send("PATCH", &path, &refused).await;
    refused.problem(403, "not-permitted");
    let renamed = json!({"name": "renamed by a person"});
    ben.send("PATCH", &path, &renamed).await.fine();
    let client = ada.get(&path, &[]).await.fine();
    assert_eq!(client["name"], "renamed by a person");
    assert_eq!(
        client["modules"],
        json!({"payments": {"administrator": true}})
    );
    let listed = ada.get("/admin/clients", &[("limit", "200")]).await.fine();
    assert!(listed["items"].as_array().unwrap().contains(&client));

    let next = |name: &str| json!({"code": code(&Authenticator::of(name), 1)});
    let reveal = format!("{path}/secret/reveal");
    let revealed = ada.send("POST", &reveal, &next("ada")).await.fine();
    let again = ada.send("POST", &reveal, &next("ada")).await;
    again.problem(401, "wrong-code");
    let regenerate = format!("{path}/secret/regenerate");
    let mut body = next("ben");
    body["hours_to_live"] = json!(1);
    let regenerated = ben.send("POST", &regenerate, &body).await.fine();
    assert!(revealed["client_secret"] != regenerated["client_secret"]);
    assert!(regenerated["previous_expires_at"].is_string());
    let retired = ben
        .send("POST", &format!("{path}/secret/retire"), &json!({}))
        .await;
    assert_eq!(retired.fine()["previous_secret_expires_at"], Value::Null);
    ada.call(Event::delete(&path)).await.nothing();
    ada.get(&path, &[]).await.problem(404, "not-found");
}

/// Checks the audiences of access tokens, and their signing keys.
async fn keys(cloud: &Cloud) {
    let cleo = Person::sign_in(cloud, "cleo").await;
    let policy = json!({"audiences": ["reports"], "key_rotation_days": 30});
    cleo.send("PUT", "/admin/token-policy", &policy)
        .await
        .fine();
    assert_eq!(cleo.get("/admin/token-policy", &[]).await.fine(), policy);
    let before = cleo.get("/admin/signing-keys", &[]).await.fine();
    let code = json!({"code": code(&Authenticator::of("cleo"), 1)});
    let rotated = cleo
        .send("POST", "/admin/signing-keys/rotate", &code)
        .await
        .fine();
    // The one that waits was published a moment ago: it signs in an hour.
    assert_eq!(rotated["keys"][0]["kid"], before["keys"][0]["kid"]);
    assert_eq!(rotated["keys"][0]["state"], "signing");
    assert_eq!(rotated["keys"].as_array().unwrap().len(), 3);
}

/// Multi admin, switched on by one and off by two.
async fn approvals(ada: &Person<'_>) {
    let cloud = ada.cloud;
    let policy = ada.get("/admin/multi-admin", &[]).await.fine();
    assert_eq!(
        policy,
        json!({"enabled": false, "eligible_administrators": 4})
    );
    let dora = Person::sign_in(cloud, "dora").await;
    let on = json!({"enabled": true, "code": code(&Authenticator::of("dora"), 1)});
    dora.send("PUT", "/admin/multi-admin", &on).await.fine();

    let new = json!({"name": "waits"});
    let held = ada.send("POST", "/admin/clients", &new).await;
    assert_eq!(held.status, 202, "{}", held.body);
    let path = held.header("location").to_owned();
    let waiting = ada
        .get("/admin/change-requests", &[("state", "pending")])
        .await
        .fine();
    assert_eq!(waiting["items"][0], held.json()["change_request"]);
    // Ada's own is taken back; the API client's takes two.
    let taken_back = ada
        .send("POST", &format!("{path}/reject"), &json!({}))
        .await;
    assert_eq!(taken_back.fine()["state"], "withdrawn");
    let pending = cloud
        .call(&Event::post("/clients/add", &[("description", "waits")]).by("owner"))
        .await;
    let id = pending.json()["change_request"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        pending.body,
        format!(r#"{{"change_request":"{id}","stat":"pending"}}"#)
    );
    let path = format!("/admin/change-requests/{id}");
    let approve = format!("{path}/approve");
    let once = ada.send("POST", &approve, &json!({})).await.fine();
    assert_eq!(
        (&once["state"], &once["approvals_needed"]),
        (&json!("pending"), &json!(1))
    );
    let twice = ada.send("POST", &approve, &json!({})).await;
    twice.problem(409, "already-approved");
    assert_eq!(ada.get(&path, &[]).await.fine()["state"], "pending");
}

async fn people(ada: &Person<'_>, ben: &Person<'_>) {
    let new = json!({"email": "new@example.com", "name": "New"});
    let invited = ada
        .send("POST", "/admin/administrators", &new)
        .await
        .created();
    let url = invited["invitation_url"].as_str().unwrap();
    // The name that the gateway was called by.
    let path = url
        .strip_prefix("https://api1234567.execute-api.us-east-1.amazonaws.com")
        .unwrap_or_else(|| panic!("it leads elsewhere"));
    let invitation = ada.cloud.call(&Event::get(path, &[])).await.fine();
    let authenticator = Authenticator::with(invitation["totp"]["secret"].as_str().unwrap());
    let body = json!({"password": PASSWORD, "code": code(&authenticator, 0)});
    let taken_up = Event::json_body("POST", path, &body);
    let enrolled = ada.cloud.call(&taken_up).await.fine();
    assert_eq!(enrolled["recovery_codes"].as_array().unwrap().len(), 10);

    let id = invited["administrator"]["id"].as_str().unwrap();
    let path = format!("/admin/administrators/{id}");
    let seen = ada.get(&path, &[]).await.fine();
    assert_eq!(seen["state"], "active");
    let more = json!({"privileges": ["manage_users"]});
    ada.send("PATCH", &path, &more).await.fine();
    for what in ["mfa", "password"] {
        let reset = format!("{path}/reset-{what}");
        ada.send("POST", &reset, &json!({})).await.fine();
    }
    let listed = ada.get("/admin/administrators", &[]).await.fine();
    let states: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect();
    assert!(states.contains(&(id, "pending_actions")) && states.contains(&(&ben.id, "active")));
    ada.call(Event::delete(&path)).await.nothing();
    ada.get(&path, &[]).await.problem(404, "not-found");
}
