//! Passwords and recovery codes: chosen by people or copied by them, kept as Argon2id hashes.

use std::fmt;
use std::ops::RangeInclusive;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::error::{Error, Result};
use crate::random::Random;
use crate::schema::described;
use crate::secrets::slow_hash::{self, NOBODYS_HASH, Slots};
use crate::text::from_to;

/// A password in the clear, on its way in. It shows nothing of itself and has no way out.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Password(SecretString);

described! {
    Password: { "type": "string", "format": "password", "minLength": Password::CHARS.start(), "maxLength": Password::CHARS.end(), "examples": ["correct horse battery"], "description": format!("A password: {} characters.", from_to(&Password::CHARS)) }
}

impl From<String> for Password {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

impl Password {
    const CHARS: RangeInclusive<usize> = 12..=128;

    /// Refuses a password that may not become that of a person with this address, folded. Length is what counts (NIST SP 800-63B, 3.1.1.2).
    pub(crate) fn check(&self, folded_email: &str) -> Result<()> {
        let text = self.0.expose_secret();
        let count = text.chars().count();
        let why = if !Self::CHARS.contains(&count) {
            format!("a password has {} characters", from_to(&Self::CHARS))
        } else if text.to_lowercase() == folded_email {
            "a password is not one's own e-mail address".to_owned()
        } else if text.chars().all(|c| text.starts_with(c)) {
            "a password is more than one character again and again".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::invalid("password", why))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.expose_secret().is_empty()
    }

    /// Returns its hash, under a new salt.
    pub(crate) async fn hash(&self, slots: &Slots, random: &Random) -> Result<String> {
        let (password, random) = (self.clone(), random.clone());
        slots
            .run(move || slow_hash::hash(password.0.expose_secret(), &random))
            .await?
    }

    /// Returns whether it fits this hash. Without a hash it takes the same time.
    pub(crate) async fn fits(&self, hash: Option<&str>, slots: &Slots) -> Result<bool> {
        let (password, hash) = (self.clone(), hash.unwrap_or(NOBODYS_HASH).to_owned());
        slots
            .run(move || slow_hash::fits(password.0.expose_secret(), &hash))
            .await
    }
}

/// A recovery code in the clear: used once in the place of a one-time code.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct RecoveryCode(SecretString);

described! {
    RecoveryCode: { "type": "string", "format": "password", "minLength": 1, "examples": ["aaaa-bbbb-cccc-dddd"], "description": "A recovery code. Each one works once." }
}

impl From<String> for RecoveryCode {
    /// Normalises a code: blanks, dashes and case do not matter, because people copy it from paper.
    fn from(mut text: String) -> Self {
        text.retain(|c| !c.is_whitespace() && c != '-');
        text.make_ascii_lowercase();
        Self(text.into())
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

/// The recovery codes of an administrator, as they are shown this once.
#[derive(Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct RecoveryCodes(Vec<String>);

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodes(..)")
    }
}

impl Drop for RecoveryCodes {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

/// Hashes of recovery codes.
///
/// The codes of a set share a salt. So trying one against all of them costs one hash, however many are
/// left.
#[derive(Clone, Default)]
pub(crate) struct RecoveryHashes {
    pub(crate) salt: [u8; 16],
    pub(crate) left: Vec<[u8; 32]>,
}

impl fmt::Debug for RecoveryHashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryHashes(..)")
    }
}

/// Number of codes in a set (administration contract, section 3).
const CODES: usize = 10;
/// 12 characters of 30 each: 58 bits.
const CODE_CHARS: usize = 12;

impl RecoveryHashes {
    /// Returns a new set of codes, and how they are recognised.
    pub(crate) async fn generate(slots: &Slots, random: &Random) -> Result<(RecoveryCodes, Self)> {
        let salt = random.bytes()?;
        let plain: Vec<String> = (0..CODES)
            .map(|_| random.id(CODE_CHARS))
            .collect::<Result<_>>()?;
        let mut left = Vec::with_capacity(CODES);
        for code in &plain {
            let code = RecoveryCode::from(code.clone());
            left.push(code.hash(salt, slots).await?);
        }
        let shown = plain.iter().map(|code| {
            let (first, rest) = code.split_at(CODE_CHARS / 3);
            let (second, third) = rest.split_at(CODE_CHARS / 3);
            format!("{first}-{second}-{third}")
        });
        Ok((RecoveryCodes(shown.collect()), Self { salt, left }))
    }

    /// Returns the set without `code`, if `code` is in it.
    pub(crate) async fn without(&self, code: &RecoveryCode, slots: &Slots) -> Result<Option<Self>> {
        let presented = code.hash(self.salt, slots).await?;
        let mut found = None;
        for (place, hash) in self.left.iter().enumerate() {
            if bool::from(hash.ct_eq(&presented)) {
                found = Some(place);
            }
        }
        Ok(found.map(|place| {
            let mut rest = self.clone();
            rest.left.swap_remove(place);
            rest
        }))
    }
}

impl RecoveryCode {
    async fn hash(&self, salt: [u8; 16], slots: &Slots) -> Result<[u8; 32]> {
        let code = self.clone();
        slots
            .run(move || slow_hash::hash_under(code.0.expose_secret(), &salt))
            .await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::administrator::Email;

    #[tokio::test]
    async fn each_recovery_code_works_once_however_it_is_written() {
        let (slots, random) = (Slots::new(), Random::default());
        let (codes, hashes) = RecoveryHashes::generate(&slots, &random).await.unwrap();
        assert_eq!(codes.0.len(), 10);
        let written = codes.0[3].to_uppercase().replace('-', " ");
        let code = RecoveryCode::from(written);
        let rest = hashes.without(&code, &slots).await.unwrap().unwrap();
        assert_eq!(rest.left.len(), 9);
        assert!(rest.without(&code, &slots).await.unwrap().is_none());
        let nothing = RecoveryHashes::default();
        assert!(nothing.without(&code, &slots).await.unwrap().is_none());
    }

    #[test]
    fn a_new_password_is_long_and_not_the_address() {
        let email = Email::try_from("Ada.Lovelace@example.com".to_owned()).unwrap();
        let check = |text: &str| Password::from(text.to_owned()).check(&email.folded());
        assert!(check("correct horse battery").is_ok());
        for bad in [
            "",
            "short",
            "ada.lovelace@EXAMPLE.com",
            "aaaaaaaaaaaaaaaa",
            &"long".repeat(33),
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
