//! The events of the audit that a test looks for.

use serde_json::Value;

use crate::{Person, Reply};

/// The only event that an answer left.
pub async fn event_of(reader: &Person, reply: &Reply) -> Value {
    let id = reply.header("x-request-id");
    let mut events = reader.audit("limit=200").await;
    events.retain(|event| event["request_id"] == id);
    assert_eq!(events.len(), 1, "events of one request: {events:?}");
    events.remove(0)
}
