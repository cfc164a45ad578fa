//! The front door: signing in, and taking up an invitation or a reset.

use std::sync::{Arc, OnceLock};

use super::record::{StoredInvitation, StoredLogin, StoredSession};
use super::session::LONGEST;
use super::{Authenticator, Loaded, StoredAdministrator, StoredAuthenticator};
use crate::audit::{About, Actor, Object, Origin, administrator_changes};
use crate::authorization::origin;
use crate::one_time_code::{TotpKey, TotpSetup};
use crate::password::{RecoveryCodes, RecoveryHashes};
use crate::precondition::IfMatch;
use crate::request::Call;
use crate::slow_hash::Slots;
use crate::store::attempts::Limit;
use crate::store::dynamodb::{SortRange, from_item};
use crate::store::key::Key;
use crate::store::race::Race;
use crate::store::table::REQUEST;
use crate::store::transaction::{Outcome, Transaction};
use crate::store::{Scope, Store, Table};
use crate::token::{InvitationToken, SessionToken};
use crate::{
    Administrator, AdministratorId, ApplicationId, Email, Error, OneTimeCode, Password,
    RecoveryCode, Result, Timestamp,
};

/// What someone signs in with.
#[derive(Debug)]
pub struct SignIn {
    /// Their address.
    pub email: Email,
    /// In which application, for a person who is an administrator of several. Left out: the one
    /// where they became one first.
    pub application: Option<ApplicationId>,
    /// Their password.
    pub password: Password,
    /// And what else shows who they are.
    pub second: SecondFactor,
}

/// The second factor.
#[derive(Debug)]
pub enum SecondFactor {
    /// What the authenticator shows.
    Code(OneTimeCode),
    /// A recovery code in its place.
    Recovery(RecoveryCode),
}

/// A session that was begun just now.
#[derive(Debug)]
pub struct SignedInSession {
    /// Its token.
    pub token: SessionToken,
    /// When it ends at the latest.
    pub expires: Timestamp,
    /// Of which application.
    pub application: ApplicationId,
    /// Whose it is.
    pub administrator: Administrator,
}

/// What an open invitation or reset asks for.
#[derive(Debug)]
pub struct Enrolment {
    /// Whose it is.
    pub email: Email,
    /// What to set the authenticator up with, where that is to be done.
    pub totp: Option<TotpSetup>,
    /// Is a new password to be chosen? If not, the present one is asked for.
    pub chooses_password: bool,
}

/// Where people come in who have no session yet.
pub struct FrontDoor {
    store: Store,
    slots: Slots,
    /// Where the call comes from.
    origin: Origin,
    /// What was found out of the caller, for the audit of a refusal.
    about: Arc<OnceLock<About>>,
}

impl std::fmt::Debug for FrontDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FrontDoor(..)")
    }
}

impl FrontDoor {
    pub(crate) fn of(call: &Call<'_>) -> Self {
        Self {
            store: call.cx.store().clone(),
            slots: call.cx.warm().slots().clone(),
            origin: origin(call, Actor::Nobody),
            about: Arc::clone(call.about),
        }
    }

    /// Begins a session. Every failure is the same: in words, in what it costs, and in what it
    /// writes.
    pub async fn sign_in(&self, attempt: SignIn) -> Result<SignedInSession> {
        let store = &self.store;
        let whose = attempt.email.folded();
        store.limit(Limit::SignIn, &whose, &self.origin).await?;
        let login = self
            .login(&attempt.email, attempt.application.as_ref())
            .await?;
        let reserved = if let Some(login) = &login {
            let (application, id) = (&login.application_id, &login.administrator_id);
            self.note(application, id, &attempt.email);
            store.reserve_attempt(application, id).await?
        } else {
            let _ = self.about.set(About::nobody());
            let _ = store.administrator(&nowhere(), &nobody()).await?;
            store.pretend_attempt(&whose).await?;
            None
        };
        let authenticator = reserved.as_ref().map(|loaded| &loaded.authenticator);
        let hash = authenticator.and_then(|known| known.password.as_deref());
        let is_password_right = attempt.password.fits(hash, &self.slots).await?;
        let second = self
            .second_factor(reserved.as_ref(), &attempt.second)
            .await?;
        let (Some(loaded), true, Some(second)) = (reserved, is_password_right, second) else {
            return Err(Error::SignInFailed);
        };
        if !loaded.administrator.is_ready() {
            return Err(Error::SignInFailed);
        }
        let begun = self.begin_session(loaded, &second).await?;
        begun.ok_or(Error::SignInFailed)
    }

    /// Whom the address means: in the application that was named, or else in the first one where it
    /// could sign in, so that nobody can shut somebody else out by inviting them elsewhere.
    async fn login(
        &self,
        email: &Email,
        application: Option<&ApplicationId>,
    ) -> Result<Option<StoredLogin>> {
        let partition = Key::login_partition(email);
        let range = match application {
            Some(application) => SortRange::Between(application.as_str(), application.as_str()),
            None => SortRange::All,
        };
        let found = self
            .store
            .query(Table::Administrators, partition, range)
            .await?;
        let mut logins = found
            .into_iter()
            // An address that is kept for an invitation that waits is nobody's yet.
            .filter(|item| !item.contains_key(REQUEST))
            .map(from_item::<StoredLogin>)
            .collect::<Result<Vec<_>>>()?;
        logins.retain(|login| login.since.is_some());
        Ok(logins.into_iter().min_by_key(|login| login.since))
    }

    /// What the second factor comes to, if it is right. Costs the same for nobody.
    async fn second_factor(
        &self,
        loaded: Option<&Loaded>,
        second: &SecondFactor,
    ) -> Result<Option<Second>> {
        let now = self.store.clock.now();
        match second {
            SecondFactor::Code(code) => {
                let (key, last) = match loaded {
                    Some(loaded) => (self.totp(loaded).await?, loaded.authenticator.last_step),
                    None => (TotpKey::generate(&self.store.random)?, u64::MAX),
                };
                Ok(key.step(code, last, now).map(Second::Step))
            }
            SecondFactor::Recovery(code) => {
                let nobodys = RecoveryHashes::default();
                let hashes = loaded.map_or(&nobodys, |loaded| &loaded.authenticator.recovery);
                let rest = hashes.without(code, &self.slots).await?;
                Ok(rest.map(Second::Recovery))
            }
        }
    }

    async fn totp(&self, loaded: &Loaded) -> Result<TotpKey> {
        let sealer = self.store.sealer_of(&loaded.application).await?;
        loaded.authenticator.totp(&loaded.administrator.id, &sealer)
    }

    /// Uses the second factor up and begins the session, both or neither. `None` if somebody else
    /// has used it in the meantime.
    async fn begin_session(
        &self,
        mut loaded: Loaded,
        second: &Second,
    ) -> Result<Option<SignedInSession>> {
        let store = &self.store;
        let mut race = Race::begin(&store.random);
        loop {
            let Loaded {
                application,
                administrator,
                authenticator,
                ..
            } = &mut loaded;
            let read = authenticator.version;
            if !second.use_up(authenticator) {
                return Ok(None);
            }
            let now = store.clock.now();
            let token = SessionToken::generate(&administrator.id, &store.random)?;
            let scope = self.scope(&application.id, administrator);
            let begin = Transaction::on(store)
                .replace(
                    Table::Administrators,
                    Key::authenticator(&application.id, &administrator.id),
                    &StoredAuthenticator::of(&administrator.id, authenticator),
                    read,
                )?
                .overwrite(
                    Table::Administrators,
                    Key::session(&administrator.id, &token.digest()),
                    &StoredSession::beginning(now, administrator.authority),
                )?
                .audit(
                    &scope,
                    &Object::administrator(administrator),
                    &crate::audit::Changes::new(),
                    now,
                )?;
            match begin.commit().await? {
                Outcome::Committed => {
                    return Ok(Some(SignedInSession {
                        token,
                        expires: now + LONGEST,
                        application: loaded.application.id,
                        administrator: loaded.administrator,
                    }));
                }
                Outcome::Refused(_) => return Ok(None),
                Outcome::Lost => race.again().await?,
            }
            // Others have tried in the meantime. What was checked was right; is it still what counts,
            // and still unused?
            let (application, id) = (&loaded.application.id, &loaded.administrator.id);
            let again = store.administrator(application, id).await?;
            match again {
                Some(again)
                    if again.administrator.is_ready()
                        && again.administrator.authority == loaded.administrator.authority =>
                {
                    loaded = again;
                }
                _ => return Ok(None),
            }
        }
    }

    /// What an invitation or reset link asks for.
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
        let store = &self.store;
        let invited = self.invited(token).await?;
        let (application, id) = (invited.application.id, invited.administrator.id);
        if !invited.administrator.has_password {
            password.check(&invited.administrator.email)?;
        }
        self.note(&application, &id, &invited.administrator.email);
        let reserved = store.reserve_attempt(&application, &id).await?;
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
        Ok((application, codes))
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
        let after = Administrator {
            activated: before.activated.or(Some(now)),
            has_mfa: true,
            has_password: true,
            invitation: None,
            version: before.version + 1,
            ..before.clone()
        };
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
            .take_away(Table::Administrators, Key::invitation(&token.digest()))?
            .keep_roster(application, &loaded.roster, id, after.is_eligible())?
            .audit(
                &self.scope(application, &after),
                &Object::administrator(&after),
                &administrator_changes(Some(before), Some(&after)),
                now,
            )?;
        match enrolment.commit().await? {
            Outcome::Committed => Ok(()),
            // Somebody else used the link, or made a new one; the code is spent either way.
            Outcome::Refused(_) => Err(Error::NotFound),
            Outcome::Lost => Err(Error::Busy),
        }
    }

    /// Whose invitation or reset the token is, if it can still be used.
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

    /// The store as the administrator sees it who has just shown who they are.
    fn scope(&self, application: &ApplicationId, administrator: &Administrator) -> Scope {
        Scope {
            store: self.store.clone(),
            application: application.clone(),
            origin: Origin {
                actor: Actor::of(administrator),
                ..self.origin.clone()
            },
            if_match: IfMatch::none(),
            once: None,
        }
    }

    /// Notes whom the caller claims to be, for the audit of a refusal.
    fn note(&self, application: &ApplicationId, id: &AdministratorId, email: &Email) {
        let _ = self.about.set(About {
            application: Some(application.clone()),
            actor: Actor::Nobody,
            object: Some(Object {
                kind: "administrator",
                id: id.as_str().to_owned(),
                name: email.as_str().to_owned(),
            }),
        });
    }
}

/// A second factor that was right.
enum Second {
    /// A code of this step.
    Step(u64),
    /// A recovery code; these are left.
    Recovery(RecoveryHashes),
}

impl Second {
    /// Makes it used; tells whether it was not before.
    fn use_up(&self, authenticator: &mut Authenticator) -> bool {
        match self {
            Self::Step(step) if authenticator.last_step < *step => {
                authenticator.succeed(Some(*step));
                true
            }
            Self::Recovery(left)
                if authenticator.recovery.salt == left.salt
                    && authenticator.recovery.left.len() == left.left.len() + 1 =>
            {
                authenticator.succeed(None);
                authenticator.recovery = left.clone();
                true
            }
            _ => false,
        }
    }
}

/// An application and an administrator that there never are.
fn nowhere() -> ApplicationId {
    ApplicationId::nowhere()
}

fn nobody() -> AdministratorId {
    AdministratorId::from("-".to_owned())
}
