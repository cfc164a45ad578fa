//! The company audit: one event for each action, whoever did it, and how it is read.

mod counting;
mod events;
mod export;
mod filters;
mod machine;
mod order;
mod particulars;
mod permanence;
mod refusals;
mod tampering;
mod tokens;
mod transaction;

use std::collections::BTreeSet;

use countersign_tests::audit::event_of;
use countersign_tests::{App, Caller, Person, Reply, form};
use functions::OPERATIONS;
use reqwest::Method;
use serde_json::{Value, json};
use shared::store::{Resource, Table};
use shared::{Envelope, Moment};

/// The user agent of every caller here.
const AGENT: &str = "auditor/1.0 (x; y)";

/// The present moment, as the audit writes it.
fn now(app: &App) -> String {
    Moment(app.clock.now()).into()
}

/// Calls the machine API with a user agent.
async fn call(caller: &Caller, path: &str, arguments: &[(&str, &str)]) -> Reply {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("user-agent", AGENT),
    ];
    caller
        .send(Method::POST, path, &headers, form(arguments).into())
        .await
}

/// The operations whose events are those of change requests.
const DECIDING: [&str; 3] = [
    "admin.change_requests.approve",
    "admin.change_requests.reject",
    "admin.multi_admin.switch",
];

/// The operations that write events of what they did.
fn changing(envelope: Envelope) -> BTreeSet<&'static str> {
    let writes = |grants: Vec<shared::store::Grant>| {
        grants.iter().any(|grant| {
            grant.on == Resource::Table(Table::Audit) && grant.action == "dynamodb:PutItem"
        })
    };
    OPERATIONS
        .iter()
        .filter(|endpoint| endpoint.route.envelope == envelope && writes(endpoint.grants()))
        // What is asked for and decided has tests of its own.
        .filter(|endpoint| !DECIDING.contains(&endpoint.id))
        .map(|endpoint| endpoint.id)
        .collect()
}

/// Holds the events of what was done to all that they have to say.
struct Held<'a> {
    app: &'a App,
    reader: Person,
    /// The operations whose events were looked at.
    actions: BTreeSet<String>,
}

impl<'a> Held<'a> {
    async fn on(app: &'a App) -> Self {
        Self {
            app,
            reader: app.sign_in("dora").await,
            actions: BTreeSet::new(),
        }
    }

    /// The answer left one event, and this is what it says.
    async fn to(
        &mut self,
        reply: &Reply,
        action: &str,
        [actor, object]: [Value; 2],
        changes: Value,
    ) {
        assert!(reply.status < 300, "{action}: {}", reply.body);
        let now = now(self.app);
        let event = event_of(&self.reader, reply).await;
        let wanted = json!({
            "time": now, "actor": actor, "source_ip": "127.0.0.1", "user_agent": AGENT,
            "action": action, "object": object, "outcome": "applied", "reason": null, "count": 1,
            "last_time": now, "change_request": null, "request_id": reply.header("x-request-id"),
            "changes": changes
        });
        assert_eq!(event, wanted, "{action}");
        self.actions.insert(action.to_owned());
    }
}

/// Returns an event's description of a person or an object.
fn known(kind: &str, id: &str, name: &str) -> Value {
    json!({"kind": kind, "id": id, "name": name})
}

/// Fields that changed, each with its values before and after.
fn changed(fields: &[(&str, Value, Value)]) -> Value {
    fields
        .iter()
        .map(|(field, before, after)| {
            let pair = json!({"before": before, "after": after});
            ((*field).to_owned(), pair)
        })
        .collect()
}
