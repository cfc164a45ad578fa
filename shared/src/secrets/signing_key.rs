//! Signing keys of access tokens: ECDSA over P-256 (ES256, RFC 7518 section 3.4), and their rotation.
//!
//! Keys follow one another without any valid token being refused.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::secrets::key_cache::Opened;

/// Lifetime of an access token (administration contract, section 7).
pub(crate) const TOKEN_LIFE: Duration = Duration::from_mins(5);

/// Least time for which a key is published before it signs.
///
/// It is far longer than the five minutes for which caches may keep the key set.
const LEAD: Duration = Duration::from_hours(1);

/// Time for which a key stays published after its last token has expired, because clocks differ.
const MARGIN: Duration = Duration::from_mins(5);

/// A point on P-256, uncompressed: what verifies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicKey([u8; 65]);

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id().as_str())
    }
}

impl PublicKey {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn coordinates(&self) -> [String; 2] {
        [&self.0[1..33], &self.0[33..]].map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Returns the key's thumbprint (RFC 7638): the same key has the same name everywhere.
    pub(crate) fn id(&self) -> KeyId {
        let [x, y] = self.coordinates();
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        KeyId(URL_SAFE_NO_PAD.encode(Sha256::digest(canonical)))
    }

    /// Returns the key as a set of keys holds it.
    pub(crate) fn jwk(&self) -> Jwk {
        let [x, y] = self.coordinates();
        Jwk {
            kty: "EC",
            crv: "P-256",
            alg: "ES256",
            usage: "sig",
            kid: self.id(),
            x,
            y,
        }
    }

    /// Returns whether `signature` is this key's signature of `message`.
    ///
    /// It is two numbers of 32 bytes (RFC 7518, section 3.4).
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0)
            .verify(message, signature)
            .is_ok()
    }
}

impl TryFrom<&[u8]> for PublicKey {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self> {
        match <[u8; 65]>::try_from(bytes) {
            Ok(bytes @ [4, ..]) => Ok(Self(bytes)),
            _ => Err(Error::unexpected("a public key is no point on P-256")),
        }
    }
}

/// The name of a signing key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// Returns the name's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A public key in a set of keys (RFC 7517).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "JsonWebKey")]
pub(crate) struct Jwk {
    /// The type of the key: `EC`.
    kty: &'static str,
    /// The curve: `P-256`.
    crv: &'static str,
    /// The algorithm that it signs with: `ES256`.
    alg: &'static str,
    /// The use of the key: `sig`.
    #[serde(rename = "use")]
    usage: &'static str,
    /// The ID of the key, as the header of a token names it.
    kid: KeyId,
    /// The point's first coordinate, in base64url.
    x: String,
    /// The point's second coordinate, in base64url.
    y: String,
}

/// A key that signs, in the clear.
pub(crate) struct SigningKey {
    pair: EcdsaKeyPair,
    id: KeyId,
    public: PublicKey,
    random: SystemRandom,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.id.as_str())
    }
}

impl SigningKey {
    /// Returns a new key: its public half, and all of it as PKCS #8, to be sealed.
    pub(crate) fn generate() -> Result<(PublicKey, Zeroizing<Vec<u8>>)> {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .map_err(|_| Error::unexpected("the system's random generator failed"))?;
        let document = Zeroizing::new(document.as_ref().to_vec());
        let public = Self::open(&document)?.public;
        Ok((public, document))
    }

    /// Returns the key that a PKCS #8 document holds.
    pub(crate) fn open(document: &[u8]) -> Result<Self> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document, &random)
            .map_err(|_| Error::unexpected("a signing key is not what it should be"))?;
        let public = PublicKey::try_from(pair.public_key().as_ref())?;
        Ok(Self {
            pair,
            id: public.id(),
            public,
            random,
        })
    }

    pub(crate) fn id(&self) -> &KeyId {
        &self.id
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let signature = self.pair.sign(&self.random, message);
        signature
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| Error::unexpected("signing failed"))
    }
}

/// The signing keys that this process has opened. Which of them signs is read for every token, so
/// that remembering one for a few minutes outlives no rotation.
pub(crate) type OpenedKeys = Opened<KeyId, SigningKey>;

/// A key in an application's ring.
#[derive(Clone, Debug)]
pub(crate) struct RingKey {
    pub(crate) public: PublicKey,
    /// The whole key as PKCS #8, sealed.
    pub(crate) sealed: Vec<u8>,
    /// Since when it is in the key set.
    pub(crate) published: Timestamp,
    /// From when on it signs; `None` while it waits for a rotation.
    pub(crate) signs_from: Option<Timestamp>,
}

/// The state of a key at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// It signs.
    Signing,
    /// It is published, and signs after the next rotation.
    Next,
    /// It signs no more, and stays published until its last tokens are dead.
    Last,
}

/// The signing keys of an application, in the order in which they sign.
///
/// At every moment one signs, and the next one is published already.
#[derive(Clone, Debug)]
pub(crate) struct KeyRing(Vec<RingKey>);

impl KeyRing {
    /// Returns the ring of a new application: one key signs at once, and one waits.
    ///
    /// The first need not wait, because nobody has read the key set yet.
    pub(crate) fn begin(first: RingKey, next: RingKey, now: Timestamp) -> Self {
        let first = RingKey {
            signs_from: Some(now),
            ..first
        };
        Self(vec![first, next])
    }

    pub(crate) fn of(keys: Vec<RingKey>) -> Self {
        Self(keys)
    }

    pub(crate) fn keys(&self) -> &[RingKey] {
        &self.0
    }

    /// Returns whether this is one of its keys.
    pub(crate) fn holds(&self, key: &PublicKey) -> bool {
        self.0.iter().any(|held| held.public == *key)
    }

    /// Returns the key that signs at `now`.
    pub(crate) fn signing(&self, now: Timestamp) -> Option<&RingKey> {
        let started = |key: &&RingKey| key.signs_from.is_some_and(|from| from <= now);
        // A clock that is late sees the first key sign.
        self.0.iter().rfind(started).or(self.0.first())
    }

    /// Returns the key with this name, while tokens that it signed may live.
    pub(crate) fn verifying(&self, id: &KeyId, now: Timestamp) -> Option<&PublicKey> {
        let place = self.0.iter().position(|key| key.public.id() == *id)?;
        let lives = self.ends(place).is_none_or(|end| now < end);
        lives.then(|| &self.0[place].public)
    }

    /// Returns the time when the key at `place` leaves the key set, if it is known.
    pub(crate) fn ends(&self, place: usize) -> Option<Timestamp> {
        let successor = self.0.get(place + 1)?;
        Some(successor.signs_from? + TOKEN_LIFE + MARGIN)
    }

    /// Returns the state of the key at `place`; `None` once it is gone.
    pub(crate) fn state(&self, place: usize, now: Timestamp) -> Option<KeyState> {
        if self.ends(place).is_some_and(|end| end <= now) {
            return None;
        }
        let signing = self.signing(now)?.public;
        let signing = self.0.iter().position(|key| key.public == signing)?;
        Some(match place.cmp(&signing) {
            std::cmp::Ordering::Less => KeyState::Last,
            std::cmp::Ordering::Equal => KeyState::Signing,
            std::cmp::Ordering::Greater => KeyState::Next,
        })
    }

    /// Returns the time when a waiting rotation takes effect, if there is one.
    pub(crate) fn is_rotating(&self, now: Timestamp) -> Option<Timestamp> {
        let planned = self.0.iter().filter_map(|key| key.signs_from);
        planned.max().filter(|from| now < *from)
    }

    /// Returns whether the signing key has signed for longer than `period`.
    pub(crate) fn is_due(&self, period: Duration, now: Timestamp) -> bool {
        let since = self.signing(now).and_then(|key| key.signs_from);
        self.is_rotating(now).is_none() && since.is_some_and(|since| since + period <= now)
    }

    /// Returns the ring after a rotation.
    ///
    /// The waiting key signs as soon as it has been published for long enough. `fresh` waits in its
    /// place, and expired keys are removed.
    pub(crate) fn rotated(&self, fresh: RingKey, now: Timestamp) -> Self {
        let mut keys = Vec::with_capacity(self.0.len() + 1);
        for (place, key) in self.0.iter().enumerate() {
            if self.state(place, now).is_none() {
                continue;
            }
            let signs_from = key.signs_from.unwrap_or_else(|| {
                let earliest = key.published + LEAD;
                earliest.max(now)
            });
            keys.push(RingKey {
                signs_from: Some(signs_from),
                ..key.clone()
            });
        }
        keys.push(fresh);
        Self(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(published: i64) -> RingKey {
        let (public, _) = SigningKey::generate().unwrap();
        RingKey {
            public,
            sealed: Vec::new(),
            published: Timestamp::from_millis(published),
            signs_from: None,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn a_thumbprint_is_the_one_of_rfc_7638() {
        // The key of RFC 7517, appendix A.1, and its thumbprint, computed with another library.
        let point = [
            "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        ]
        .map(|text| URL_SAFE_NO_PAD.decode(text).unwrap());
        let bytes = [&[4], point[0].as_slice(), point[1].as_slice()].concat();
        let public = PublicKey::try_from(bytes.as_slice()).unwrap();
        assert_eq!(
            public.id().as_str(),
            "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"
        );
        assert!(PublicKey::try_from(&bytes[..64]).is_err());
    }

    #[test]
    fn what_one_key_signs_only_that_key_verifies() {
        let [(public, document), (other, _)] = [(), ()].map(|()| SigningKey::generate().unwrap());
        let key = SigningKey::open(&document).unwrap();
        let signature = key.sign(b"message").unwrap();
        assert_eq!(signature.len(), 64);
        assert!(public.verifies(b"message", &signature));
        assert!(!public.verifies(b"massage", &signature));
        assert!(!other.verifies(b"message", &signature));
        assert!(!public.verifies(b"message", &signature[..63]));
        assert!(!public.verifies(b"message", &[0; 64]));
        assert!(format!("{key:?}").starts_with("SigningKey("));
    }

    #[test]
    fn the_next_key_is_published_before_it_signs_and_the_last_one_stays_until_its_tokens_are_dead()
    {
        let (first, second) = (key(0), key(0));
        let ring = KeyRing::begin(first.clone(), second.clone(), at(0));
        let far = at(90 * 86_400);
        assert!(ring.is_due(Duration::from_hours(24 * 90), far));
        assert!(!ring.is_due(Duration::from_hours(24 * 90), at(90 * 86_400 - 1)));
        let turned = ring.rotated(key(far.millis()), far);
        assert_eq!(turned.signing(far).unwrap().public, second.public);
        let (id, dead) = (first.public.id(), far + TOKEN_LIFE + MARGIN);
        assert!(
            turned
                .verifying(&id, Timestamp::from_millis(dead.millis() - 1))
                .is_some()
        );
        assert!(turned.verifying(&id, dead).is_none());
        assert_eq!(turned.state(0, dead), None);
        assert_eq!(turned.state(2, dead), Some(KeyState::Next));
    }

    #[test]
    fn a_key_that_was_just_published_waits_before_it_signs() {
        let ring = KeyRing::begin(key(0), key(0), at(0));
        let (soon, planned) = (at(60), at(3600));
        let turned = ring.rotated(key(soon.millis()), soon);
        assert_eq!(turned.is_rotating(soon), Some(planned));
        assert_eq!(turned.state(0, soon), Some(KeyState::Signing));
        assert_eq!(turned.state(1, soon), Some(KeyState::Next));
        assert_eq!(turned.state(1, planned), Some(KeyState::Signing));
        assert!(!turned.is_due(Duration::ZERO, soon));
        assert!(turned.is_due(Duration::ZERO, planned));
    }
}
