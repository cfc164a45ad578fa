//! Verifying secrets: fast where they were made here, and at most once a process where they were not.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::random::Random;
use crate::secrets::client_secret::{ClientSecret, Origin, Verifier, fitting_digest};
use crate::secrets::slow_hash::{self, NOBODYS_HASH, Slots};

/// A cache of verified imported secrets, so that only the first call of a process pays for Argon2.
///
/// It keeps a keyed MAC of the secret, bound to the hash that it was verified against. The client's
/// record is still read for every call, so nothing here outlives a change.
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
    /// Returns an empty memory, under a key that only this process has.
    pub fn new(random: &Random) -> Result<Self> {
        Ok(Self(Arc::new(Warm {
            key: Zeroizing::new(random.bytes()?),
            seen: Mutex::default(),
            slots: Slots::new(),
        })))
    }

    /// Returns the serial number of the verifier in `known` that one of `secrets` fits. A secret with
    /// the form of one made here is only compared by digest, any other one only by Argon2id. Where
    /// there is nothing to compare with, nobody's hash is used. So the time tells nothing about the
    /// client.
    pub(crate) async fn verify(
        &self,
        secrets: Vec<ClientSecret>,
        known: [Option<(u32, &Verifier)>; 2],
    ) -> Result<Option<u32>> {
        let digests = known.map(|known| match known {
            Some((serial, Verifier::Digest(digest))) => Some((serial, digest)),
            _ => None,
        });
        // At most one of the two is a hash: a reset always puts a secret made here in front.
        let hash = known.into_iter().flatten().find_map(|known| match known {
            (serial, Verifier::Argon2(hash)) => Some((serial, hash.as_str())),
            (_, Verifier::Digest(_)) => None,
        });
        let (serial, hash) =
            hash.map_or((None, NOBODYS_HASH), |(serial, hash)| (Some(serial), hash));
        let (made, imported): (Vec<_>, Vec<_>) = secrets
            .into_iter()
            .partition(|secret| secret.origin() == Origin::Made);
        for secret in made {
            let fits = fitting_digest(&secret, digests);
            if fits.is_some() {
                return Ok(fits);
            }
        }
        // The cache first, for all readings: only a secret that no cache knows pays for Argon2.
        let mut unseen = Vec::new();
        for secret in imported {
            let mac = self.mac(&secret, hash)?;
            if self.seen().macs.contains(&mac) {
                return Ok(serial);
            }
            unseen.push((secret, mac));
        }
        for (secret, mac) in unseen {
            let hash = hash.to_owned();
            let work = move || slow_hash::fits(secret.expose(), &hash);
            if self.0.slots.run(work).await? {
                self.remember(mac);
                return Ok(serial);
            }
        }
        Ok(None)
    }

    /// Returns the slots for slow hashing of this process.
    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    fn mac(&self, secret: &ClientSecret, hash: &str) -> Result<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.0.key)
            .map_err(|_| Error::unexpected("HMAC refuses its key"))?;
        // The length in front: otherwise the end of a hash could count as the beginning of a secret.
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
