//! Events that a change of settings leaves in the audit.

use serde_json::{Value, json};

use super::Layer;
use crate::{APPLICATION, App, Reply};

/// The events that a call left in the audit.
pub async fn events_of(app: &App, reply: &Reply) -> Vec<Value> {
    let id = reply.header("x-request-id");
    let events = app.dump("audit").await;
    let events = events.iter().map(plain);
    events.filter(|event| event["request_id"] == id).collect()
}

/// Asserts that the call left one event, by the owner, with these keys before and after.
///
/// The keys are `[[key, before, after], …]`.
pub async fn assert_audited(app: &App, reply: &Reply, action: &str, layer: Layer, changes: Value) {
    reply.ok();
    let events = events_of(app, reply).await;
    let [event] = events.as_slice() else {
        panic!("{action} left {} events", events.len());
    };
    let wanted = [
        ("application_id", APPLICATION),
        ("actor_kind", "api_client"),
        ("actor_id", "owner"),
        ("actor_name", "the owner"),
        ("source_ip", "127.0.0.1"),
        ("action", action),
        ("object_kind", "settings"),
        ("object_id", layer.object()),
        ("outcome", "applied"),
    ];
    for (field, value) in wanted {
        assert_eq!(event[field], value, "{field}");
    }
    assert_eq!(event["time"], app.clock.now().millis());
    let shown: Vec<_> = event["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| json!([change["field"], change["before"], change["after"]]))
        .collect();
    assert_eq!(json!(shown), changes);
}

/// Makes sure that a call which had nothing to change left no event.
pub async fn assert_not_audited(app: &App, reply: &Reply) {
    reply.ok();
    assert_eq!(events_of(app, reply).await, Vec::<Value>::new());
}

/// DynamoDB's JSON as plain JSON.
fn plain(item: &Value) -> Value {
    let fields = item.as_object().unwrap().iter();
    fields
        .map(|(name, value)| (name.clone(), attribute(value)))
        .collect()
}

fn attribute(value: &Value) -> Value {
    let (kind, inner) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "M" => plain(inner),
        "L" => inner.as_array().unwrap().iter().map(attribute).collect(),
        "N" => inner.as_str().unwrap().parse::<i64>().unwrap().into(),
        "NULL" => Value::Null,
        _ => inner.clone(),
    }
}
