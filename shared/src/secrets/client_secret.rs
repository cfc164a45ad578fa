//! Client secrets: made here or imported, verified without being known, and replaced with a grace
//! period.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::random::{BASE62, Random};
use crate::schema::{bounded, described};
use crate::secrets::slow_hash;

const PREFIX: &str = "csk_";
const RANDOM_CHARS: usize = 32;
const CHECKSUM_CHARS: usize = 6;

/// A client secret in the clear. It is wiped from memory when dropped, and `Debug` does not show it.
/// Serialising it is the one way out, so only replies that reveal a secret hold one.
#[derive(Clone)]
pub struct ClientSecret(SecretString);

/// The kind of a presented secret, known before any look-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The form and checksum of a secret made here: 190 random bits.
    Made,
    /// The form of a secret made here, but the checksum does not fit: a typing error.
    Mistyped,
    /// Anything else: it can only be an imported secret, perhaps one that a person chose.
    Imported,
}

impl ClientSecret {
    /// Returns a new secret, with 190 random bits and a checksum (contract section 4).
    ///
    /// It is `csk_`, 32 base-62 characters from the system's generator, and six of their CRC-32. So
    /// scanners can find one that leaked.
    pub fn generate(random: &Random) -> Result<Self> {
        let body = zeroize::Zeroizing::new(random.text(BASE62, RANDOM_CHARS)?);
        Ok(Self(format!("{PREFIX}{}{}", *body, checksum(&body)).into()))
    }

    /// Returns a secret that came in from outside.
    pub fn from_outside(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// Returns the secret in the clear. Never into a log, an error or a URL.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(crate) fn origin(&self) -> Origin {
        let text = self.expose();
        let Some(rest) = text.strip_prefix(PREFIX) else {
            return Origin::Imported;
        };
        if rest.len() != RANDOM_CHARS + CHECKSUM_CHARS
            || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return Origin::Imported;
        }
        let (body, sum) = rest.split_at(RANDOM_CHARS);
        if checksum(body) == sum {
            Origin::Made
        } else {
            Origin::Mistyped
        }
    }

    /// Returns the SHA-256 of the secret. From 112 bits on a plain hash is enough (OWASP ASVS 5,
    /// 6.5.2).
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

impl Serialize for ClientSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

described! {
    ClientSecret: {
        "type": "string",
        "format": "password",
        "examples": ["csk_EXAMPLE"],
        "description": "A client secret in the clear. One that Countersign made is `csk_` and 38 base-62 characters; the last six are a checksum."
    }
}

fn checksum(body: &str) -> String {
    let mut sum = crc32fast::hash(body.as_bytes()) as usize;
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[sum % 62];
        sum /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

/// A verifier of a stored secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Verifier {
    /// SHA-256 of a secret with the form of one made here.
    Digest([u8; 32]),
    /// An Argon2id hash (PHC string) of an imported secret.
    Argon2(String),
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

impl Verifier {
    /// Returns the verifier that suits where `secret` came from. Slow (tens of milliseconds) for an
    /// imported one: call it on a blocking thread.
    pub(crate) fn of(secret: &ClientSecret, random: &Random) -> Result<Self> {
        match secret.origin() {
            Origin::Made => Ok(Self::Digest(secret.digest())),
            Origin::Mistyped | Origin::Imported => {
                slow_hash::hash(secret.expose(), random).map(Self::Argon2)
            }
        }
    }
}

/// The serial number of the digest that `secret` fits. Every digest is compared in constant time,
/// whatever the outcome of the others. Where there is none, one that nothing fits is compared.
pub(crate) fn fitting_digest(
    secret: &ClientSecret,
    digests: [Option<(u32, &[u8; 32])>; 2],
) -> Option<u32> {
    let presented = secret.digest();
    let fits = digests.map(|digest| {
        let (_, bytes) = digest.unwrap_or((0, &[0; 32]));
        presented.ct_eq(bytes) & subtle::Choice::from(u8::from(digest.is_some()))
    });
    let mut fitting = digests.into_iter().zip(fits.map(bool::from));
    fitting.find_map(|(digest, fits)| digest.filter(|_| fits).map(|(serial, _)| serial))
}

/// A secret as a client's record holds it.
#[derive(Clone, Debug)]
pub(crate) struct StoredSecret {
    /// Counts a client's secrets; bound into the sealing, so that an old one cannot be put back.
    pub(crate) serial: u32,
    pub(crate) verifier: Verifier,
    /// The secret itself under the application's data key.
    pub(crate) sealed: Vec<u8>,
}

/// A replaced secret that still authenticates.
#[derive(Clone, Debug)]
pub(crate) struct PreviousSecret {
    pub(crate) secret: StoredSecret,
    pub(crate) grace: GracePeriod,
}

/// The grace period of a replaced secret (machine API contract, section 5, Reset a Client Secret). The
/// secret works before its end, and not at it or later. No other place compares the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GracePeriod(Timestamp);

impl GracePeriod {
    /// Returns the grace period that ends at this moment.
    pub(crate) const fn until(end: Timestamp) -> Self {
        Self(end)
    }

    /// Returns the moment from which on the secret is refused.
    pub(crate) const fn end(self) -> Timestamp {
        self.0
    }

    /// Tells whether the secret still works at `now`.
    pub(crate) fn lasts(self, now: Timestamp) -> bool {
        now < self.0
    }
}

/// The grace period of an old secret after a reset, in whole hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub struct GraceHours(u16);

bounded! {
    GraceHours(u16): 0..=168 "of hours", {
        "description": "The number of hours for which the old secret keeps working.",
        "examples": [24],
    }
}

impl GraceHours {
    /// Returns the same as a duration.
    const fn duration(self) -> Duration {
        Duration::from_hours(self.0 as u64)
    }
}

impl Add<GraceHours> for Timestamp {
    type Output = Self;

    fn add(self, hours: GraceHours) -> Self {
        self + hours.duration()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_made_here_is_recognised_and_any_single_typing_error_too() {
        let secret = ClientSecret::generate(&Random::default()).unwrap();
        assert_eq!(secret.expose().len(), 42);
        assert_eq!(secret.origin(), Origin::Made);
        for position in 4..42 {
            let mut typed = secret.expose().as_bytes().to_vec();
            typed[position] = if typed[position] == b'x' { b'y' } else { b'x' };
            let typed = ClientSecret::from_outside(String::from_utf8(typed).unwrap());
            assert_eq!(typed.origin(), Origin::Mistyped, "at {position}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = ClientSecret::from_outside("s3cret");
        let verifier = Verifier::of(&secret, &Random::default()).unwrap();
        assert_eq!(
            format!("{secret:?} {verifier:?}"),
            "ClientSecret(..) Verifier(..)"
        );
        assert_eq!(
            format!("{:?}", Verifier::Digest(secret.digest())),
            "Verifier(..)"
        );
    }

    #[test]
    fn a_digest_that_is_not_there_fits_nothing() {
        let secret = ClientSecret::from_outside("x");
        assert_eq!(fitting_digest(&secret, [None, None]), None);
        let digest = secret.digest();
        assert_eq!(fitting_digest(&secret, [None, Some((1, &digest))]), Some(1));
        assert_eq!(fitting_digest(&secret, [Some((2, &digest)), None]), Some(2));
        assert_eq!(
            fitting_digest(&secret, [Some((2, &[0; 32])), Some((1, &digest))]),
            Some(1)
        );
    }

    proptest! {
        #[test]
        fn no_text_from_outside_panics(text in "(csk_)?.*") {
            let _ = ClientSecret::from_outside(text).origin();
        }
    }
}
