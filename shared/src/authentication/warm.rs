//! Verifying secrets: fast where they were made here, and at most once a process where they were not.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::secret::{Origin, Verifier, fits_digest};
use crate::slow_hash::{self, NOBODYS_HASH, Slots};
use crate::store::Credential;
use crate::{ClientSecret, Error, Random, Result, Timestamp};

/// What this process remembers of imported secrets that it has verified, so that only the first
/// call pays for Argon2: a keyed MAC of the secret, bound to the very hash it was verified against.
/// The client's record is still read for every call, so nothing here outlives a change.
#[derive(Clone)]
pub struct WarmSecrets(Arc<Warm>);

struct Warm {
    key: Zeroizing<[u8; 32]>,
    seen: Mutex<Seen>,
    slots: Slots,
}

#[derive(Default)]
struct Seen {
    macs: HashSet<[u8; 32]>,
    oldest_first: VecDeque<[u8; 32]>,
}

const MOST_SEEN: usize = 10_000;

impl fmt::Debug for WarmSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WarmSecrets(..)")
    }
}

impl WarmSecrets {
    /// An empty memory, under a key that only this process has.
    pub fn new(random: &Random) -> Result<Self> {
        Ok(Self(Arc::new(Warm {
            key: Zeroizing::new(random.bytes()?),
            seen: Mutex::default(),
            slots: Slots::new(),
        })))
    }

    /// Is `secret` one that `credential` authenticates with now? A secret with the form of one made
    /// here is only ever compared by digest, any other only ever by Argon2id, and where there is
    /// nothing to compare with, with nobody's: so the cost gives nothing away about the client.
    pub(super) async fn verify(
        &self,
        secret: ClientSecret,
        credential: Option<&Credential>,
        now: Timestamp,
    ) -> Result<bool> {
        let verifiers = credential.map_or([None, None], |credential| credential.verifiers(now));
        if secret.origin() == Origin::Made {
            let digests = verifiers.map(|verifier| match verifier {
                Some(Verifier::Digest(digest)) => Some(digest),
                _ => None,
            });
            return Ok(fits_digest(&secret, digests));
        }
        // At most one of the two is a hash: a reset always puts a secret made here in front.
        let hash = verifiers
            .into_iter()
            .flatten()
            .find_map(|verifier| match verifier {
                Verifier::Argon2(hash) => Some(hash.as_str()),
                Verifier::Digest(_) => None,
            });
        let hash = hash.unwrap_or(NOBODYS_HASH);
        let mac = self.mac(&secret, hash)?;
        if self.seen().macs.contains(&mac) {
            return Ok(true);
        }
        let hash = hash.to_owned();
        let work = move || slow_hash::fits(secret.expose(), &hash);
        let fits = self.0.slots.run(work).await?;
        if fits {
            self.remember(mac);
        }
        Ok(fits)
    }

    /// Where this process does its slow hashing.
    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    fn mac(&self, secret: &ClientSecret, hash: &str) -> Result<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0.key)
            .map_err(|_| Error::unexpected("HMAC refuses its key"))?;
        mac.update(&(hash.len() as u64).to_le_bytes());
        mac.update(hash.as_bytes());
        mac.update(secret.expose().as_bytes());
        Ok(mac.finalize().into_bytes().into())
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, mac: [u8; 32]) {
        let mut seen = self.seen();
        if seen.macs.insert(mac) {
            seen.oldest_first.push_back(mac);
            if seen.oldest_first.len() > MOST_SEEN
                && let Some(oldest) = seen.oldest_first.pop_front()
            {
                seen.macs.remove(&oldest);
            }
        }
    }
}
