//! Change requests in the store: asked for, and seen.

use serde::{Deserialize, Serialize};

use crate::clock::{Moment, Timestamp};
use crate::domain::application::Application;
use crate::domain::audit::{Actor, Object};
use crate::domain::change_request::{
    ChangeRequest, ChangeState, ChangedObject, Decider, LIFETIME, NEEDED, ProposedChange,
};
use crate::domain::kind::{ActorKind, ObjectKind};
use crate::error::{Error, Result};
use crate::ids::ChangeRequestId;
use crate::store::audit::Step;
use crate::store::change::Change;
use crate::store::change::proposal::Proposal;
use crate::store::key::Key;
use crate::store::outcome::{OnConflict, Outcome};
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// A change request, as it is stored.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct StoredRequest {
    pub(super) request_id: ChangeRequestId,
    pub(super) state: ChangeState,
    operation: String,
    pub(super) object_kind: ObjectKind,
    pub(super) object_id: String,
    object_name: String,
    /// The version of the object that the change starts from.
    pub(super) object_version: u64,
    pub(super) requester: Decider,
    created: Timestamp,
    pub(super) until: Timestamp,
    /// The fields before and after, as they are shown.
    changes: Vec<ProposedChange>,
    /// The values that are proposed, as JSON.
    proposal: String,
    /// Does it hold a name for itself?
    holds_name: bool,
    pub(super) needs_code: bool,
    pub(super) touches_modules: bool,
    pub(super) approvals: Vec<Approval>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) decided_by: Option<Decider>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) decided: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    pub(super) version: u64,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Approval {
    pub(super) by: Decider,
    pub(super) at: Timestamp,
}

/// A lock of an object for its request, or the reserved name of a waiting request.
///
/// Both end with the request's time, whether or not anybody clears them away.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredHold {
    pub(super) request_id: ChangeRequestId,
    /// Seconds since the epoch.
    pub(super) expires: i64,
}

impl StoredRequest {
    pub(super) fn proposal(&self) -> Result<Proposal> {
        serde_json::from_str(&self.proposal)
            .map_err(|fault| Error::unexpected(format!("a proposal does not parse: {fault}")))
    }

    /// Returns the state at this time.
    pub(super) fn state(&self, now: Timestamp) -> ChangeState {
        match self.state {
            ChangeState::Pending if now >= self.until => ChangeState::Expired,
            state => state,
        }
    }

    /// Returns the number of approvals that are still needed, if the present ones count.
    pub(super) fn approvals_needed(&self, now: Timestamp) -> usize {
        if self.state(now) != ChangeState::Pending {
            return 0;
        }
        let asked = usize::from(self.requester.kind == ActorKind::Administrator);
        NEEDED.saturating_sub(asked + self.approvals.len())
    }

    pub(super) fn shown(self, now: Timestamp) -> ChangeRequest {
        ChangeRequest {
            state: self.state(now),
            approvals_needed: self.approvals_needed(now),
            id: self.request_id,
            operation: self.operation,
            object: ChangedObject {
                kind: self.object_kind,
                id: self.object_id,
                name: self.object_name,
            },
            requester: self.requester,
            created_at: Moment(self.created),
            expires_at: Moment(self.until),
            changes: self.changes,
            needs_code: self.needs_code,
            approvals: self
                .approvals
                .into_iter()
                .map(|approval| approval.by)
                .collect(),
            decided_by: self.decided_by,
            decided_at: self.decided.map(Moment),
            reason: self.reason,
            version: self.version,
        }
    }

    /// Returns the object of the request.
    pub(super) fn object(&self) -> Object {
        Object {
            kind: self.object_kind,
            id: self.object_id.clone(),
            name: self.object_name.clone(),
        }
    }

    /// Returns the name that it holds for itself.
    pub(super) fn held_name(&self, owner: &Application) -> Result<Option<(Table, Key)>> {
        if !self.holds_name {
            return Ok(None);
        }
        Ok(match self.proposal()? {
            Proposal::CreateClient { values, .. } | Proposal::EditClient { values } => {
                Some((Table::Clients, Key::name(&owner.id, &values.description)))
            }
            Proposal::InviteAdministrator { email, .. } => {
                Some((Table::Administrators, Key::login(&email, &owner.id)))
            }
            Proposal::ReplaceSecret { .. }
            | Proposal::RetireSecret
            | Proposal::DeleteClient
            | Proposal::EditAdministrator(_)
            | Proposal::DeleteAdministrator
            | Proposal::SwitchOff => None,
        })
    }

    /// Returns the request as it is at its end.
    pub(super) fn ended(
        &self,
        state: ChangeState,
        by: Decider,
        at: Timestamp,
        reason: Option<String>,
    ) -> Self {
        Self {
            state,
            decided_by: Some(by),
            decided: Some(at),
            reason,
            version: self.version + 1,
            ..self.clone()
        }
    }

    pub(super) fn lock(&self, scope: &Scope) -> Key {
        Key::request_lock(&scope.application, self.object_kind, &self.object_id)
    }
}

/// Returns someone as a request names them.
pub(super) fn decider(actor: &Actor) -> Decider {
    let (id, name) = actor.id_and_name();
    Decider {
        kind: actor.kind(),
        id: id.unwrap_or_default().to_owned(),
        name: name.unwrap_or_default().to_owned(),
    }
}

impl Scope {
    /// Holds a change back: writes its request and the event.
    ///
    /// The request locks its object and reserves its name.
    pub(super) async fn request_change(
        &self,
        owner: &Application,
        change: &Change,
    ) -> Result<Outcome> {
        let store = &self.store;
        let now = store.clock.now();
        let object = change.object(owner);
        let request = self.request_for(owner, change, now)?;
        let held = StoredHold {
            request_id: request.request_id.clone(),
            expires: request.until.seconds(),
        };
        let waiting = request.clone().shown(now);
        let mut asking = Transaction::on(store)
            .require_unchanged_application(owner)?
            .create(
                Table::ChangeRequests,
                Key::change_request(&self.application, &request.request_id),
                &request,
                OnConflict::Retry,
            )?
            .claim(
                Table::ChangeRequests,
                request.lock(self),
                &held,
                now,
                None,
                OnConflict::Locked,
            )?
            .audit_as(
                Step {
                    outcome: "requested",
                    change_request: Some(waiting.id.as_str()),
                },
                self,
                &object,
                &change.differences(),
                now,
            )?;
        if let Some(name) = change.holds(owner) {
            asking = asking.hold_name(name, &held, self)?;
        }
        asking = match change {
            // What is asked for starts from this version.
            Change::EditClient { before: client, .. }
            | Change::ReplaceSecret { before: client, .. }
            | Change::RetireSecret { before: client, .. }
            | Change::DeleteClient { client, .. } => asking.require_version(
                Table::Clients,
                Key::client(&self.application, &client.id),
                client.version,
                OnConflict::Retry,
            )?,
            // Behind its name: whoever asks for the same again is answered the same, and not that the
            // name is taken.
            Change::CreateClient { .. } | Change::InviteAdministrator { .. } => {
                let sealer = store.sealer_of(owner).await?;
                asking.remember_held(self, &sealer, &waiting)?
            }
            // The version that they start from is compared when they are approved.
            Change::EditAdministrator { .. }
            | Change::DeleteAdministrator { .. }
            | Change::SwitchOff => asking,
        };
        match asking.commit().await? {
            Outcome::Committed => Err(Error::HeldBack(Box::new(waiting))),
            Outcome::Refused(OnConflict::Locked) => {
                Err(self.pending_request_error(&request).await?)
            }
            // What the same request made before has answered is read then.
            Outcome::Refused(OnConflict::Replayed) | Outcome::Conflict => Ok(Outcome::Conflict),
            Outcome::Refused(reason) => Err(reason.refusal(self)),
        }
    }

    /// Returns the request that a change becomes.
    fn request_for(
        &self,
        owner: &Application,
        change: &Change,
        now: Timestamp,
    ) -> Result<StoredRequest> {
        let object = change.object(owner);
        let proposal = serde_json::to_string(&change.proposal()).map_err(|fault| {
            Error::unexpected(format!("a proposal does not serialise: {fault}"))
        })?;
        Ok(StoredRequest {
            request_id: ChangeRequestId::generate(now, &self.store.random)?,
            state: ChangeState::Pending,
            operation: self.origin.action.to_owned(),
            object_kind: object.kind,
            object_id: object.id,
            object_name: object.name,
            object_version: change.version(),
            requester: decider(&self.origin.actor),
            created: now,
            // A whole second, as what it holds has: so that both end at the same moment.
            until: (now + LIFETIME).second(),
            changes: change.proposed(),
            proposal,
            holds_name: change.holds(owner).is_some(),
            needs_code: change.needs_code(),
            touches_modules: change.touches_modules(),
            approvals: Vec::new(),
            decided_by: None,
            decided: None,
            reason: None,
            version: 1,
        })
    }

    /// Returns the error for an object that another request has locked.
    async fn pending_request_error(&self, request: &StoredRequest) -> Result<Error> {
        let lock: Option<StoredHold> = self
            .store
            .get(Table::ChangeRequests, &request.lock(self))
            .await?;
        let first = lock.map_or(String::new(), |lock| lock.request_id.as_str().to_owned());
        Ok(Error::Conflict {
            kind: "request-pending",
            detail: format!("the change request {first} for it is pending; it is decided first"),
            change_request: Some(first),
        })
    }

    pub(super) async fn change_request(&self, id: &ChangeRequestId) -> Result<StoredRequest> {
        let key = Key::change_request(&self.application, id);
        let stored = self.store.get(Table::ChangeRequests, &key).await?;
        stored.ok_or(Error::NotFound)
    }
}
