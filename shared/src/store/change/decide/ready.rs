//! The change of a request, ready to be made on its object as it is now.

use crate::domain::administrator::{Administrator, OpenInvitation};
use crate::domain::application::Application;
use crate::domain::audit::Actor;
use crate::domain::client::Client;
use crate::error::{Error, Result};
use crate::ids::{AdministratorId, ClientId};
use crate::secrets::client_secret::{ClientSecret, Verifier};
use crate::secrets::invitation_token::InvitationToken;
use crate::store::Scope;
use crate::store::administrator::{Authenticator, Loaded};
use crate::store::change::Change;
use crate::store::change::decide::Reviewer;
use crate::store::change::proposal::Proposal;
use crate::store::change::request::StoredRequest;
use crate::store::client::seal;

/// A change that is ready to be made, or the reason why it never can be.
pub(super) type Ready = std::result::Result<Change, &'static str>;

impl Reviewer {
    /// Returns the proposed change on the present object, or the reason why it cannot be made any more.
    pub(super) async fn ready(&self, request: &StoredRequest) -> Result<(Application, Ready)> {
        let proposal = request.proposal()?;
        let (owner, ready) = match proposal {
            Proposal::CreateClient { .. }
            | Proposal::EditClient { .. }
            | Proposal::ReplaceSecret { .. }
            | Proposal::RetireSecret
            | Proposal::DeleteClient => self.ready_client(request, proposal).await?,
            Proposal::InviteAdministrator { .. }
            | Proposal::EditAdministrator(_)
            | Proposal::DeleteAdministrator
            | Proposal::SwitchOff => self.ready_administrator(request, proposal).await?,
        };
        let checked = ready.and_then(|change| {
            let actor = Actor::System;
            // The reviewers saw the object in that version, and nothing else is approved.
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
            Proposal::EditClient { .. }
            | Proposal::ReplaceSecret { .. }
            | Proposal::RetireSecret
            | Proposal::DeleteClient
            | Proposal::InviteAdministrator { .. }
            | Proposal::EditAdministrator(_)
            | Proposal::DeleteAdministrator
            | Proposal::SwitchOff => {
                ClientId::try_from(request.object_id.clone()).map_err(|_| Error::NotFound)?
            }
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
                let client = Client::new(id.clone(), values, secret(1)?, now);
                Ok(Change::CreateClient { client })
            }
            (Proposal::EditClient { values }, Some(before)) => {
                let mut after = before.clone();
                after.profile = values;
                after.version = before.version + 1;
                Ok(Change::EditClient { before, after })
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
            (Proposal::RetireSecret, Some(before)) => match before.without_previous_secret(now) {
                Some(after) => Ok(Change::RetireSecret { before, after }),
                None => Err("the old secret has ended by itself"),
            },
            (Proposal::DeleteClient, Some(client)) => Ok(Change::DeleteClient { client, found }),
            (Proposal::CreateClient { .. }, Some(_))
            | (
                Proposal::EditClient { .. }
                | Proposal::ReplaceSecret { .. }
                | Proposal::RetireSecret
                | Proposal::DeleteClient,
                None,
            ) => Err(GONE),
            (
                Proposal::InviteAdministrator { .. }
                | Proposal::EditAdministrator(_)
                | Proposal::DeleteAdministrator
                | Proposal::SwitchOff,
                _,
            ) => return Err(Error::unexpected("a proposal that is not about a client")),
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
        if let Proposal::InviteAdministrator { email, profile } = proposal {
            let now = store.clock.now();
            let sealer = store.sealer_of(&owner).await?;
            let token = InvitationToken::generate(&store.random)?;
            let mut administrator = Administrator::invited(
                AdministratorId::from(request.object_id.clone()),
                email,
                profile,
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
            Proposal::EditAdministrator(profile) => {
                let after = loaded.administrator.changed(profile);
                Change::EditAdministrator { loaded, after }
            }
            Proposal::DeleteAdministrator => Change::DeleteAdministrator { loaded },
            Proposal::CreateClient { .. }
            | Proposal::EditClient { .. }
            | Proposal::ReplaceSecret { .. }
            | Proposal::RetireSecret
            | Proposal::DeleteClient
            | Proposal::InviteAdministrator { .. }
            | Proposal::SwitchOff => {
                return Err(Error::unexpected(
                    "a proposal that changes no administrator",
                ));
            }
        };
        Ok((owner, Ok(change)))
    }
}
