//! Deciding change requests: at the decision everything is looked at anew, and the decision, what it
//! makes take effect, the unlocking and the event are one transaction (administration contract,
//! section 5).

use std::collections::BTreeSet;

use super::request::{ADMINISTRATOR, Approval, StoredRequest, decider};
use super::{Change, Proposal};
use crate::administrator::OpenInvitation;
use crate::audit::{Actor, Changes, Object};
use crate::change_request::{ChangeRequest, ChangeRequestId, ChangeState, NEEDED};
use crate::secret::Verifier;
use crate::store::administrator::{Authenticator, FreshCode, Loaded};
use crate::store::client::seal;
use crate::store::key::Key;
use crate::store::race::Race;
use crate::store::transaction::{Otherwise, Outcome, Transaction};
use crate::store::{Scope, Table};
use crate::token::InvitationToken;
use crate::{
    Administrator, AdministratorId, Application, Client, ClientId, ClientSecret, Error, Feature,
    Moment, Privilege, Result, Why,
};

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

/// What an approval came to.
#[derive(Debug)]
pub struct Approved {
    /// The request as it is now.
    pub request: ChangeRequest,
    /// The link of the administrator who was invited by it.
    pub invitation: Option<InvitationToken>,
}

/// A change that is ready to be made, or the reason why it never can be.
type Ready = std::result::Result<Change, &'static str>;

impl Reviewer {
    /// Does approving this request take a code? Refuses what can not be approved by the caller in any
    /// case, so that no code is spent for it.
    pub async fn takes_code(&self, id: &ChangeRequestId) -> Result<bool> {
        let request = self.scope.request(id).await?;
        self.scope.if_match.check(request.version)?;
        self.open(&request)?;
        self.may_approve(&request)?;
        Ok(request.needs_code)
    }

    /// Approves a request; it takes effect if enough others have, too.
    pub async fn approve(&self, id: &ChangeRequestId, code: Option<FreshCode>) -> Result<Approved> {
        let store = &self.scope.store;
        let mut race = Race::begin(&store.random);
        loop {
            let request = self.scope.request(id).await?;
            self.scope.if_match.check(request.version)?;
            self.open(&request)?;
            self.may_approve(&request)?;
            if request.needs_code && code.is_none() {
                return Err(Error::Missing(vec!["code".to_owned()]));
            }
            let behind = self.behind(&request).await?;
            let (owner, ready) = self.ready(&request).await?;
            let ready = match (behind.fault, ready) {
                (Some(fault), _) => Err(fault),
                (None, ready) => ready,
            };
            let (outcome, approved) = match ready {
                Err(why) => self.fail(&request, &owner, why).await?,
                Ok(_) if behind.counted.len() + 1 < NEEDED => {
                    self.note_approval(&request, &owner, &behind).await?
                }
                Ok(change) => self.apply(&request, &owner, &behind, change).await?,
            };
            match outcome {
                Outcome::Committed => return Ok(approved),
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => return Err(self.scope.refused(otherwise)),
            }
        }
    }

    /// Turns a request down, or takes it back if it is the caller's own.
    pub async fn reject(&self, id: &ChangeRequestId, reason: Option<Why>) -> Result<ChangeRequest> {
        let reason = reason.map(Why::into_text);
        let store = &self.scope.store;
        let mut race = Race::begin(&store.random);
        loop {
            let request = self.scope.request(id).await?;
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
            match ending.commit().await? {
                Outcome::Committed => return Ok(ended.shown(store.clock.now())),
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => return Err(self.scope.refused(otherwise)),
            }
        }
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

    /// Is the caller another person than those who stand behind it, and one who may say yes to it?
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
        if request.object_kind == ADMINISTRATOR && request.object_id == caller.id {
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
            _ => Err(Error::NotPermitted),
        }
    }

    /// Those who stand behind the request and count now, beside the caller: different people, entitled
    /// at this moment, none of whom was handed another's account lately.
    async fn behind(&self, request: &StoredRequest) -> Result<Behind> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let asked = (request.requester.kind == ADMINISTRATOR).then_some(&request.requester.id);
        let others: BTreeSet<AdministratorId> = asked
            .into_iter()
            .chain(request.approvals.iter().map(|approval| &approval.by.id))
            .map(|id| AdministratorId::from(id.clone()))
            .collect();
        let caller = AdministratorId::from(decider(&self.scope.origin.actor).id);
        let of_caller = store.administrator(application, &caller).await?;
        let of_caller = of_caller.ok_or(Error::SignedOut)?.administrator;
        let behind_caller = self.hands(&of_caller).await?;
        let mut behind = Behind {
            counted: Vec::new(),
            client: None,
            fault: None,
        };
        for id in others {
            let is_requester = asked.is_some_and(|asked| asked == id.as_str());
            let loaded = store.administrator(application, &id).await?;
            let other = loaded.map(|loaded| loaded.administrator);
            let behind_other = match &other {
                Some(other) => self.hands(other).await?,
                None => BTreeSet::new(),
            };
            let handed = behind_other.contains(&caller);
            if (is_requester || !handed) && !behind_other.is_disjoint(&behind_caller) {
                return Err(Error::conflict(
                    "reset-lately",
                    "one person may have had a link to your account and to that of one who stands behind this request in hand within 24 hours; another administrator approves it",
                ));
            }
            let other = other.filter(|other| {
                other.is_eligible()
                    && (!request.touches_modules
                        || other.privileges.contains(Privilege::ManageModules))
            });
            match other {
                None if is_requester => {
                    behind.fault = Some("the requester may not ask for it any more");
                }
                // Approvals of those who may not approve any more do not count.
                None => {}
                Some(_) if handed => {}
                Some(other) => behind.counted.push(other),
            }
        }
        if request.requester.kind != ADMINISTRATOR {
            behind.client = self.requesting_client(request).await?;
            if behind.client.is_none() {
                behind.fault = Some("the requester may not ask for it any more");
            }
        }
        Ok(behind)
    }

    /// Everyone who may act by this account: its owner, whoever had a link to it in hand lately, and
    /// whoever had one to theirs.
    async fn hands(&self, of: &Administrator) -> Result<BTreeSet<AdministratorId>> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let now = store.clock.now();
        let mut hands: BTreeSet<_> = of.handed_to(now).cloned().collect();
        let mut unseen: Vec<_> = hands.iter().cloned().collect();
        hands.insert(of.id.clone());
        while let Some(id) = unseen.pop() {
            if let Some(Loaded { administrator, .. }) =
                store.administrator(application, &id).await?
            {
                let further = administrator.handed_to(now);
                unseen.extend(further.filter(|id| hands.insert((*id).clone())).cloned());
            }
        }
        Ok(hands)
    }

    /// The API client that has asked, if it may still ask for it.
    async fn requesting_client(&self, request: &StoredRequest) -> Result<Option<Client>> {
        let Ok(id) = ClientId::try_from(request.requester.id.clone()) else {
            return Ok(None);
        };
        let (_, client, _) = self
            .scope
            .store
            .client_for_deletion(&self.scope, &id)
            .await?;
        Ok(client.filter(|client| client.enabled && client.features.contains(Feature::Owner)))
    }

    /// The change as it was proposed, on its object as it is now; or why it can not be made any more.
    async fn ready(&self, request: &StoredRequest) -> Result<(Application, Ready)> {
        let proposal = request.proposal()?;
        let (owner, ready) = match proposal {
            Proposal::CreateClient { .. }
            | Proposal::ChangeClient { .. }
            | Proposal::ReplaceSecret { .. }
            | Proposal::DeleteClient => self.ready_client(request, proposal).await?,
            _ => self.ready_administrator(request, proposal).await?,
        };
        let checked = ready.and_then(|change| {
            let actor = Actor::System;
            if change.version() != request.object_version {
                return Err("it was changed after it was asked for");
            }
            if matches!(change, Change::SwitchOff) && !owner.multi_admin {
                return Err("it is off already");
            }
            // Privileges were looked at: what is left are modules, and who looks after it.
            match change.check(&owner, &actor) {
                Ok(()) => Ok(change),
                Err(Error::Conflict { .. }) => Err("too few administrators would be left"),
                Err(_) => Err("a module that it grants is not there any more"),
            }
        });
        Ok((owner, checked))
    }

    async fn ready_client(
        &self,
        request: &StoredRequest,
        proposal: Proposal,
    ) -> Result<(Application, Ready)> {
        const GONE: &str = "the client is not there any more";
        let store = &self.scope.store;
        let now = store.clock.now();
        let id = match &proposal {
            Proposal::CreateClient { client_id, .. } => client_id.clone(),
            _ => ClientId::try_from(request.object_id.clone()).map_err(|_| Error::NotFound)?,
        };
        let (owner, client, found) = store.client_for_deletion(&self.scope, &id).await?;
        let sealer = store.sealer_of(&owner).await?;
        let secret = |serial| {
            // Made when it is applied, and shown to nobody: whoever may see it asks with a code.
            let secret = ClientSecret::generate(&store.random)?;
            seal(
                &sealer,
                &id,
                serial,
                &secret,
                Verifier::Digest(secret.digest()),
            )
        };
        let ready = match (proposal, client) {
            (Proposal::CreateClient { values, .. }, None) => {
                let mut client =
                    Client::new(id.clone(), values.description.clone(), secret(1)?, now);
                values.put_into(&mut client);
                Ok(Change::CreateClient { client })
            }
            (Proposal::ChangeClient { values }, Some(before)) => {
                let mut after = before.clone();
                values.put_into(&mut after);
                after.version = before.version + 1;
                Ok(Change::ChangeClient { before, after })
            }
            (Proposal::ReplaceSecret { hours }, Some(before)) => {
                let mut after = before.clone();
                after.replace_secret(secret(before.secret.serial + 1)?, now + hours, now);
                after.version = before.version + 1;
                Ok(Change::ReplaceSecret {
                    before,
                    after,
                    hours,
                })
            }
            (Proposal::DeleteClient, Some(client)) => Ok(Change::DeleteClient { client, found }),
            _ => Err(GONE),
        };
        Ok((owner, ready))
    }

    async fn ready_administrator(
        &self,
        request: &StoredRequest,
        proposal: Proposal,
    ) -> Result<(Application, Ready)> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let owner = store
            .application(application)
            .await?
            .ok_or(Error::NotFound)?;
        if let Proposal::InviteAdministrator {
            email,
            name,
            privileges,
        } = proposal
        {
            let now = store.clock.now();
            let sealer = store.sealer_of(&owner).await?;
            let token = InvitationToken::generate(&store.random)?;
            let mut administrator = Administrator::invited(
                AdministratorId::from(request.object_id.clone()),
                email,
                name,
                privileges,
                OpenInvitation::of(&token, now),
                now,
            );
            administrator.hand_link_to(&self.caller(), now);
            let authenticator =
                Authenticator::for_invitation(&administrator.id, &sealer, &store.random)?;
            let change = Change::InviteAdministrator {
                administrator,
                authenticator,
                token,
            };
            return Ok((owner, Ok(change)));
        }
        if matches!(proposal, Proposal::SwitchOff) {
            return Ok((owner, Ok(Change::SwitchOff)));
        }
        let id = AdministratorId::from(request.object_id.clone());
        let Some(loaded) = store.administrator(application, &id).await? else {
            return Ok((owner, Err("the administrator is not there any more")));
        };
        let Loaded { application, .. } = &loaded;
        let owner = application.clone();
        let change = match proposal {
            Proposal::ChangeAdministrator { name, privileges } => {
                let after = loaded.administrator.changed(name, privileges);
                Change::ChangeAdministrator { loaded, after }
            }
            _ => Change::DeleteAdministrator { loaded },
        };
        Ok((owner, Ok(change)))
    }

    fn caller(&self) -> AdministratorId {
        AdministratorId::from(decider(&self.scope.origin.actor).id)
    }

    /// The request as it is at its end.
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
                [outcome, before.request_id.as_str()],
                scope,
                object,
                differences,
                scope.store.clock.now(),
            )
    }

    /// The same at the end of a request that changes nothing: its object and its name are free.
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

    /// One more says yes, and it is not enough yet. Those who do not count any more are left out.
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
            .as_read(owner)?;
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
        let begun = begun.under(owner, &change)?;
        let mut applied = change.write(begun, scope, owner, Some(id))?;
        // Whoever stands behind it does so until it happens; of somebody whom it is about, the change
        // itself demands that.
        let others = behind.counted.iter().filter(|other| {
            request.object_kind != ADMINISTRATOR || other.id.as_str() != request.object_id
        });
        for other in others {
            applied = applied.require_version(
                Table::Administrators,
                Key::standing(&other.id),
                other.authority,
                Otherwise::Retry,
            )?;
        }
        if let Some(client) = &behind.client
            && client.id.as_str() != request.object_id
        {
            applied = applied.require_version(
                Table::Clients,
                Key::client(&scope.application, &client.id),
                client.version,
                Otherwise::Retry,
            )?;
        }
        let outcome = applied.commit().await?;
        if outcome == Outcome::Committed
            && matches!(change, Change::DeleteClient { .. })
            && scope.clear_remains().await.is_err()
        {
            tracing::warn!("what is left of a deleted client is cleared away at the next deletion");
        }
        let token = match change {
            Change::InviteAdministrator { token, .. } => Some(token),
            _ => None,
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

/// Those who stand behind a request and count.
struct Behind {
    counted: Vec<Administrator>,
    /// The API client that has asked, if it was one.
    client: Option<Client>,
    /// Why it can not take effect any more.
    fault: Option<&'static str>,
}
