//! Audit events, as they are stored: created, never changed, never deleted.

mod counted;
mod read;

pub use read::{AuditFilter, AuditReader, Event, EventStream};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::domain::audit::{About, Actor, Changes, Object, Origin};
use crate::error::Result;
use crate::ids::ApplicationId;
use crate::store::key::Key;
use crate::store::outcome::OnConflict;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredEvent {
    /// Milliseconds since the epoch.
    pub(super) time: Timestamp,
    pub(super) application_id: Option<String>,
    pub(super) actor_kind: String,
    pub(super) actor_id: Option<String>,
    pub(super) actor_name: Option<String>,
    pub(super) source_ip: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) action: String,
    pub(super) object_kind: Option<String>,
    pub(super) object_id: Option<String>,
    pub(super) object_name: Option<String>,
    pub(super) outcome: String,
    /// The reason of the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// The change request that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) change_request: Option<String>,
    pub(super) request_id: String,
    #[serde(default)]
    pub(super) changes: Vec<StoredChange>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredChange {
    pub(super) field: String,
    pub(super) before: Value,
    pub(super) after: Value,
}

/// The outcome of an applied change.
const APPLIED: &str = "applied";
const REFUSED: &str = "refused";

impl StoredEvent {
    fn of(origin: &Origin, object: Option<&Object>, outcome: &str, now: Timestamp) -> Self {
        let (actor_id, actor_name) = origin.actor.id_and_name();
        Self {
            time: now,
            application_id: None,
            actor_kind: origin.actor.kind().name().to_owned(),
            actor_id: actor_id.map(str::to_owned),
            actor_name: actor_name.map(str::to_owned),
            source_ip: origin.source_ip.clone(),
            user_agent: origin.user_agent.clone(),
            action: origin.action.to_owned(),
            object_kind: object.map(|object| object.kind.name().to_owned()),
            object_id: object.map(|object| object.id.clone()),
            object_name: object.map(|object| object.name.clone()),
            outcome: outcome.to_owned(),
            reason: None,
            change_request: None,
            request_id: origin.request_id.clone(),
            changes: Vec::new(),
        }
    }

    /// Returns the event of access tokens that were issued to a client, got with the secret of this
    /// serial number.
    pub(super) fn issue(
        origin: &Origin,
        application: &ApplicationId,
        client: &Object,
        serial: u32,
        first: Timestamp,
    ) -> Self {
        Self {
            application_id: Some(application.as_str().to_owned()),
            changes: vec![StoredChange {
                field: "secret_serial".to_owned(),
                before: Value::Null,
                after: serial.into(),
            }],
            ..Self::of(origin, Some(client), APPLIED, first)
        }
    }

    /// Returns the event of a refusal.
    pub(super) fn refusal(
        origin: &Origin,
        about: &About,
        reason: &'static str,
        now: Timestamp,
    ) -> Self {
        Self {
            application_id: about.application.as_ref().map(|id| id.as_str().to_owned()),
            reason: Some(reason.to_owned()),
            ..Self::of(origin, about.object.as_ref(), REFUSED, now)
        }
    }
}

/// The step of a change that an event tells of.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) outcome: &'a str,
    /// The change request that it belongs to.
    pub(super) change_request: Option<&'a str>,
}

impl Transaction<'_> {
    /// Writes the event of a change in the change's own transaction: neither exists without the
    /// other. What an administrator asks for happens only if they may still ask for it.
    pub(super) fn audit(
        self,
        scope: &Scope,
        object: &Object,
        changes: &Changes,
        now: Timestamp,
    ) -> Result<Self> {
        let applied = Step {
            outcome: APPLIED,
            change_request: None,
        };
        self.audit_as(applied, scope, object, changes, now)
    }

    /// Writes the event of a change request, with its outcome and its ID.
    pub(super) fn audit_as(
        self,
        step: Step<'_>,
        scope: &Scope,
        object: &Object,
        changes: &Changes,
        now: Timestamp,
    ) -> Result<Self> {
        let origin = &scope.origin;
        let event = StoredEvent {
            application_id: Some(scope.application.as_str().to_owned()),
            changes: changes
                .iter()
                .map(|(field, (before, after))| StoredChange {
                    field: field.clone(),
                    before: before.clone(),
                    after: after.clone(),
                })
                .collect(),
            change_request: step.change_request.map(str::to_owned),
            ..StoredEvent::of(origin, Some(object), step.outcome, now)
        };
        let detail = format!("{}#{}", origin.action, object.id);
        let key = Key::audit_event(&scope.application, now, &origin.request_id, &detail);
        let audited = self.create(Table::Audit, key, &event, OnConflict::Retry)?;
        Ok(match &origin.actor {
            Actor::Administrator { id, authority, .. } => {
                audited.asked_by(Key::standing(id), *authority)
            }
            _ => audited,
        })
    }
}
