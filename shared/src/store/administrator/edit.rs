//! Managing administrators: inviting, changing, resetting and deleting them, within the guard rails
//! (administration contract, section 3).

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::administrator::{
    Administrator, AdministratorProfile, Email, INVITATION, OpenInvitation,
};
use crate::domain::audit::{Actor, Object, administrator_changes};
use crate::error::{Error, Result};
use crate::ids::AdministratorId;
use crate::random::Random;
use crate::secrets::invitation_token::InvitationToken;
use crate::secrets::one_time_code::TotpKey;
use crate::secrets::sealing::Sealer;
use crate::store::administrator::record::StoredInvitation;
use crate::store::administrator::{Authenticator, Loaded, Seen, StoredAuthenticator};
use crate::store::change::{Change, last_one};
use crate::store::key::Key;
use crate::store::outcome::OnConflict;
use crate::store::retry::{Attempt, until_done};
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// A factor that a reset removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// The authenticator and the recovery codes.
    Mfa,
    /// The password.
    Password,
}

/// Manages the administrators of one application. Every method is one transaction that holds its
/// audit event.
#[derive(Debug)]
pub struct AdministratorEditor {
    scope: Scope,
}

impl From<Scope> for AdministratorEditor {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl AdministratorEditor {
    /// Invites someone: they can do nothing until they have taken the invitation up. What `shown`
    /// makes of it is the answer, also to the same request made again.
    pub async fn invite<'a, T: Serialize + DeserializeOwned + Sync>(
        &'a self,
        email: Email,
        profile: AdministratorProfile,
        shown: impl Fn(Seen, &InvitationToken) -> T,
    ) -> Result<T> {
        let store = &self.scope.store;
        until_done(&store.random, || async {
            let (owner, replayed) = self.scope.application_or_replay().await?;
            if let Some(replayed) = replayed {
                return Ok(Attempt::Done(replayed));
            }
            let sealer = store.sealer_of(&owner).await?;
            let now = store.clock.now();
            let token = InvitationToken::generate(&store.random)?;
            let administrator = Administrator::invited(
                AdministratorId::generate(&store.random)?,
                email.clone(),
                profile.clone(),
                OpenInvitation::of(&token, now),
                now,
            );
            let authenticator =
                Authenticator::for_invitation(&administrator.id, &sealer, &store.random)?;
            let reply = shown(Seen::of(administrator.clone(), None, now), &token);
            let change = Change::InviteAdministrator {
                administrator,
                authenticator,
                token,
            };
            let kept = |invitation: Transaction<'a>| {
                invitation.remember_reply(&self.scope, &sealer, &reply)
            };
            self.scope
                .apply_or_hold(&owner, change, kept)
                .await?
                .settle(&self.scope, reply)
        })
        .await
    }

    /// Changes the profile of an administrator by `edit`. Privileges that are lost end their sessions at once.
    pub async fn change(
        &self,
        id: &AdministratorId,
        edit: impl Fn(&mut AdministratorProfile) + Send + Sync,
    ) -> Result<Seen> {
        let store = &self.scope.store;
        until_done(&store.random, || async {
            let loaded = self.changeable(id).await?;
            let before = &loaded.administrator;
            let mut profile = before.profile.clone();
            edit(&mut profile);
            let after = before.changed(profile);
            if self.is_caller(id) && after.profile.privileges != before.profile.privileges {
                return Err(Error::conflict(
                    "own-privileges",
                    "nobody changes their own privileges; another administrator can",
                ));
            }
            let owner = loaded.application.clone();
            let locked_until = loaded.authenticator.locked_until;
            let change = Change::EditAdministrator {
                loaded,
                after: after.clone(),
            };
            self.scope.apply_or_hold(&owner, change, Ok).await?.settle(
                &self.scope,
                Seen::of(after, locked_until, store.clock.now()),
            )
        })
        .await
    }

    /// Deletes an administrator: their sessions and links are dead at once, their address is free.
    pub async fn delete(&self, id: &AdministratorId) -> Result<()> {
        until_done(&self.scope.store.random, || async {
            let loaded = self.changeable(id).await?;
            let owner = loaded.application.clone();
            let change = Change::DeleteAdministrator { loaded };
            self.scope
                .apply_or_hold(&owner, change, Ok)
                .await?
                .settle(&self.scope, ())
        })
        .await
    }

    /// Removes a factor of another administrator, and makes a link to set it anew.
    ///
    /// It ends their sessions, and an older link is void.
    pub async fn reset(&self, id: &AdministratorId, reset: Reset) -> Result<InvitationToken> {
        let Scope {
            store, application, ..
        } = &self.scope;
        until_done(&store.random, || async {
            let loaded = self.changeable(id).await?;
            if self.is_caller(id) {
                return Err(Error::conflict(
                    "own-reset",
                    "nobody resets their own password or authenticator; another administrator can",
                ));
            }
            if loaded.left_without() == Some(0) {
                return Err(last_one(1, "reset"));
            }
            let now = store.clock.now();
            let token = InvitationToken::generate(&store.random)?;
            let mut after = loaded.administrator.clone();
            let mut authenticator = loaded.authenticator.clone();
            match reset {
                Reset::Mfa => {
                    after.has_mfa = false;
                    let sealer = store.sealer_of(&loaded.application).await?;
                    authenticator.reset_totp(id, &TotpKey::generate(&store.random)?, &sealer)?;
                }
                Reset::Password => {
                    after.has_password = false;
                    authenticator.reset_password();
                }
            }
            after.invitation = Some(OpenInvitation::of(&token, now));
            after.hand_link_to(self.caller()?, now);
            after.authority += 1;
            after.version += 1;
            let mut change = Transaction::on(store)
                .replace_administrator(application, &loaded, &after)?
                .replace(
                    Table::Administrators,
                    Key::authenticator(application, id),
                    &StoredAuthenticator::of(id, &authenticator),
                    loaded.authenticator.version,
                )?
                .create_invitation(&self.scope, &after, &token)?;
            if let Some(open) = &loaded.administrator.invitation {
                change = change.delete(Table::Administrators, Key::invitation(&open.digest))?;
            }
            let before = &loaded.administrator;
            let audited = change.audit(
                &self.scope,
                &Object::administrator(before),
                &administrator_changes(Some(before), Some(&after)),
                now,
            )?;
            audited.commit().await?.settle(&self.scope, token)
        })
        .await
    }

    async fn changeable(&self, id: &AdministratorId) -> Result<Loaded> {
        let Scope {
            store,
            application,
            if_match,
            ..
        } = &self.scope;
        let loaded = store.administrator(application, id).await?;
        let loaded = loaded.ok_or(Error::NotFound)?;
        if_match.check(loaded.administrator.version)?;
        Ok(loaded)
    }

    fn caller(&self) -> Result<&AdministratorId> {
        match &self.scope.origin.actor {
            Actor::Administrator { id, .. } => Ok(id),
            _ => Err(Error::SignedOut),
        }
    }

    fn is_caller(&self, id: &AdministratorId) -> bool {
        self.caller().is_ok_and(|caller| caller == id)
    }
}

impl Transaction<'_> {
    /// Writes the item that an invitation's link is looked up by.
    pub(in crate::store) fn create_invitation(
        self,
        scope: &Scope,
        administrator: &Administrator,
        token: &InvitationToken,
    ) -> Result<Self> {
        let until = scope.store.clock.now() + INVITATION;
        let stored = StoredInvitation {
            application_id: scope.application.clone(),
            administrator_id: administrator.id.clone(),
            until,
            expires: until.seconds(),
        };
        let key = Key::invitation(&token.digest());
        self.create(Table::Administrators, key, &stored, OnConflict::Retry)
    }
}

impl Authenticator {
    pub(in crate::store) fn new() -> Self {
        Self {
            version: 1,
            ..Self::default()
        }
    }

    /// Returns an authenticator for an invited person, with a key that is not in use yet.
    pub(in crate::store) fn for_invitation(
        id: &AdministratorId,
        sealer: &Sealer,
        random: &Random,
    ) -> Result<Self> {
        let mut authenticator = Self::new();
        authenticator.set_totp(id, &TotpKey::generate(random)?, sealer)?;
        Ok(authenticator)
    }

    pub(in crate::store) fn set_password(&mut self, hash: String) {
        self.password = Some(hash);
    }

    fn reset_totp(&mut self, id: &AdministratorId, key: &TotpKey, sealer: &Sealer) -> Result<()> {
        self.set_totp(id, key, sealer)?;
        self.recovery = crate::secrets::password::RecoveryHashes::default();
        self.version += 1;
        Ok(())
    }

    fn reset_password(&mut self) {
        self.password = None;
        self.version += 1;
    }
}
