//! Change requests: changes that wait for a second administrator (administration contract, section 5).

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Moment;
use crate::domain::kind::{ActorKind, ObjectKind};
use crate::error::Held;
use crate::ids::ChangeRequestId;
use crate::schema::short_text;

/// For so long a change request waits.
pub(crate) const LIFETIME: Duration = Duration::from_hours(14 * 24);
/// So many different administrators stand behind a change.
pub(crate) const NEEDED: usize = 2;

/// The state of a change request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeState {
    /// Nobody has decided yet, or not enough have.
    Pending,
    /// It was approved, and has taken effect.
    Applied,
    /// Another administrator has turned it down.
    Rejected,
    /// The requester has taken it back.
    Withdrawn,
    /// Nobody has decided within 14 days.
    Expired,
    /// It was approved, but could not take effect any more; nothing was changed.
    Failed,
}

impl ChangeState {
    /// Returns the state's name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }
}

/// The reason of a rejection.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Why(String);

short_text! {
    Why as RejectionReason: "a reason" has 1..=500 characters, {
        "pattern": crate::text::PATTERN,
        "examples": ["The shop is closed in May."],
        "description": "The reason of a rejection.",
    }
}

impl Why {
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// A change request, as reviewers see it. Nothing in it is secret.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangeRequest {
    pub(crate) id: ChangeRequestId,
    pub(crate) state: ChangeState,
    /// The operation that was asked for, by its ID.
    pub(crate) operation: String,
    pub(crate) object: ChangedObject,
    pub(crate) requester: Decider,
    pub(crate) created_at: Moment,
    pub(crate) expires_at: Moment,
    /// Each field before and after, escalations first.
    pub(crate) changes: Vec<ProposedChange>,
    /// Does approving it take a one-time code of the approver?
    pub(crate) needs_code: bool,
    /// The approvals so far.
    pub(crate) approvals: Vec<Decider>,
    /// The number of approvals that are still needed.
    pub(crate) approvals_needed: usize,
    /// The person or client that decided it in the end.
    pub(crate) decided_by: Option<Decider>,
    pub(crate) decided_at: Option<Moment>,
    /// The reason why it was turned down, or failed.
    pub(crate) reason: Option<String>,
    #[serde(skip)]
    pub(crate) version: u64,
}

impl ChangeRequest {
    /// Returns its ID.
    pub fn id(&self) -> &ChangeRequestId {
        &self.id
    }

    /// Counts its changes: its `ETag`.
    pub fn version(&self) -> u64 {
        self.version
    }
}

impl Held for ChangeRequest {
    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// The object of a change.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ChangedObject {
    /// `api_client`, `administrator` or `application`.
    #[schemars(with = "String")]
    pub(crate) kind: ObjectKind,
    pub(crate) id: String,
    /// The name that it had, or is to have.
    pub(crate) name: String,
}

/// The person or client that has asked, approved or decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ChangeParticipant")]
pub(crate) struct Decider {
    /// `administrator` or `api_client`.
    #[schemars(with = "String")]
    pub(crate) kind: ActorKind,
    pub(crate) id: String,
    /// The name that they had then.
    pub(crate) name: String,
}

/// A field that is to change.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ProposedChange {
    pub(crate) field: String,
    /// `null` where there was nothing.
    pub(crate) before: Value,
    /// Of a secret only that it will be replaced.
    pub(crate) after: Value,
    /// Does it let somebody do more than before?
    pub(crate) escalation: bool,
}
