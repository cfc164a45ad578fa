//! The tokens of invitation and reset links, of which only digests are kept.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::random::{BASE62, Random};
use crate::schema::described;
use crate::secrets::session_token::RANDOM_CHARS;

/// The token of an invitation or of a reset: works once.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct InvitationToken(SecretString);

described! {
    InvitationToken: { "type": "string", "format": "password", "minLength": 1, "examples": ["cin_EXAMPLE"], "description": "The last part of the link of an invitation or reset." }
}

impl InvitationToken {
    pub(crate) fn generate(random: &Random) -> Result<Self> {
        let random = zeroize::Zeroizing::new(random.text(BASE62, RANDOM_CHARS)?);
        Ok(Self(format!("cin_{}", *random).into()))
    }

    /// Returns the token in the clear, for the link that hands it out.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }
}

impl InvitationToken {
    /// Returns the path of the link that hands the token out.
    pub fn path(&self) -> String {
        format!("/admin/invitations/{}", self.expose())
    }
}

impl From<String> for InvitationToken {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for InvitationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationToken(..)")
    }
}
