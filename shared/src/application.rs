//! Applications: the tenants. Each owns its clients, settings and audit.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::schema::described;
use crate::sealing::WrappedKey;
use crate::{Random, Result};

/// The ID of an application: 26 characters where it is made here, free where it is imported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ApplicationId(String);

described! {
    ApplicationId: { "type": "string", "description": "The ID of an application.", "minLength": 1, "maxLength": 255 }
}

impl ApplicationId {
    /// A new ID.
    pub fn generate(random: &Random) -> Result<Self> {
        random.id(26).map(Self)
    }

    /// The ID's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ApplicationId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.len() {
            1..=255 => Ok(Self(text)),
            length => Err(format!(
                "an application ID has 1 to 255 bytes, this one has {length}"
            )),
        }
    }
}

/// What is true of a whole application.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its ID.
    pub id: ApplicationId,
    /// Its display name.
    pub name: String,
    /// The parts of the product that its clients can be let into.
    pub modules: BTreeSet<String>,
    /// Must a second administrator approve changes?
    pub multi_admin: bool,
    /// Are signed requests accepted?
    pub signatures: bool,
    /// The key that seals its secrets, itself wrapped.
    pub(crate) data_key: WrappedKey,
}
