//! Prompts for a password or a code: each attempt is counted before the check.
//!
//! So many attempts at once get no more tries than attempts in a row (administration contract, sections
//! 3 and 4).

use std::time::Duration;

use crate::error::{Error, Result};
use crate::ids::{AdministratorId, ApplicationId};
use crate::secrets::one_time_code::OneTimeCode;
use crate::store::administrator::record::StoredAuthenticator;
use crate::store::administrator::{Authenticator, Loaded};
use crate::store::key::Key;
use crate::store::limit::Limit;
use crate::store::outcome::Outcome;
use crate::store::retry::{Attempt, Retry, until_done};
use crate::store::transaction::Transaction;
use crate::store::{Scope, Store, Table};

/// Five wrong passwords or codes, counted together,
const MOST_FAILURES: u32 = 5;
/// lock for so long.
const LOCK: Duration = Duration::from_mins(20);

/// Proof that a one-time code was spent for what it is handed to.
#[derive(Debug)]
pub struct FreshCode(());

impl Scope {
    /// Spends a one-time code of the caller.
    pub(crate) async fn confirm_code(
        &self,
        id: &AdministratorId,
        code: &OneTimeCode,
    ) -> Result<FreshCode> {
        let store = &self.store;
        store.limit(Limit::Code, id.as_str(), &self.origin).await?;
        let reserved = store.reserve_attempt(&self.application, id).await?;
        let loaded = reserved.ok_or(Error::WrongCode)?;
        let sealer = store.sealer_of(&loaded.application).await?;
        let key = loaded.authenticator.totp(id, &sealer)?;
        let step = key.step(code, loaded.authenticator.last_step, store.clock.now());
        match step {
            Some(step) if loaded.administrator.is_ready() => {
                store.spend_code(loaded, step).await?;
                Ok(FreshCode(()))
            }
            _ => Err(Error::WrongCode),
        }
    }
}

impl Store {
    /// Counts an attempt as failed until it turns out to be right, and returns the state after it.
    ///
    /// Returns `None` for nobody, or for a locked person. That takes the same time.
    pub(super) async fn reserve_attempt(
        &self,
        application: &ApplicationId,
        id: &AdministratorId,
    ) -> Result<Option<Loaded>> {
        until_done(&self.random, || async {
            let now = self.clock.now();
            let loaded = self.administrator(application, id).await?;
            let Some(mut loaded) = loaded.filter(|loaded| !loaded.authenticator.is_locked(now))
            else {
                self.pretend_attempt(id.as_str()).await?;
                return Ok(Attempt::Done(None));
            };
            let authenticator = &mut loaded.authenticator;
            let read = authenticator.version;
            if authenticator.locked_until.take().is_some() {
                // That lock is over, and so is what led to it.
                authenticator.failures = 0;
            }
            authenticator.failures += 1;
            if authenticator.failures >= MOST_FAILURES {
                authenticator.locked_until = Some(now + LOCK);
            }
            authenticator.version += 1;
            let written = self
                .write_authenticator(application, id, authenticator, read)
                .await?;
            Ok(written.map(|()| Some(loaded)))
        })
        .await
    }

    /// Returns the same write for somebody who is not there, or is not looked at.
    pub(super) async fn pretend_attempt(&self, whose: &str) -> Result<()> {
        let pretence = Transaction::on(self).overwrite(
            Table::Administrators,
            Key::decoy(whose),
            &StoredAuthenticator::of(&AdministratorId::from(String::new()), &Authenticator::new()),
        )?;
        pretence.commit().await.map(|_| ())
    }

    /// Marks a code as used, and forgets failures. Of two who use the same code, one is too late.
    async fn spend_code(&self, mut loaded: Loaded, step: u64) -> Result<()> {
        let mut retry = Retry::new(&self.random);
        loop {
            let (application, id) = (&loaded.application.id, &loaded.administrator.id);
            let authenticator = &mut loaded.authenticator;
            if authenticator.last_step >= step {
                return Err(Error::WrongCode);
            }
            let read = authenticator.version;
            authenticator.succeed(Some(step));
            let written = self
                .write_authenticator(application, id, authenticator, read)
                .await?;
            if let Attempt::Done(()) = written {
                return Ok(());
            }
            retry.back_off().await?;
            let again = self.administrator(application, id).await?;
            // A reset in the meantime has ended the session. The code is of an authenticator that no
            // longer counts.
            loaded = again
                .filter(|again| again.administrator.authority == loaded.administrator.authority)
                .ok_or(Error::SignedOut)?;
        }
    }

    /// Writes an authenticator in the place of the version that was read; tells whether it was still
    /// that one.
    async fn write_authenticator(
        &self,
        application: &ApplicationId,
        id: &AdministratorId,
        authenticator: &Authenticator,
        read: u64,
    ) -> Result<Attempt<()>> {
        let written = Transaction::on(self).replace(
            Table::Administrators,
            Key::authenticator(application, id),
            &StoredAuthenticator::of(id, authenticator),
            read,
        )?;
        match written.commit().await? {
            Outcome::Committed => Ok(Attempt::Done(())),
            Outcome::Conflict => Ok(Attempt::Conflict),
            // Its only condition is the version: nothing can refuse it.
            Outcome::Refused(reason) => Err(Error::unexpected(format!(
                "the write of an authenticator was refused: {reason:?}"
            ))),
        }
    }
}

impl Authenticator {
    /// Notes a right password or code: the code is spent, and failures are forgotten.
    pub(super) fn succeed(&mut self, step: Option<u64>) {
        self.last_step = step.unwrap_or(self.last_step);
        self.failures = 0;
        self.locked_until = None;
        self.version += 1;
    }
}
