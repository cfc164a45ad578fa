//! Applications: the tenants. Each owns its clients, settings and audit.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::ids::ApplicationId;
use crate::schema::{described, pattern, short_text};
use crate::secrets::data_key::WrappedKey;
use crate::text::from_to;

/// An application with its policy.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its ID.
    pub id: ApplicationId,
    /// Its display name.
    pub name: String,
    /// The parts of the product that its clients can be let into, and what they are called.
    pub modules: Modules,
    /// Must a second administrator approve changes?
    pub multi_admin: bool,
    /// Are signed requests accepted?
    pub signatures: bool,
    /// The key that seals its secrets, itself wrapped.
    pub(crate) data_key: WrappedKey,
    /// Counts the changes.
    pub(crate) version: u64,
}

/// The modules of an application, by their keys.
pub type Modules = BTreeMap<ModuleKey, ModuleName>;

/// The key of a module, which is also the scope of an access token. It has letters, digits, `_`,
/// `-` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ModuleKey(String);

described! {
    ModuleKey: { "type": "string", "pattern": pattern("[A-Za-z0-9_.-]", &ModuleKey::CHARS), "examples": ["payments"], "description": "The key of a module. It is also the scope of an access token." }
}

impl ModuleKey {
    /// The length of a key, in characters. Each of them is a byte, because all are ASCII.
    const CHARS: RangeInclusive<usize> = 1..=64;

    /// Returns the key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for ModuleKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ModuleKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        if Self::CHARS.contains(&text.len()) && text.bytes().all(is_plain) {
            Ok(Self(text))
        } else {
            Err(format!(
                "a module's key has {} letters, digits and _ . -",
                from_to(&Self::CHARS)
            ))
        }
    }
}

/// The name of a module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ModuleName(String);

short_text! {
    ModuleName: "a name" has 1..=100 characters, {
        "pattern": crate::text::PATTERN,
        "examples": ["Payments"],
        "description": "The display name of a module.",
    }
}

impl From<&ModuleKey> for ModuleName {
    /// Returns a module without a name of its own is called by its key.
    fn from(key: &ModuleKey) -> Self {
        Self(key.0.clone())
    }
}
