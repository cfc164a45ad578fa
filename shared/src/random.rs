//! Randomness, as an argument: the system's generator, and the IDs and texts made from it.

use std::time::Duration;

use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The alphabet of IDs: no characters that are mistaken for one another (contract 3 and 4).
const ID_ALPHABET: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";

/// The alphabet of secrets and tokens.
pub(crate) const BASE62: &[u8; 62] =
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The operating system's random generator.
#[derive(Clone, Debug, Default)]
pub struct Random {
    _private: (),
}

impl Random {
    /// Fills `bytes`; fails only where the operating system has no randomness to give.
    pub fn fill(&self, bytes: &mut [u8]) -> Result<()> {
        SysRng.try_fill_bytes(bytes).map_err(|fault| {
            Error::unexpected(format!("the system's random generator failed: {fault}"))
        })
    }

    /// Returns a fresh array of random bytes.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Returns `length` random characters of `alphabet`, each equally likely.
    pub(crate) fn text(&self, alphabet: &[u8], length: usize) -> Result<String> {
        // Bytes past the largest multiple of the alphabet would favour its first characters.
        let fair = 256 - 256 % alphabet.len();
        let mut text = String::with_capacity(length);
        let mut pool = [0; 64];
        while text.len() < length {
            self.fill(&mut pool)?;
            let fair_bytes = pool
                .iter()
                .map(|&byte| usize::from(byte))
                .filter(|&byte| byte < fair);
            text.extend(
                fair_bytes
                    .take(length - text.len())
                    .map(|byte| char::from(alphabet[byte % alphabet.len()])),
            );
        }
        // The pool may be the raw material of a secret.
        zeroize::Zeroize::zeroize(&mut pool);
        Ok(text)
    }

    /// Returns an ID of `length` characters: 32 for a client, 26 for an application, 16 for a request.
    pub fn id(&self, length: usize) -> Result<String> {
        self.text(ID_ALPHABET, length)
    }

    /// Returns a random part of `most`, so that those who lost the same race do not meet again.
    pub(crate) fn jitter(&self, most: Duration) -> Duration {
        let fraction = self.bytes::<2>().map_or(u16::MAX, u16::from_le_bytes);
        most.mul_f64(f64::from(fraction) / f64::from(u16::MAX))
    }
}

/// Returns the first `length` characters, 32 at most, of an ID derived from `text`.
///
/// No two texts share an ID by chance.
pub(crate) fn digest_id(text: &str, length: usize) -> String {
    let digest: [u8; 32] = Sha256::digest(text).into();
    digest
        .iter()
        .take(length)
        .map(|byte| char::from(ID_ALPHABET[usize::from(*byte) % ID_ALPHABET.len()]))
        .collect()
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_its_length_and_alphabet() {
        let id = Random::default().id(32).unwrap();
        assert_eq!(id.len(), 32);
        assert!(id.bytes().all(|byte| ID_ALPHABET.contains(&byte)), "{id}");
    }

    #[test]
    fn every_character_is_about_as_likely() {
        let text = Random::default().text(b"abc", 30_000).unwrap();
        for letter in ['a', 'b', 'c'] {
            let count = text.chars().filter(|&c| c == letter).count();
            // Ten standard deviations on either side.
            assert!((9_200..=10_800).contains(&count), "{letter}: {count}");
        }
    }
}
