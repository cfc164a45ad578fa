//! Settings: flat string keys with string values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::schema::described;

/// The name of a setting: 1 to 255 bytes, case-sensitive, otherwise free (contract section 4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SettingKey(String);

described! {
    SettingKey: {
        "type": "string",
        "description": "The name of a setting, case-sensitive: 1 to 255 bytes of UTF-8.",
        "minLength": 1,
        "maxLength": 255
    }
}

impl SettingKey {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SettingKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.len() {
            1..=255 => Ok(Self(text)),
            length => Err(format!("a key has 1 to 255 bytes, this one has {length}")),
        }
    }
}

impl From<SettingKey> for String {
    fn from(key: SettingKey) -> Self {
        key.0
    }
}

/// The value of a setting: any text.
pub type SettingValue = String;

/// One layer of settings: an application's or a client's.
pub type Settings = BTreeMap<SettingKey, SettingValue>;

/// The most bytes of keys and values that one layer holds, because it is one stored document.
pub(crate) const MAX_LAYER_BYTES: usize = 350_000;

/// How many bytes `settings` has over what one layer holds, if any.
pub(crate) fn bytes_over(settings: &Settings) -> Option<usize> {
    let bytes: usize = settings
        .iter()
        .map(|(key, value)| key.as_str().len() + value.len())
        .sum();
    bytes.checked_sub(MAX_LAYER_BYTES + 1).map(|over| over + 1)
}
