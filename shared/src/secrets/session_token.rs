//! Session tokens, of which only digests are kept.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::ids::{ADMINISTRATOR_ID_CHARS, AdministratorId};
use crate::random::{BASE62, Random};
use crate::schema::described;

/// 43 characters of 62: 256 bits.
pub(super) const RANDOM_CHARS: usize = 43;

/// The token of a session. It begins with the administrator's ID, so that one read finds all that
/// admission needs. To its holder it is opaque.
#[derive(Clone)]
pub struct SessionToken {
    text: SecretString,
    pub(crate) administrator: AdministratorId,
}

described! {
    SessionToken: { "type": "string", "format": "password", "description": "The token of a session, for `Authorization: Bearer`." }
}

const SESSION: &str = "csn_";

impl SessionToken {
    pub(crate) fn generate(administrator: &AdministratorId, random: &Random) -> Result<Self> {
        let random = zeroize::Zeroizing::new(random.text(BASE62, RANDOM_CHARS)?);
        let text = format!("{SESSION}{}{}", administrator.as_str(), *random);
        Ok(Self {
            text: text.into(),
            administrator: administrator.clone(),
        })
    }

    /// Parses a presented text, if it has the form of a token.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(SESSION)?;
        if rest.len() != ADMINISTRATOR_ID_CHARS + RANDOM_CHARS
            || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return None;
        }
        Some(Self {
            text: text.to_owned().into(),
            administrator: AdministratorId::from(rest[..ADMINISTRATOR_ID_CHARS].to_owned()),
        })
    }

    /// Returns the token in the clear, for the reply that hands it out.
    pub(crate) fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

impl Serialize for SessionToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_token_says_whose_it_is_and_shows_nothing() {
        let random = Random::default();
        let administrator = AdministratorId::generate(&random).unwrap();
        let token = SessionToken::generate(&administrator, &random).unwrap();
        let parsed = SessionToken::parse(token.expose()).unwrap();
        assert_eq!(parsed.administrator, administrator);
        assert_eq!(parsed.digest(), token.digest());
        assert_eq!(format!("{token:?}"), "SessionToken(..)");
        for other in [
            "",
            "csn_",
            "csn_x",
            &token.expose()[1..],
            &format!("{}x", token.expose()),
        ] {
            assert!(SessionToken::parse(other).is_none(), "{other}");
        }
    }
}
