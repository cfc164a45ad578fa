//! The IDs of clients, applications, administrators and change requests.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{NOT_A_VALID_ID, Result};
use crate::random::{Random, digest_id};
use crate::schema::{described, short_text};

/// The ID of a client. Made here it has 32 characters. Imported it may have any shape, so only the
/// store bounds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ClientId(String);

described! {
    ClientId: { "type": "string", "description": "The ID of an API client.", "minLength": ClientId::BYTES.start(), "maxLength": ClientId::BYTES.end(), "examples": ["k7m2p9q4r8s3t6v5w2x7y4z9a3b6c8d5"] }
}

impl ClientId {
    const BYTES: RangeInclusive<usize> = 1..=255;

    /// Returns a new ID.
    pub fn generate(random: &Random) -> Result<Self> {
        random.id(32).map(Self)
    }

    /// Returns the ID's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        // Nothing longer can have been stored, so it names no client.
        if Self::BYTES.contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(NOT_A_VALID_ID)
        }
    }
}

/// The ID of an application: 26 characters where it is made here, free where it is imported.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ApplicationId(String);

short_text! {
    ApplicationId: "an application ID" has 1..=255 bytes, {
        "description": "The ID of an application.",
        "examples": ["c5d8e3f6g9h2j4k7m5n8p3q6r9"],
    }
}

impl ApplicationId {
    /// Returns a new ID.
    pub fn generate(random: &Random) -> Result<Self> {
        random.id(26).map(Self)
    }

    /// Returns the ID that a name leads to where none is chosen: always the same.
    pub(crate) fn of_name(name: &str) -> Self {
        Self(digest_id(&format!("application {name}"), 26))
    }

    /// Returns an ID that no application has: all real IDs have characters.
    pub(crate) fn nowhere() -> Self {
        Self(String::new())
    }

    /// Returns the ID's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The ID of an administrator: 32 characters, made here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct AdministratorId(String);

described! {
    AdministratorId: { "type": "string", "minLength": 1, "examples": ["h4j7k2m9n5p8q3r6s2t7v4w9x5y8z3a6"], "description": "The ID of an administrator." }
}

/// The length of an administrator's ID, in characters.
pub(crate) const ADMINISTRATOR_ID_CHARS: usize = 32;

impl AdministratorId {
    pub(crate) fn generate(random: &Random) -> Result<Self> {
        random.id(ADMINISTRATOR_ID_CHARS).map(Self)
    }

    /// Returns the ID's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for AdministratorId {
    /// Returns any text: one that was never made here names nobody. One that is too long to be a key of
    /// the store becomes one that nobody has.
    fn from(text: String) -> Self {
        Self(storable(text))
    }
}

/// The ID of a change request. Later ones are greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct ChangeRequestId(String);

described! {
    ChangeRequestId: { "type": "string", "minLength": 1, "examples": ["01a22dc0e484y3m4tzn3xw89b5q7"], "description": "The ID of a change request." }
}

impl ChangeRequestId {
    pub(crate) fn generate(now: Timestamp, random: &Random) -> Result<Self> {
        Ok(Self(format!(
            "{:012x}{}",
            now.millis().max(0),
            random.id(16)?
        )))
    }

    /// Returns the ID's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for ChangeRequestId {
    /// Returns any text: one that was never made here names nothing. One that cannot be a key of the
    /// store becomes one that there never is.
    fn from(text: String) -> Self {
        Self(storable(text))
    }
}

/// Returns `text` if it can be a key of the store, and otherwise one that no ID made here has.
fn storable(text: String) -> String {
    if (1..=64).contains(&text.len()) {
        text
    } else {
        "-".to_owned()
    }
}
