//! Counted events: refusals, and tokens that were issued. Equal events of one minute are one item with
//! a count. So a stranger can increase counts, and cannot make many items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::domain::audit::{About, Actor, Origin};
use crate::error::{Error, Result};
use crate::ids::ApplicationId;
use crate::store::audit::StoredEvent;
use crate::store::dynamodb::fault;
use crate::store::key::Key;
use crate::store::limit::{COUNT, source};
use crate::store::{Store, Table};

impl Store {
    /// Counts a refusal for the audit, in one write, whatever it is of. Returns the error that the
    /// caller is told: `error`, or that of a store that could not count.
    pub(crate) async fn count_refusal(
        &self,
        origin: &Origin,
        about: &About,
        reason: &'static str,
        error: Error,
    ) -> Error {
        let now = self.clock.now();
        let event = StoredEvent::refusal(origin, about, reason, now);
        let application = about.application.as_ref();
        let counted = self.count_events(&event, origin, application, 1, now).await;
        counted.err().unwrap_or(error)
    }

    /// Counts `count` events of a kind and a minute for the audit, the last of which happened at
    /// `last`.
    pub(in crate::store) async fn count_events(
        &self,
        event: &StoredEvent,
        origin: &Origin,
        application: Option<&ApplicationId>,
        count: u64,
        last: Timestamp,
    ) -> Result<()> {
        let kind = kind(event, origin);
        let key = Key::refusals(application, event.time.minute(), &kind);
        let fields: HashMap<String, AttributeValue> =
            serde_dynamo::to_item(event).map_err(|fault| {
                Error::unexpected(format!("an event does not become an item: {fault}"))
            })?;
        let mut update = self
            .dynamodb
            .update_item()
            .table_name(self.tables.name(Table::Attempts))
            .set_key(Some(key.into_attributes()));
        let mut first = Vec::new();
        for (place, (name, value)) in fields.into_iter().enumerate() {
            // What the first one was is kept; of the others there is the count.
            first.push(format!("#f{place} = if_not_exists(#f{place}, :f{place})"));
            update = update
                .expression_attribute_names(format!("#f{place}"), name)
                .expression_attribute_values(format!(":f{place}"), value);
        }
        update = update
            .update_expression(format!(
                "ADD #count :count SET #last = :last, {}",
                first.join(", ")
            ))
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_names("#last", "last_time")
            .expression_attribute_values(":count", AttributeValue::N(count.to_string()))
            .expression_attribute_values(":last", AttributeValue::N(last.millis().to_string()));
        update.send().await.map_err(fault).map(|_| ())
    }
}

/// Returns the hash under which equal events of a minute are counted.
fn kind(event: &StoredEvent, origin: &Origin) -> [u8; 32] {
    let mut hash = Sha256::new();
    // Whoever tries to be somebody tries it anywhere.
    let action = match origin.actor {
        Actor::Nobody => None,
        _ => Some(event.action.as_str()),
    };
    // What was issued with one secret is not what was issued with another.
    let changes = event.changes.first().map(|change| change.after.to_string());
    let parts = [
        action,
        event.reason.as_deref(),
        event.actor_id.as_deref(),
        event.object_id.as_deref(),
        changes.as_deref(),
        Some(&source(origin.source_ip.as_deref())),
    ];
    for part in parts {
        let part = part.unwrap_or_default();
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
