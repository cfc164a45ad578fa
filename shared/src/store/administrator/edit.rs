//! Managing administrators: inviting, changing, resetting and deleting them, within the guard rails
//! (administration contract, section 3).

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::record::StoredInvitation;
use super::{
    Authenticator, Loaded, Seen, StoredAdministrator, StoredAuthenticator, StoredStanding,
};
use crate::administrator::{INVITATION, OpenInvitation};
use crate::audit::{Actor, Object, administrator_changes};
use crate::one_time_code::TotpKey;
use crate::store::client::one_person_may_change;
use crate::store::key::Key;
use crate::store::race::Race;
use crate::store::transaction::{Otherwise, Outcome, Transaction};
use crate::store::{Scope, Table};
use crate::token::InvitationToken;
use crate::{
    Administrator, AdministratorId, Email, Error, PersonName, Privilege, Privileges, Result,
};

/// What a reset takes away.
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
    pub async fn invite<T: Serialize + DeserializeOwned>(
        &self,
        email: Email,
        name: PersonName,
        privileges: Privileges,
        shown: impl Fn(Seen, &InvitationToken) -> T,
    ) -> Result<T> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let mut race = Race::begin(&store.random);
        loop {
            let (owner, replayed) = self.scope.application_or_replay().await?;
            if let Some(replayed) = replayed {
                return Ok(replayed);
            }
            one_person_may_change(&owner)?;
            let sealer = store.sealer_of(&owner).await?;
            let now = store.clock.now();
            let token = InvitationToken::generate(&store.random)?;
            let administrator = Administrator {
                id: AdministratorId::generate(&store.random)?,
                email: email.clone(),
                name: name.clone(),
                privileges: privileges.clone(),
                created: now,
                activated: None,
                has_mfa: false,
                has_password: false,
                invitation: Some(OpenInvitation::of(&token, now)),
                authority: 1,
                version: 1,
            };
            let mut authenticator = Authenticator::new();
            let key = TotpKey::generate(&store.random)?;
            authenticator.set_totp(&administrator.id, &key, &sealer)?;
            let reply = shown(Seen::of(administrator.clone(), None, now), &token);
            let invitation = Transaction::on(store)
                .create_administrator(application, &administrator, &authenticator)?
                .create_invitation(&self.scope, &administrator, &token)?
                .remember_reply(&self.scope, &sealer, &reply)?
                .audit(
                    &self.scope,
                    &Object::administrator(&administrator),
                    &administrator_changes(None, Some(&administrator)),
                    now,
                )?;
            match invitation.commit().await? {
                Outcome::Committed => return Ok(reply),
                Outcome::Lost | Outcome::Refused(Otherwise::Replayed) => race.again().await?,
                Outcome::Refused(otherwise) => return Err(refusal(otherwise)),
            }
        }
    }

    /// Changes an administrator by `edit`. Privileges that are lost end their sessions at once.
    pub async fn change(
        &self,
        id: &AdministratorId,
        edit: impl Fn(&mut Administrator) + Send + Sync,
    ) -> Result<Seen> {
        let store = &self.scope.store;
        let mut race = Race::begin(&store.random);
        loop {
            let loaded = self.changeable(id).await?;
            one_person_may_change(&loaded.application)?;
            let mut after = loaded.administrator.clone();
            edit(&mut after);
            self.check_privileges(&loaded, &after)?;
            let has_lost = Privilege::ALL.iter().any(|privilege| {
                loaded.administrator.privileges.contains(*privilege)
                    && !after.privileges.contains(*privilege)
            });
            if has_lost {
                after.authority += 1;
            }
            after.version += 1;
            let change = self.replace(&loaded, &after)?;
            match self
                .audited(change, &loaded, Some(&after))?
                .commit()
                .await?
            {
                Outcome::Committed => {
                    let locked_until = loaded.authenticator.locked_until;
                    return Ok(Seen::of(after, locked_until, store.clock.now()));
                }
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => return Err(refusal(otherwise)),
            }
        }
    }

    /// Deletes an administrator: their sessions and links are dead at once, their address is free.
    pub async fn delete(&self, id: &AdministratorId) -> Result<()> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let table = Table::Administrators;
        let mut race = Race::begin(&store.random);
        loop {
            let loaded = self.changeable(id).await?;
            one_person_may_change(&loaded.application)?;
            let administrator = &loaded.administrator;
            if loaded.roster.needs(id) {
                return Err(last_one("deleted"));
            }
            let mut deletion = Transaction::on(store)
                .delete_version(
                    table,
                    Key::administrator(application, id),
                    administrator.version,
                )?
                .delete(table, Key::authenticator(application, id))?
                .delete_version(table, Key::standing(id), administrator.authority)?
                .delete(table, Key::login(&administrator.email, application))?
                .keep_roster(application, &loaded.roster, id, false)?;
            if let Some(open) = &administrator.invitation {
                deletion = deletion.delete(table, Key::invitation(&open.digest))?;
            }
            match self.audited(deletion, &loaded, None)?.commit().await? {
                Outcome::Committed => return Ok(()),
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => return Err(refusal(otherwise)),
            }
        }
    }

    /// Takes a factor away from another administrator, which ends their sessions, and makes a link
    /// by which they set it anew. An older link is void.
    pub async fn reset(&self, id: &AdministratorId, reset: Reset) -> Result<InvitationToken> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let mut race = Race::begin(&store.random);
        loop {
            let loaded = self.changeable(id).await?;
            if self.is_caller(id) {
                return Err(Error::conflict(
                    "own-reset",
                    "nobody resets their own password or authenticator; another administrator can",
                ));
            }
            if loaded.roster.needs(id) {
                return Err(last_one("reset"));
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
            after.authority += 1;
            after.version += 1;
            let mut change = self
                .replace(&loaded, &after)?
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
            match self
                .audited(change, &loaded, Some(&after))?
                .commit()
                .await?
            {
                Outcome::Committed => return Ok(token),
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => return Err(refusal(otherwise)),
            }
        }
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

    fn is_caller(&self, id: &AdministratorId) -> bool {
        matches!(&self.scope.origin.actor, Actor::Administrator { id: caller, .. } if caller == id)
    }

    /// Nobody changes what they may do themselves, and somebody always looks after the application.
    fn check_privileges(&self, loaded: &Loaded, after: &Administrator) -> Result<()> {
        if loaded.administrator.privileges == after.privileges {
            return Ok(());
        }
        if self.is_caller(&after.id) {
            return Err(Error::conflict(
                "own-privileges",
                "nobody changes their own privileges; another administrator can",
            ));
        }
        if loaded.roster.needs(&after.id) && !after.is_eligible() {
            return Err(last_one("demoted"));
        }
        Ok(())
    }

    /// The new record, and what follows from it.
    fn replace<'a>(&'a self, loaded: &Loaded, after: &Administrator) -> Result<Transaction<'a>> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let before = &loaded.administrator;
        Transaction::on(store)
            .replace(
                Table::Administrators,
                Key::administrator(application, &after.id),
                &StoredAdministrator::from(after),
                before.version,
            )?
            .replace(
                Table::Administrators,
                Key::standing(&after.id),
                &StoredStanding::of(application, after),
                before.authority,
            )?
            .keep_roster(application, &loaded.roster, &after.id, after.is_eligible())
    }

    fn audited<'a>(
        &'a self,
        change: Transaction<'a>,
        loaded: &Loaded,
        after: Option<&Administrator>,
    ) -> Result<Transaction<'a>> {
        let before = &loaded.administrator;
        change.audit(
            &self.scope,
            &Object::administrator(before),
            &administrator_changes(Some(before), after),
            self.scope.store.clock.now(),
        )
    }
}

fn last_one(done: &str) -> Error {
    Error::conflict(
        "last-administrator",
        format!(
            "the only administrator who can sign in and holds manage_users can not be {done}; let another one in first"
        ),
    )
}

fn refusal(otherwise: Otherwise) -> Error {
    match otherwise {
        Otherwise::EmailTaken => Error::Taken {
            argument: "email",
            by: "another administrator of this application",
        },
        Otherwise::NotEntitled => Error::SignedOut,
        _ => Error::Busy,
    }
}

impl Transaction<'_> {
    /// Where a link leads.
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
        self.create(Table::Administrators, key, &stored, Otherwise::Retry)
    }
}

impl Authenticator {
    pub(in crate::store) fn new() -> Self {
        Self {
            version: 1,
            ..Self::default()
        }
    }

    pub(in crate::store) fn set_password(&mut self, hash: String) {
        self.password = Some(hash);
    }

    fn reset_totp(
        &mut self,
        id: &AdministratorId,
        key: &TotpKey,
        sealer: &crate::sealing::Sealer,
    ) -> Result<()> {
        self.set_totp(id, key, sealer)?;
        self.recovery = crate::password::RecoveryHashes::default();
        self.version += 1;
        Ok(())
    }

    fn reset_password(&mut self) {
        self.password = None;
        self.version += 1;
    }
}
