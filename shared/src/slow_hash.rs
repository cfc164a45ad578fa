//! Argon2id, for what a person may have chosen: slow on purpose, and kept off the threads that serve.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::{Error, Random, Result};

/// A hash that no text has, for the callers that have none: an unknown caller must cost what a
/// known one costs.
pub(crate) const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y291bnRlcnNpZ25ub2JvZA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Argon2id with 19 MiB, two passes and one lane (OWASP Password Storage Cheat Sheet).
fn hasher() -> Result<Argon2<'static>> {
    Params::new(19 * 1024, 2, 1, None)
        .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        .map_err(|fault| Error::unexpected(format!("Argon2 parameters: {fault}")))
}

fn failed(fault: impl fmt::Display) -> Error {
    Error::unexpected(format!("Argon2 failed: {fault}"))
}

/// The hash of `text` under a new salt, as a PHC string. Tens of milliseconds of CPU: call it in a
/// slot.
pub(crate) fn hash(text: &str, random: &Random) -> Result<String> {
    let salt = random.bytes::<16>()?;
    hasher()?
        .hash_password_with_salt(text.as_bytes(), &salt)
        .map(|hash| hash.to_string())
        .map_err(failed)
}

/// Does `text` fit the hash? Tens of milliseconds of CPU: call it in a slot.
pub(crate) fn fits(text: &str, hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else {
        return false;
    };
    hasher().is_ok_and(|argon2| argon2.verify_password(text.as_bytes(), &parsed).is_ok())
}

/// The hash of `text` under a salt that it shares with others. Tens of milliseconds of CPU: call it
/// in a slot.
pub(crate) fn hash_under(text: &str, salt: &[u8; 16]) -> Result<[u8; 32]> {
    let mut hash = [0; 32];
    hasher()?
        .hash_password_into(text.as_bytes(), salt, &mut hash)
        .map_err(failed)?;
    Ok(hash)
}

/// Where slow work is done: each takes 19 MiB and a core for tens of milliseconds, so no more at
/// once than there are cores, and no more waiting than a caller has patience for.
#[derive(Clone)]
pub(crate) struct Slots(Arc<Inner>);

struct Inner {
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
}

const MOST_WAITING: usize = 128;

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slots(..)")
    }
}

impl Slots {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self(Arc::new(Inner {
            slots: Arc::new(Semaphore::new(cores)),
            waiting: AtomicUsize::new(0),
        }))
    }

    /// Does `work` on a thread of its own once there is a slot; [`Error::Busy`] where too many wait.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let place = Place::in_queue(&self.0.waiting)?;
        let slot = Arc::clone(&self.0.slots).acquire_owned().await;
        let slot = slot.map_err(|_| Error::unexpected("the slots for Argon2 are closed"))?;
        drop(place);
        tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work()
        })
        .await
        .map_err(|_| Error::unexpected("the thread for Argon2 was lost"))
    }
}

/// A place in the queue for a slot; left by dropping it, also when the caller has gone away.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn in_queue(waiting: &'a AtomicUsize) -> Result<Self> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= MOST_WAITING {
            Err(Error::Busy)
        } else {
            Ok(place)
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobodys_hash_is_one_that_can_be_computed_and_fits_nothing() {
        assert!(PasswordHash::new(NOBODYS_HASH).is_ok());
        let costs = hasher()
            .unwrap()
            .verify_password(b"x", &PasswordHash::new(NOBODYS_HASH).unwrap());
        assert_eq!(
            costs.unwrap_err(),
            argon2::password_hash::Error::PasswordInvalid
        );
    }
}
