//! Argon2id, for what a person may have chosen: slow on purpose, and kept off the threads that serve.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroize;

use crate::error::{Error, Result};
use crate::random::Random;

/// A hash that no text has, for callers that do not exist. An unknown caller must take as long as a
/// known one.
pub(crate) const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y291bnRlcnNpZ25ub2JvZA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Returns Argon2id with 19 MiB, two passes and one lane (OWASP Password Storage Cheat Sheet).
fn hasher() -> Result<Argon2<'static>> {
    Params::new(19 * 1024, 2, 1, None)
        .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        .map_err(|fault| Error::unexpected(format!("Argon2 parameters: {fault}")))
}

fn failed(fault: impl fmt::Display) -> Error {
    Error::unexpected(format!("Argon2 failed: {fault}"))
}

/// Memory for hashing: blocks of 19 MiB, kept for the next hash.
///
/// An allocator that gets so much back from short-lived threads keeps it many times over.
static SPARE: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// More than that many hashes at once there seldom are: their memory is let go.
const MOST_SPARE: usize = 4;

/// Hashes in memory that was used before, where there is some.
fn compute(argon2: &Argon2<'_>, text: &str, salt: &[u8], hash: &mut [u8]) -> Result<()> {
    let blocks = argon2.params().block_count();
    let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut memory = spare.unwrap_or_default();
    memory.resize(blocks, Block::default());
    let computed = argon2.hash_password_into_with_memory(text.as_bytes(), salt, hash, &mut memory);
    // What is left in it tells of the text that was hashed.
    memory.zeroize();
    let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
    if spare.len() < MOST_SPARE {
        spare.push(memory);
    }
    computed.map_err(failed)
}

/// Returns the hash of `text` under a new salt, as a PHC string. Tens of milliseconds of CPU: call it
/// in a slot.
pub(crate) fn hash(text: &str, random: &Random) -> Result<String> {
    let salt = random.bytes::<16>()?;
    let argon2 = hasher()?;
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(failed)?,
        salt: Some(Salt::new(&salt).map_err(failed)?),
        hash: Some(Output::new(&hash_under(text, &salt)?).map_err(failed)?),
    };
    Ok(hash.to_string())
}

/// Returns whether `text` fits the hash. It takes tens of milliseconds of CPU: call it in a slot.
pub(crate) fn fits(text: &str, hash: &str) -> bool {
    try_fits(text, hash).is_some_and(|fits| fits)
}

/// Returns whether `text` fits the hash; `None` if it is no hash of Argon2id.
fn try_fits(text: &str, hash: &str) -> Option<bool> {
    let wanted = PasswordHash::new(hash).ok()?;
    let version = wanted.version.map_or(Ok(Version::V0x10), Version::try_from);
    if wanted.algorithm != Algorithm::Argon2id.ident() || version.ok()? != Version::V0x13 {
        return None;
    }
    let params = Params::try_from(&wanted).ok()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (salt, wanted) = (wanted.salt?, wanted.hash?);
    let mut found = vec![0; wanted.len()];
    compute(&argon2, text, salt.as_ref(), &mut found).ok()?;
    Some(found.ct_eq(wanted.as_bytes()).into())
}

/// The hash of `text` under a salt that it shares with others. Tens of milliseconds of CPU: call it
/// in a slot.
pub(crate) fn hash_under(text: &str, salt: &[u8; 16]) -> Result<[u8; 32]> {
    let mut hash = [0; 32];
    compute(&hasher()?, text, salt, &mut hash)?;
    Ok(hash)
}

/// A limit of slow hashing: at most one for each core, and a bounded queue.
///
/// Each hash takes 19 MiB and a core for tens of milliseconds.
#[derive(Clone)]
pub(crate) struct Slots {
    shared: Arc<Inner>,
    /// A slot that this caller holds already.
    held: Option<Arc<OwnedSemaphorePermit>>,
}

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
        Self {
            shared: Arc::new(Inner {
                slots: Arc::new(Semaphore::new(cores)),
                waiting: AtomicUsize::new(0),
            }),
            held: None,
        }
    }

    /// Takes a slot for everything that the caller is about to do; [`Error::Busy`] if too many wait.
    ///
    /// It is taken before anything happens that could not be undone.
    pub(crate) async fn hold(&self) -> Result<Self> {
        Ok(Self {
            held: Some(Arc::new(self.slot().await?)),
            ..self.clone()
        })
    }

    async fn slot(&self) -> Result<OwnedSemaphorePermit> {
        let _place = Place::in_queue(&self.shared.waiting)?;
        let slot = Arc::clone(&self.shared.slots).acquire_owned().await;
        slot.map_err(|_| Error::unexpected("the slots for Argon2 are closed"))
    }

    /// Does `work` on a thread of its own once there is a slot; [`Error::Busy`] where too many wait.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let slot = match &self.held {
            Some(held) => Arc::clone(held),
            None => Arc::new(self.slot().await?),
        };
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
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn nobodys_hash_is_one_that_can_be_computed_and_fits_nothing() {
        assert_eq!(try_fits("x", NOBODYS_HASH), Some(false));
    }

    #[test]
    fn a_hash_is_what_the_reference_makes_of_it() {
        let hash = hash("text", &Random::default()).unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let parsed = PasswordHash::new(&hash).unwrap();
        let reference = hasher().unwrap();
        assert!(reference.verify_password(b"text", &parsed).is_ok());
        assert!(reference.verify_password(b"test", &parsed).is_err());
        assert!(fits("text", &hash) && !fits("test", &hash));
        // One that somebody else has made, with other costs.
        let params = Params::new(64, 3, 1, None).unwrap();
        let other = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let other = other
            .hash_password_with_salt(b"text", b"0123456789abcdef")
            .unwrap()
            .to_string();
        assert!(fits("text", &other) && !fits("test", &other));
        for broken in [
            "",
            "$argon2id$",
            "$argon2i$v=19$m=64,t=3,p=1$AAAA$AAAA",
            &hash[..40],
        ] {
            assert!(!fits("text", broken), "{broken}");
        }
    }

    #[tokio::test]
    async fn whoever_holds_a_slot_waits_for_no_other() {
        let slots = Slots::new();
        let held = slots.hold().await.unwrap();
        let cores = slots.shared.slots.available_permits();
        let _rest: Vec<_> = (0..cores)
            .map(|_| Arc::clone(&slots.shared.slots).try_acquire_owned().unwrap())
            .collect();
        assert_eq!(held.run(|| 1).await.unwrap(), 1);
        assert_eq!(held.run(|| 2).await.unwrap(), 2);
    }
}
