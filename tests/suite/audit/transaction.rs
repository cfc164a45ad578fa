//! An event and its change are one: neither exists without the other, and no event is changed or
//! deleted.

use std::sync::{Arc, Mutex};

use countersign_tests::derived::repository;
use countersign_tests::witness::Breakage;
use countersign_tests::{App, PASSWORD, Person, Reply, Setup, email_of};
use functions::OPERATIONS;
use local::dynamodb::{AnswerView, Call, Intervention, Witness};
use local::iam::Policies;
use reqwest::Method;
use serde_json::{Value, json};
use shared::Envelope;

use super::{changing, event_of};
use crate::newcomer::{authenticator, invite};

/// One call, and how many transactions of its function come before that of the change.
struct Attempt {
    operation: &'static str,
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
            "admin.clients.reveal_secret" | "admin.clients.regenerate_secret" => 2,
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
    async fn make(&self, app: &App, person: &Person) -> Reply {
        let body = match self.operation {
            "admin.sessions.create" => Some(app.credentials("cleo")),
            "admin.invitations.accept" => {
                let authenticator = authenticator(app, &self.path).await;
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
async fn attempts(app: &App, ada: &Person) -> Vec<Attempt> {
    let ben = app.sign_in("ben").await.id;
    let new = invite(ada, "eve@example.com", &json!([])).await;
    let person = format!("/admin/administrators/{ben}");
    let client = "/admin/clients/login_client";
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
        of("admin.invitations.accept", &new.path, json!({})),
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
        witness: Some(breakage.clone()),
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
        witness: Some(breakage.clone()),
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

/// Looks at how functions write to the audit.
#[derive(Debug, Default)]
struct Writes(Mutex<Vec<(String, Value)>>);

impl Witness for Writes {
    fn before(&self, call: &Call<'_>) -> Intervention {
        let touches = call
            .needs
            .iter()
            .any(|need| need.table.ends_with("-audit") && need.action != "dynamodb:Query");
        if touches {
            let body = serde_json::from_slice(call.body).unwrap();
            let what = format!("{} {}", call.function, call.operation);
            self.0.lock().unwrap().push((what, body));
        }
        Intervention::Proceed
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}

#[tokio::test]
async fn every_event_is_written_once_in_a_transaction_with_what_it_tells_of() {
    let writes = Arc::new(Writes::default());
    let app = App::with(Setup {
        witness: Some(writes.clone()),
        ..Setup::with_people()
    })
    .await;
    let ada = app.sign_in("ada").await;
    let mut attempts = attempts(&app, &ada).await;
    // Ben is reset before he is deleted, and the client revealed before it is.
    attempts.sort_by_key(|attempt| attempt.operation.ends_with(".delete"));
    let mut done = 0;
    for attempt in &attempts {
        let reply = attempt.make(&app, &ada).await;
        assert!(reply.status < 300, "{}: {}", attempt.operation, reply.body);
        done += 1;
    }
    let writes = writes.0.lock().unwrap();
    assert!(
        writes.len() > done,
        "{} writes of {done} changes",
        writes.len()
    );
    for (what, body) in writes.iter() {
        assert!(
            what.ends_with(" TransactWriteItems"),
            "{what} writes events by itself"
        );
        let items = body["TransactItems"].as_array().unwrap();
        let (events, others): (Vec<_>, Vec<_>) = items.iter().partition(|item| {
            let table = item["Put"]["TableName"].as_str().unwrap_or_default();
            table.ends_with("-audit")
        });
        assert_eq!(events.len(), 1, "{what}");
        assert!(!others.is_empty(), "{what} tells of nothing");
        let condition = events[0]["Put"]["ConditionExpression"].as_str().unwrap();
        assert!(
            condition.starts_with("attribute_not_exists("),
            "{what}: {condition}"
        );
    }
}

#[tokio::test]
async fn a_refusal_that_can_not_be_written_down_is_still_no_success() {
    let breakage = Arc::new(Breakage::default());
    let app = App::with(Setup {
        witness: Some(breakage.clone()),
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

#[test]
fn no_function_may_change_or_delete_an_event() {
    let template = std::fs::read_to_string(repository("template.yaml")).unwrap();
    let policies = Policies::parse(&template, "countersign").unwrap();
    let (mut writers, mut readers) = (0, 0);
    for endpoint in OPERATIONS {
        let Some(policy) = policies.of(endpoint.id) else {
            panic!("{} is not in the template", endpoint.id);
        };
        for (action, resource) in policy.grants() {
            let of = |table: &str| resource.ends_with(&format!("/countersign-{table}"));
            if of("audit") {
                match action {
                    "dynamodb:PutItem" => writers += 1,
                    "dynamodb:Query" => readers += 1,
                    other => panic!("{} may {other} on the audit", endpoint.id),
                }
            }
            // Refusals are counted, and so changed; but never taken away or replaced.
            if of("attempts") {
                let allowed = ["dynamodb:UpdateItem", "dynamodb:Query"];
                assert!(
                    allowed.contains(&action),
                    "{} may {action} on refusals",
                    endpoint.id
                );
            }
        }
    }
    let all = changing(Envelope::Admin).len() + changing(Envelope::Machine).len();
    assert_eq!((writers, readers), (all, 2));
    let audit = &template[template.find("  AuditTable:\n").unwrap()..];
    let audit = &audit[..audit.find("\n\n").unwrap_or(audit.len())];
    assert!(
        !audit.contains("TimeToLive"),
        "events would expire: {audit}"
    );
}
