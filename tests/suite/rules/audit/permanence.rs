//! An event is written once, and then nobody changes or deletes it.

use std::sync::{Arc, Mutex};

use countersign_tests::derived::repository;
use countersign_tests::{App, Setup};
use functions::OPERATIONS;
use local::dynamodb::{AnswerView, Call, CallHook, Intervention};
use local::iam::Policies;
use serde_json::Value;
use shared::Envelope;

use super::changing;
use super::transaction::attempts;

/// Looks at how functions write to the audit.
#[derive(Debug, Default)]
struct Writes(Mutex<Vec<(String, Value)>>);

impl CallHook for Writes {
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
        hook: Some(writes.clone()),
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
                let allowed = [
                    "dynamodb:UpdateItem",
                    "dynamodb:Query",
                    "dynamodb:BatchGetItem",
                ];
                assert!(
                    allowed.contains(&action),
                    "{} may {action} on refusals",
                    endpoint.id
                );
            }
        }
    }
    let envelopes = [Envelope::Admin, Envelope::Machine, Envelope::OAuth];
    let all: usize = envelopes.map(|one| changing(one).len()).into_iter().sum();
    let all = all + super::DECIDING.len();
    assert_eq!((writers, readers), (all, 2));
    let audit = &template[template.find("  AuditTable:\n").unwrap()..];
    let audit = &audit[..audit.find("\n\n").unwrap_or(audit.len())];
    assert!(
        !audit.contains("TimeToLive"),
        "events would expire: {audit}"
    );
}
