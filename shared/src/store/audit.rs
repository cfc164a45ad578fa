//! Audit events, as they are stored: created, never changed, never deleted.

use serde::Serialize;
use serde_json::Value;

use super::key::Key;
use super::transaction::{Otherwise, Transaction};
use super::{Scope, Table};
use crate::audit::{Changes, Object};
use crate::{Result, Timestamp};

#[derive(Serialize)]
struct StoredEvent<'a> {
    /// Milliseconds since the epoch.
    time: Timestamp,
    application_id: &'a str,
    actor_kind: &'a str,
    actor_id: Option<&'a str>,
    actor_name: Option<&'a str>,
    source_ip: Option<&'a str>,
    user_agent: Option<&'a str>,
    action: &'a str,
    object_kind: &'a str,
    object_id: &'a str,
    object_name: &'a str,
    outcome: &'a str,
    request_id: &'a str,
    changes: Vec<StoredChange<'a>>,
}

#[derive(Serialize)]
struct StoredChange<'a> {
    field: &'a str,
    before: &'a Value,
    after: &'a Value,
}

impl Transaction<'_> {
    /// Writes the event of a change in the change's own transaction: neither exists without the
    /// other.
    pub(super) fn audit(
        self,
        scope: &Scope,
        object: &Object,
        changes: &Changes,
        now: Timestamp,
    ) -> Result<Self> {
        let origin = &scope.origin;
        let (actor_id, actor_name) = origin.actor.id_and_name();
        let event = StoredEvent {
            time: now,
            application_id: scope.application.as_str(),
            actor_kind: origin.actor.kind(),
            actor_id,
            actor_name,
            source_ip: origin.source_ip.as_deref(),
            user_agent: origin.user_agent.as_deref(),
            action: origin.action,
            object_kind: object.kind,
            object_id: &object.id,
            object_name: &object.name,
            outcome: "applied",
            request_id: &origin.request_id,
            changes: changes
                .iter()
                .map(|(field, (before, after))| StoredChange {
                    field,
                    before,
                    after,
                })
                .collect(),
        };
        let detail = format!("{}#{}", origin.action, object.id);
        let key = Key::audit_event(&scope.application, now, &origin.request_id, &detail);
        self.create(Table::Audit, key, &event, Otherwise::Retry)
    }
}
