//! Taking up an invitation or a reset.

use crate::domain::administrator::{Administrator, Email};
use crate::domain::audit::{Object, administrator_changes};
use crate::error::{Error, Result};
use crate::ids::ApplicationId;
use crate::secrets::invitation_token::InvitationToken;
use crate::secrets::one_time_code::{OneTimeCode, TotpSetup};
use crate::secrets::password::{Password, RecoveryCodes, RecoveryHashes};
use crate::store::Table;
use crate::store::administrator::record::{StoredInvitation, StoredLogin};
use crate::store::administrator::sign_in::{FrontDoor, claim, nobody, nowhere};
use crate::store::administrator::{
    Authenticator, Loaded, StoredAdministrator, StoredAuthenticator,
};
use crate::store::key::Key;
use crate::store::limit::Limit;
use crate::store::outcome::{OnConflict, Outcome};
use crate::store::transaction::Transaction;

/// The steps that an open invitation or reset asks for.
#[derive(Debug)]
pub struct Enrolment {
    /// The address of its person.
    pub email: Email,
    /// The setup of a new authenticator, if one is needed.
    pub totp: Option<TotpSetup>,
    /// Is a new password to be chosen? If not, the present one is asked for.
    pub chooses_password: bool,
}

impl FrontDoor {
    /// Returns the steps that an invitation or reset link asks for.
    pub async fn enrolment(&self, token: &InvitationToken) -> Result<Enrolment> {
        let loaded = self.invited(token).await?;
        let totp = if loaded.administrator.has_mfa {
            None
        } else {
            let key = self.totp(&loaded).await?;
            Some(key.setup(loaded.administrator.email.as_str())?)
        };
        Ok(Enrolment {
            email: loaded.administrator.email,
            totp,
            chooses_password: !loaded.administrator.has_password,
        })
    }

    /// Takes an invitation or reset up: the authenticator first, and then the password. What the
    /// link does not set anew must be shown instead. Gives recovery codes for a new authenticator.
    pub async fn enrol(
        &self,
        token: &InvitationToken,
        password: &Password,
        code: &OneTimeCode,
    ) -> Result<(ApplicationId, Option<RecoveryCodes>)> {
        let invited = self.invited(token).await?;
        let (application, id) = (invited.application.id, invited.administrator.id);
        if !invited.administrator.has_password {
            password.check(&invited.administrator.email.folded())?;
        }
        let claimed = claim(&application, &id, &invited.administrator.email);
        claimed.note_in_log();
        let reserved = self.store.reserve_attempt(&application, &id).await?;
        match self.set_up(reserved, token, password, code).await {
            Ok(codes) => Ok((application, codes)),
            Err(error) => Err(self.refused(&claimed, error).await),
        }
    }

    /// Verifies the code, and the password where one is set, and stores what the link sets up anew.
    async fn set_up(
        &self,
        reserved: Option<Loaded>,
        token: &InvitationToken,
        password: &Password,
        code: &OneTimeCode,
    ) -> Result<Option<RecoveryCodes>> {
        let store = &self.store;
        let loaded = reserved.ok_or(Error::WrongCode)?;
        let before = &loaded.administrator;
        let hash = loaded.authenticator.password.as_deref();
        let is_known = !before.has_password || password.fits(hash, &self.slots).await?;
        let key = self.totp(&loaded).await?;
        let step = key.step(code, loaded.authenticator.last_step, store.clock.now());
        let (true, Some(step)) = (is_known, step) else {
            return Err(Error::WrongCode);
        };
        let mut after = loaded.authenticator.clone();
        let read = after.version;
        after.succeed(Some(step));
        let mut codes = None;
        if !before.has_mfa {
            let (plain, hashes) = RecoveryHashes::generate(&self.slots, &store.random).await?;
            after.recovery = hashes;
            codes = Some(plain);
        }
        if !before.has_password {
            after.password = Some(password.hash(&self.slots, &store.random).await?);
        }
        self.finish_enrolment(&loaded, &after, read, token).await?;
        Ok(codes)
    }

    async fn finish_enrolment(
        &self,
        loaded: &Loaded,
        authenticator: &Authenticator,
        read: u64,
        token: &InvitationToken,
    ) -> Result<()> {
        let store = &self.store;
        let (before, now) = (&loaded.administrator, store.clock.now());
        let (application, id) = (&loaded.application.id, &before.id);
        let mut after = Administrator {
            activated: before.activated.or(Some(now)),
            has_mfa: true,
            has_password: true,
            invitation: None,
            version: before.version + 1,
            ..before.clone()
        };
        after.link_taken_up(now);
        let scope = self.scope(application, &after);
        let enrolment = Transaction::on(store)
            .replace(
                Table::Administrators,
                Key::administrator(application, id),
                &StoredAdministrator::from(&after),
                before.version,
            )?
            .replace(
                Table::Administrators,
                Key::authenticator(application, id),
                &StoredAuthenticator::of(id, authenticator),
                read,
            )?
            .overwrite(
                Table::Administrators,
                Key::login(&after.email, application),
                &StoredLogin::of(application, &after),
            )?
            .delete_existing(Table::Administrators, Key::invitation(&token.digest()))?
            .keep_roster(application, &loaded.roster, id, after.is_eligible())?
            .audit(
                &scope,
                &Object::administrator(&after),
                &administrator_changes(Some(before), Some(&after)),
                now,
            )?;
        match enrolment.commit().await? {
            Outcome::Committed => Ok(()),
            // Somebody else used the link, or made a new one; the code is spent either way.
            Outcome::Refused(OnConflict::NotEntitled) => Err(Error::NotFound),
            Outcome::Refused(reason) => Err(reason.refusal(&scope)),
            Outcome::Conflict => Err(Error::Busy),
        }
    }

    /// Returns the invited person of a token that can still be used.
    async fn invited(&self, token: &InvitationToken) -> Result<Loaded> {
        let (store, digest) = (&self.store, token.digest());
        let whose = crate::random::hexadecimal(&digest[..8]);
        store.limit(Limit::Invitation, &whose, &self.origin).await?;
        let key = Key::invitation(&digest);
        let stored: Option<StoredInvitation> = store.get(Table::Administrators, &key).await?;
        let stored = stored.filter(|stored| store.clock.now() < stored.until);
        let (application, id) = stored.map_or_else(
            || (nowhere(), nobody()),
            |stored| (stored.application_id, stored.administrator_id),
        );
        let loaded = store.administrator(&application, &id).await?;
        // A newer link makes an older one void.
        loaded
            .filter(|loaded| {
                let open = loaded.administrator.invitation.as_ref();
                open.is_some_and(|open| open.digest == digest)
            })
            .ok_or(Error::NotFound)
    }
}
