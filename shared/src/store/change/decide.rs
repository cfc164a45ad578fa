//! Deciding change requests (administration contract, section 5).
//!
//! Everything is checked again at the decision. The decision, its effect, the unlocking and the event
//! are one transaction.

mod behind;
mod ready;

use behind::Behind;

use crate::clock::Moment;
use crate::domain::administrator::Privilege;
use crate::domain::application::Application;
use crate::domain::audit::{Actor, Changes, Object};
use crate::domain::change_request::{ChangeRequest, ChangeState, NEEDED, Why};
use crate::domain::kind::ObjectKind;
use crate::error::{Error, Result};
use crate::ids::{AdministratorId, ChangeRequestId};
use crate::secrets::invitation_token::InvitationToken;
use crate::store::administrator::FreshCode;
use crate::store::audit::Step;
use crate::store::change::Change;
use crate::store::change::request::{Approval, StoredRequest, decider};
use crate::store::key::Key;
use crate::store::outcome::{OnConflict, Outcome};
use crate::store::retry::until_done;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// Reviews and decides the change requests of one application.
#[derive(Debug)]
pub struct Reviewer {
    scope: Scope,
}

impl From<Scope> for Reviewer {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

/// The result of an approval.
#[derive(Debug)]
pub struct Approved {
    /// The request as it is now.
    pub request: ChangeRequest,
    /// The link of the administrator who was invited by it.
    pub invitation: Option<InvitationToken>,
}

impl Reviewer {
    /// Returns whether approving this request takes a code.
    ///
    /// It first refuses requests that the caller cannot approve in any case, so that no code is spent
    /// for them.
    pub async fn takes_code(&self, id: &ChangeRequestId) -> Result<bool> {
        let request = self.scope.change_request(id).await?;
        self.scope.if_match.check(request.version)?;
        self.open(&request)?;
        self.may_approve(&request)?;
        Ok(request.needs_code)
    }

    /// Approves a request; it takes effect if enough others have, too.
    pub async fn approve(&self, id: &ChangeRequestId, code: Option<FreshCode>) -> Result<Approved> {
        let store = &self.scope.store;
        until_done(&store.random, || async {
            let request = self.scope.change_request(id).await?;
            self.scope.if_match.check(request.version)?;
            self.open(&request)?;
            self.may_approve(&request)?;
            if request.needs_code && code.is_none() {
                return Err(Error::Missing(vec!["code".to_owned()]));
            }
            let behind = self.scope.behind(&request).await?;
            let (owner, ready) = self.ready(&request).await?;
            let ready = match (behind.fault, ready) {
                (Some(fault), _) => Err(fault),
                (None, ready) => ready,
            };
            let (outcome, approved) = match ready {
                // A request that can never be applied ends now. Until it expired, it would lock its object.
                Err(why) => self.fail(&request, &owner, why).await?,
                Ok(_) if behind.counted.len() + 1 < NEEDED => {
                    self.note_approval(&request, &owner, &behind).await?
                }
                Ok(change) => self.apply(&request, &owner, &behind, change).await?,
            };
            outcome.settle(&self.scope, approved)
        })
        .await
    }

    /// Turns a request down, or takes it back if it is the caller's own.
    pub async fn reject(&self, id: &ChangeRequestId, reason: Option<Why>) -> Result<ChangeRequest> {
        let reason = reason.map(Why::into_text);
        let store = &self.scope.store;
        until_done(&store.random, || async {
            let request = self.scope.change_request(id).await?;
            self.scope.if_match.check(request.version)?;
            self.open(&request)?;
            let owner = store.application(&self.scope.application).await?;
            let owner = owner.ok_or(Error::NotFound)?;
            let caller = decider(&self.scope.origin.actor);
            let is_own =
                (&request.requester.kind, &request.requester.id) == (&caller.kind, &caller.id);
            let state = if is_own {
                ChangeState::Withdrawn
            } else {
                ChangeState::Rejected
            };
            let ended = self.ended(&request, state, reason.clone());
            let ending = self.write_end(&request, &ended, &owner, state.name())?;
            ending
                .commit()
                .await?
                .settle(&self.scope, ended.shown(store.clock.now()))
        })
        .await
    }

    /// Refuses what is decided already, saying by whom and when.
    fn open(&self, request: &StoredRequest) -> Result<()> {
        let state = request.state(self.scope.store.clock.now());
        if state == ChangeState::Pending {
            return Ok(());
        }
        let by = request.decided_by.as_ref();
        let by = by.map_or_else(String::new, |by| format!(" by {}", by.name));
        let at = request.decided.unwrap_or(request.until);
        Err(Error::Conflict {
            kind: "already-decided",
            detail: format!(
                "it is {}{by} since {}",
                state.name(),
                String::from(Moment(at))
            ),
            change_request: Some(request.request_id.as_str().to_owned()),
        })
    }

    /// Checks that the caller may approve it, and is not one of its supporters.
    fn may_approve(&self, request: &StoredRequest) -> Result<()> {
        let caller = decider(&self.scope.origin.actor);
        if request.requester.kind == caller.kind && request.requester.id == caller.id {
            return Err(Error::conflict(
                "own-request",
                "nobody approves their own request; it can be withdrawn",
            ));
        }
        if request
            .approvals
            .iter()
            .any(|approval| approval.by.id == caller.id)
        {
            return Err(Error::conflict(
                "already-approved",
                "you have approved it; it waits for another administrator",
            ));
        }
        if request.object_kind == ObjectKind::Administrator && request.object_id == caller.id {
            return Err(Error::conflict(
                "own-privileges",
                "nobody approves what is to be done to themselves",
            ));
        }
        match &self.scope.origin.actor {
            Actor::Administrator { privileges, .. }
                if !request.touches_modules || privileges.contains(Privilege::ManageModules) =>
            {
                Ok(())
            }
            Actor::Administrator { .. }
            | Actor::Client { .. }
            | Actor::Nobody
            | Actor::System
            | Actor::Provisioning => Err(Error::NotPermitted),
        }
    }

    fn caller(&self) -> AdministratorId {
        AdministratorId::from(decider(&self.scope.origin.actor).id)
    }

    /// Returns the request as it is at its end.
    fn ended(
        &self,
        request: &StoredRequest,
        state: ChangeState,
        reason: Option<String>,
    ) -> StoredRequest {
        let by = decider(&self.scope.origin.actor);
        request.ended(state, by, self.scope.store.clock.now(), reason)
    }

    /// Writes a request in the place of the version that was read, with the event.
    fn write<'a>(
        &'a self,
        before: &StoredRequest,
        after: &StoredRequest,
        outcome: &'static str,
        (object, differences): (&Object, &Changes),
    ) -> Result<Transaction<'a>> {
        let scope = &self.scope;
        let key = Key::change_request(&scope.application, &before.request_id);
        Transaction::on(&scope.store)
            .replace(Table::ChangeRequests, key, after, before.version)?
            .audit_as(
                Step {
                    outcome,
                    change_request: Some(before.request_id.as_str()),
                },
                scope,
                object,
                differences,
                scope.store.clock.now(),
            )
    }

    /// Adds the end of a request that changes nothing: its object and its name become free.
    fn write_end<'a>(
        &'a self,
        before: &StoredRequest,
        after: &StoredRequest,
        owner: &Application,
        outcome: &'static str,
    ) -> Result<Transaction<'a>> {
        let id = before.request_id.as_str();
        let object = before.object();
        let mut ending = self
            .write(before, after, outcome, (&object, &Changes::new()))?
            .release(Table::ChangeRequests, before.lock(&self.scope), id)?;
        if let Some((table, key)) = before.held_name(owner)? {
            ending = ending.release(table, key, id)?;
        }
        Ok(ending)
    }

    async fn fail(
        &self,
        request: &StoredRequest,
        owner: &Application,
        why: &str,
    ) -> Result<(Outcome, Approved)> {
        let ended = self.ended(request, ChangeState::Failed, Some(why.to_owned()));
        let ending = self.write_end(request, &ended, owner, ChangeState::Failed.name())?;
        Ok((ending.commit().await?, self.approved(ended, None)))
    }

    /// Adds an approval that is not enough yet. Approvals that no longer count are left out.
    async fn note_approval(
        &self,
        request: &StoredRequest,
        owner: &Application,
        behind: &Behind,
    ) -> Result<(Outcome, Approved)> {
        let mut after = request.clone();
        after.approvals.retain(|approval| {
            behind
                .counted
                .iter()
                .any(|one| one.id.as_str() == approval.by.id)
        });
        after.approvals.push(Approval {
            by: decider(&self.scope.origin.actor),
            at: self.scope.store.clock.now(),
        });
        after.version += 1;
        let object = request.object();
        let noted = self
            .write(request, &after, "approved", (&object, &Changes::new()))?
            .require_unchanged_application(owner)?;
        Ok((noted.commit().await?, self.approved(after, None)))
    }

    async fn apply(
        &self,
        request: &StoredRequest,
        owner: &Application,
        behind: &Behind,
        mut change: Change,
    ) -> Result<(Outcome, Approved)> {
        let scope = &self.scope;
        let id = request.request_id.as_str();
        let mut ended = self.ended(request, ChangeState::Applied, None);
        ended.approvals.push(Approval {
            by: decider(&scope.origin.actor),
            at: scope.store.clock.now(),
        });
        let (object, differences) = (change.object(owner), change.differences());
        let begun = self
            .write(request, &ended, "applied", (&object, &differences))?
            .release(Table::ChangeRequests, request.lock(scope), id)?;
        let begun = begun.require_unchanged_policy(owner, &change)?;
        let mut applied = change.write(begun, scope, owner, Some(id))?;
        // Whoever stands behind it does so until it happens; of somebody whom it is about, the change
        // itself demands that.
        let others = behind.counted.iter().filter(|other| {
            request.object_kind != ObjectKind::Administrator
                || other.id.as_str() != request.object_id
        });
        for other in others {
            applied = applied.require_version(
                Table::Administrators,
                Key::standing(&other.id),
                other.authority,
                OnConflict::Retry,
            )?;
        }
        if let Some(client) = &behind.client
            && client.id.as_str() != request.object_id
        {
            applied = applied.require_version(
                Table::Clients,
                Key::client(&scope.application, &client.id),
                client.version,
                OnConflict::Retry,
            )?;
        }
        let outcome = applied.commit().await?;
        if outcome == Outcome::Committed && matches!(change, Change::DeleteClient { .. }) {
            scope.clear_deleted_clients().await;
        }
        let token = match change {
            Change::InviteAdministrator { token, .. } => Some(token),
            Change::CreateClient { .. }
            | Change::EditClient { .. }
            | Change::ReplaceSecret { .. }
            | Change::RetireSecret { .. }
            | Change::DeleteClient { .. }
            | Change::EditAdministrator { .. }
            | Change::DeleteAdministrator { .. }
            | Change::SwitchOff => None,
        };
        Ok((outcome, self.approved(ended, token)))
    }

    fn approved(&self, request: StoredRequest, invitation: Option<InvitationToken>) -> Approved {
        Approved {
            request: request.shown(self.scope.store.clock.now()),
            invitation,
        }
    }
}
