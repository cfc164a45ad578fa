//! The front door: signing in, and taking up an invitation or a reset.

use crate::clock::Timestamp;
use crate::domain::administrator::{Administrator, Email};
use crate::domain::audit::{About, Actor, Object, Origin};
use crate::domain::kind::ObjectKind;
use crate::domain::precondition::IfMatch;
use crate::error::{Error, Result};
use crate::ids::{AdministratorId, ApplicationId};
use crate::secrets::one_time_code::{OneTimeCode, TotpKey};
use crate::secrets::password::{Password, RecoveryCode, RecoveryHashes};
use crate::secrets::session_token::SessionToken;
use crate::secrets::slow_hash::Slots;
use crate::store::administrator::record::{StoredLogin, StoredSession};
use crate::store::administrator::session::LONGEST;
use crate::store::administrator::{Authenticator, Loaded, StoredAuthenticator};
use crate::store::dynamodb::{SortRange, from_item};
use crate::store::key::Key;
use crate::store::limit::Limit;
use crate::store::outcome::{OnConflict, Outcome};
use crate::store::retry::Retry;
use crate::store::table::REQUEST;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Store, Table};

/// The credentials of a sign-in.
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
    /// A one-time code.
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
    /// The administrator.
    pub administrator: Administrator,
}

/// The view of the store for people without a session.
pub struct FrontDoor {
    pub(super) store: Store,
    pub(super) slots: Slots,
    /// The source of the call.
    pub(super) origin: Origin,
}

impl std::fmt::Debug for FrontDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FrontDoor(..)")
    }
}

impl FrontDoor {
    /// Returns the front door for a call from `origin`, with the process's slots for slow hashing.
    pub(crate) const fn new(store: Store, slots: Slots, origin: Origin) -> Self {
        Self {
            store,
            slots,
            origin,
        }
    }

    /// Begins a session. Every failure is the same: in words, in what it costs, and in what it
    /// writes.
    pub async fn sign_in(&self, attempt: SignIn) -> Result<SignedInSession> {
        let whose = attempt.email.folded();
        let limited = self.store.limit(Limit::SignIn, &whose, &self.origin);
        limited.await?;
        // Before the attempt is counted: one that finds no slot has failed nothing.
        let slots = self.slots.hold().await?;
        let login = self
            .login(&attempt.email, attempt.application.as_ref())
            .await?;
        let claimed = login.as_ref().map_or_else(About::nobody, |login| {
            let (application, id) = (&login.application_id, &login.administrator_id);
            claim(application, id, &attempt.email)
        });
        claimed.note_in_log();
        let begun = self.verify(login.as_ref(), &attempt, &slots).await;
        // The slot is somebody else's while the refusal is written down.
        drop(slots);
        match begun {
            Ok(session) => Ok(session),
            Err(error) => Err(self.refused(&claimed, error).await),
        }
    }

    /// Verifies the password and the second factor of an attempt, and begins the session.
    async fn verify(
        &self,
        login: Option<&StoredLogin>,
        attempt: &SignIn,
        slots: &Slots,
    ) -> Result<SignedInSession> {
        let store = &self.store;
        let reserved = if let Some(login) = login {
            let (application, id) = (&login.application_id, &login.administrator_id);
            store.reserve_attempt(application, id).await?
        } else {
            let _ = store.administrator(&nowhere(), &nobody()).await?;
            store.pretend_attempt(&attempt.email.folded()).await?;
            None
        };
        let authenticator = reserved.as_ref().map(|loaded| &loaded.authenticator);
        let hash = authenticator.and_then(|known| known.password.as_deref());
        let is_password_right = attempt.password.fits(hash, slots).await?;
        let second = self
            .second_factor(reserved.as_ref(), &attempt.second, slots)
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

    /// Writes a refusal into the audit of the company whose account was claimed. Returns the error
    /// that the caller is told.
    pub(super) async fn refused(&self, claimed: &About, error: Error) -> Error {
        match error.refusal() {
            Some(reason) => {
                let store = &self.store;
                store
                    .count_refusal(&self.origin, claimed, reason, error)
                    .await
            }
            None => error,
        }
    }

    /// Returns the administrator of an address: in the named application, or in the first usable one.
    ///
    /// So nobody can lock somebody else out by inviting them elsewhere.
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
            // An address that an invitation holds, which waits for approval, is nobody's yet.
            .filter(|item| !item.contains_key(REQUEST))
            .map(from_item::<StoredLogin>)
            .collect::<Result<Vec<_>>>()?;
        logins.retain(|login| login.since.is_some());
        Ok(logins.into_iter().min_by_key(|login| login.since))
    }

    /// Verifies the second factor. Takes the same time if there is nobody.
    async fn second_factor(
        &self,
        loaded: Option<&Loaded>,
        second: &SecondFactor,
        slots: &Slots,
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
                let rest = hashes.without(code, slots).await?;
                Ok(rest.map(Second::Recovery))
            }
        }
    }

    pub(super) async fn totp(&self, loaded: &Loaded) -> Result<TotpKey> {
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
        let mut retry = Retry::new(&store.random);
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
                    &crate::domain::audit::Changes::new(),
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
                Outcome::Refused(OnConflict::NotEntitled) => return Ok(None),
                Outcome::Refused(reason) => return Err(reason.refusal(&scope)),
                Outcome::Conflict => retry.back_off().await?,
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

    /// Returns the store as the administrator sees it who has just shown who they are.
    pub(super) fn scope(
        &self,
        application: &ApplicationId,
        administrator: &Administrator,
    ) -> Scope {
        Scope {
            store: self.store.clone(),
            application: application.clone(),
            origin: Origin {
                actor: Actor::of(administrator),
                ..self.origin.clone()
            },
            if_match: IfMatch::Unasked,
            once: None,
        }
    }
}

/// Returns the account that a caller claims to own, for the audit of a refusal.
pub(super) fn claim(application: &ApplicationId, id: &AdministratorId, email: &Email) -> About {
    About {
        application: Some(application.clone()),
        actor: Actor::Nobody,
        object: Some(Object {
            kind: ObjectKind::Administrator,
            id: id.as_str().to_owned(),
            name: email.as_str().to_owned(),
        }),
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

/// Returns an application and an administrator that there never are.
pub(super) fn nowhere() -> ApplicationId {
    ApplicationId::nowhere()
}

pub(super) fn nobody() -> AdministratorId {
    AdministratorId::from("-".to_owned())
}
