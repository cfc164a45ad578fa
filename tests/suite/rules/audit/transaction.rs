//! An event and its change are one: neither exists without the other.

use std::sync::Arc;

use countersign_tests::administrators::{authenticator_of, invite};
use countersign_tests::audit::event_of;
use countersign_tests::call_hooks::Breakage;
use countersign_tests::{App, PASSWORD, Person, Reply, Setup, email_of};
use functions::OPERATIONS;
use local::dynamodb::Intervention;
use reqwest::Method;
use serde_json::{Value, json};
use shared::Envelope;

use super::changing;

/// A call, with the number of its function's transactions before that of the change.
pub(super) struct Attempt {
    pub(super) operation: &'static str,
    method: Method,
    path: String,
    body: Option<Value>,
    spared: usize,
}

impl Attempt {
    fn of(operation: &'static str, path: &str, body: Option<Value>) -> Self {
        let endpoint = OPERATIONS
            .iter()
            .find(|known| known.id == operation)
            .unwrap();
        let spared = match operation {
            // The code, or the attempt, is counted first whatever comes of it.
            "admin.clients.reveal_secret"
            | "admin.clients.regenerate_secret"
            | "admin.signing_keys.rotate" => 2,
            "admin.sessions.create" | "admin.invitations.accept" => 1,
            _ => 0,
        };
        Self {
            operation,
            method: endpoint.route.methods[0].parse().unwrap(),
            path: path.to_owned(),
            body,
            spared,
        }
    }

    /// Makes the call, with a code that was not used yet where one is asked for.
    pub(super) async fn make(&self, app: &App, person: &Person) -> Reply {
        let body = match self.operation {
            "admin.sessions.create" => Some(app.credentials("cleo")),
            "admin.invitations.accept" => {
                let authenticator = authenticator_of(app, &self.path).await;
                let code = authenticator.next_code(&app.clock);
                Some(json!({"password": PASSWORD, "code": code}))
            }
            _ if self.spared == 2 => Some(json!({"code": person.next_code()})),
            _ => self.body.clone(),
        };
        person
            .send(self.method.clone(), &self.path, body.as_ref())
            .await
    }
}

/// A call of each operation of the admin API that changes something and would succeed.
pub(super) async fn attempts(app: &App, ada: &Person) -> Vec<Attempt> {
    let ben = app.sign_in("ben").await.id;
    let new = invite(ada, "eve", &[]).await;
    let person = format!("/admin/administrators/{ben}");
    let client = "/admin/clients/login_client";
    let reset = [("for_client_id", "featureless"), ("hours_to_live", "1")];
    app.owner().post("/clients/reset_secret", &reset).await.ok();
    let of = |operation, path: &str, body| Attempt::of(operation, path, Some(body));
    vec![
        of(
            "admin.clients.create",
            "/admin/clients",
            json!({"name": "new"}),
        ),
        of(
            "admin.clients.update",
            client,
            json!({"name": "renamed", "enabled": false}),
        ),
        of(
            "admin.clients.reveal_secret",
            &format!("{client}/secret/reveal"),
            json!({}),
        ),
        of(
            "admin.clients.regenerate_secret",
            &format!("{client}/secret/regenerate"),
            json!({}),
        ),
        of(
            "admin.clients.retire_secret",
            "/admin/clients/featureless/secret/retire",
            json!({}),
        ),
        of(
            "admin.token_policy.replace",
            "/admin/token-policy",
            json!({"audiences": ["reports"]}),
        ),
        of(
            "admin.signing_keys.rotate",
            "/admin/signing-keys/rotate",
            json!({}),
        ),
        Attempt::of("admin.clients.delete", client, None),
        of(
            "admin.modules.replace",
            "/admin/modules",
            json!({"modules": []}),
        ),
        of(
            "admin.administrators.invite",
            "/admin/administrators",
            json!({"email": "zoe@example.com", "name": "Zoe"}),
        ),
        of(
            "admin.administrators.update",
            &person,
            json!({"privileges": []}),
        ),
        of(
            "admin.administrators.reset_mfa",
            &format!("{person}/reset-mfa"),
            json!({}),
        ),
        of(
            "admin.administrators.reset_password",
            &format!("{person}/reset-password"),
            json!({}),
        ),
        Attempt::of("admin.administrators.delete", &person, None),
        of("admin.sessions.create", "/admin/sessions", json!({})),
        of("admin.invitations.accept", &new.link, json!({})),
        Attempt::of("admin.sessions.delete", "/admin/sessions/current", None),
    ]
}

/// All that there is, but for how often something was tried and when a session was used.
async fn state(app: &App) -> Vec<String> {
    let mut items = Vec::new();
    for table in [
        "clients",
        "settings",
        "published",
        "administrators",
        "tokens",
        "audit",
    ] {
        for mut item in app.dump(table).await {
            let place = item["sk"]["S"].as_str().unwrap().to_owned();
            if place.starts_with("authenticator") {
                for counted in ["version", "failures", "last_step", "locked_until"] {
                    item.as_object_mut().unwrap().remove(counted);
                }
            }
            item.as_object_mut().unwrap().remove("last_used");
            items.push(format!("{table} {item}"));
        }
    }
    items.sort();
    items
}

#[tokio::test]
async fn a_change_that_fails_leaves_no_event_and_nothing_changed() {
    let breakage = Arc::new(Breakage::default());
    let app = App::with(Setup {
        hook: Some(breakage.clone()),
        ..Setup::with_people()
    })
    .await;
    let ada = app.sign_in("ada").await;
    let attempts = attempts(&app, &ada).await;
    let mut missing = changing(Envelope::Admin);
    for attempt in &attempts {
        missing.remove(attempt.operation);
        let before = state(&app).await;
        let place = [attempt.operation, "TransactWriteItems"];
        breakage.begin(place, Intervention::FailBefore, attempt.spared, usize::MAX);
        let reply = attempt.make(&app, &ada).await;
        let struck = breakage.end();
        assert!(
            struck > 0,
            "{} was not broken: {}",
            attempt.operation,
            reply.body
        );
        reply.problem(500, "unexpected");
        let after = state(&app).await;
        assert!(before == after, "{} left something", attempt.operation);
    }
    assert!(missing.is_empty(), "not tried: {missing:?}");
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_done_and_told_once() {
    let breakage = Arc::new(Breakage::default());
    let app = App::with(Setup {
        hook: Some(breakage.clone()),
        ..Setup::with_people()
    })
    .await;
    let ada = app.sign_in("ada").await;
    let place = ["admin.clients.create", "TransactWriteItems"];
    breakage.begin(place, Intervention::FailAfter, 0, 1);
    let made = ada.post("/admin/clients", &json!({"name": "once"})).await;
    assert_eq!(breakage.end(), 1);
    made.created();
    assert_eq!(ada.audit("action=admin.clients.create").await.len(), 1);
    event_of(&ada, &made).await;
}

#[tokio::test]
async fn a_refusal_that_can_not_be_written_down_is_still_no_success() {
    let breakage = Arc::new(Breakage::default());
    let app = App::with(Setup {
        hook: Some(breakage.clone()),
        ..Setup::with_people()
    })
    .await;
    let body = json!({"email": email_of("ada"), "password": "wrong", "code": "123456"});
    // The two counters go well, and then the refusal is to be counted.
    let place = ["admin.sessions.create", "UpdateItem"];
    breakage.begin(place, Intervention::FailBefore, 2, usize::MAX);
    let reply = app.ask_for_session(&body).await;
    assert!(breakage.end() > 0, "{}", reply.body);
    reply.problem(500, "unexpected");
}
