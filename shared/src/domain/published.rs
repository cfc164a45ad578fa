//! Published settings: snapshots of a chosen part of a client's settings, for anyone to read.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::clock::Timestamp;
use crate::domain::setting::{Layers, SettingKey, SettingMap};
use crate::error::Result;
use crate::ids::{ApplicationId, ClientId};
use crate::random::Random;

/// The version of a published snapshot: a UUID (RFC 9562, version 7). Versions of a client sort by
/// the time of their publication.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String")]
#[schemars(extend("examples" = ["0193a1b2-c3d4-7e5f-8a6b-9c0d1e2f3a4b"]))]
pub struct PublishedVersion(String);

impl PublishedVersion {
    /// Returns a version for now, behind `newest` even if the clock went back.
    pub(crate) fn after(newest: Option<&Self>, now: Timestamp, random: &Random) -> Result<Self> {
        let now = u64::try_from(now.millis()).unwrap_or_default();
        let earliest = newest.and_then(Self::millis).map_or(0, |millis| millis + 1);
        let uuid = Builder::from_unix_timestamp_millis(now.max(earliest), &random.bytes::<10>()?);
        Ok(Self(uuid.into_uuid().to_string()))
    }

    fn millis(&self) -> Option<u64> {
        let digits: String = self
            .0
            .chars()
            .filter(|&digit| digit != '-')
            .take(12)
            .collect();
        u64::from_str_radix(&digits, 16).ok()
    }

    /// Returns the version's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for PublishedVersion {
    /// Returns any text: one that is no version names none. It becomes one that never was, because not
    /// every text can be a key of the store.
    fn from(text: String) -> Self {
        let is_version = Uuid::try_parse(&text).is_ok_and(|uuid| uuid.to_string() == text);
        Self(if is_version {
            text
        } else {
            Uuid::nil().to_string()
        })
    }
}

/// The client setting that names what is published.
pub(crate) const CHOICE: &str = "jump_publish_settings";

/// The name under which a snapshot has its version: no setting is published under it.
const VERSION: &str = "janrain_settings_version";

/// Returns the keys that a choice names: a JSON array of keys, or keys between commas (contract section
/// 4).
pub(crate) fn chosen(choice: &str) -> Result<Vec<SettingKey>, String> {
    let names: Vec<String> = if choice.trim_start().starts_with('[') {
        serde_json::from_str(choice).map_err(|_| format!("{CHOICE} is not a JSON array of keys"))?
    } else {
        choice
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect()
    };
    if names.is_empty() {
        return Err(format!("{CHOICE} names no settings to publish"));
    }
    names.into_iter().map(SettingKey::try_from).collect()
}

impl Layers {
    /// Returns the part of the settings that the client chose to publish. A key without a value is left
    /// out.
    pub(crate) fn to_publish(&self) -> Result<SettingMap, String> {
        let key = SettingKey::try_from(CHOICE.to_owned())?;
        let choice = self.get(&key).ok_or_else(|| {
            format!("its setting {CHOICE}, which names what to publish, is missing")
        })?;
        let keys = chosen(choice)?.into_iter();
        Ok(keys
            .filter(|key| key.as_str() != VERSION)
            .filter_map(|key| self.get(&key).cloned().map(|value| (key, value)))
            .collect())
    }
}

/// A published snapshot.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its version.
    pub version: PublishedVersion,
    /// The published settings.
    pub values: SettingMap,
}

/// The newest published snapshot, which is served as a script as well.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct NewestSettings(PublishedSettings);

/// A published snapshot, as it is served: the keys plus `janrain_settings_version`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PublishedSettings {
    janrain_settings_version: PublishedVersion,
    #[serde(flatten)]
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    values: SettingMap,
}

impl From<Snapshot> for PublishedSettings {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            janrain_settings_version: snapshot.version,
            values: snapshot.values,
        }
    }
}

impl PublishedSettings {
    /// Returns the version alone, for those who did not ask for the settings.
    pub fn version_of(snapshot: Snapshot) -> Self {
        Self {
            janrain_settings_version: snapshot.version,
            values: SettingMap::new(),
        }
    }
}

/// The paths under which a client's published settings are served.
pub(crate) struct FilePaths<'a> {
    pub(crate) application: &'a ApplicationId,
    pub(crate) client: &'a ClientId,
}

impl FilePaths<'_> {
    /// Returns the files that hold the newest version.
    pub(crate) fn newest(&self) -> [String; 2] {
        ["json", "js"].map(|kind| format!("{}.{kind}", self.stem()))
    }

    /// Returns the file that holds one version.
    pub(crate) fn version(&self, version: &PublishedVersion) -> String {
        format!("{}/{}.json", self.stem(), version.as_str())
    }

    /// Returns the escaped path, because imported IDs may contain any character.
    fn stem(&self) -> String {
        let escaped = |text| utf8_percent_encode(text, SEGMENT);
        let (application, client) = (
            escaped(self.application.as_str()),
            escaped(self.client.as_str()),
        );
        format!("/widget_data/settings/{application}/{client}")
    }
}

/// The characters of a path segment that are escaped: all but the unreserved ones (RFC 3986, 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_by_time_even_if_the_clock_goes_back() {
        let random = Random::default();
        let first = PublishedVersion::after(None, Timestamp::from_millis(5_000), &random).unwrap();
        let second =
            PublishedVersion::after(Some(&first), Timestamp::from_millis(4_000), &random).unwrap();
        assert!(second > first);
        assert_eq!(first.as_str().len(), 36);
    }

    #[test]
    fn a_choice_is_a_json_array_or_keys_between_commas() {
        let keys = |choice| {
            chosen(choice).map(|keys| {
                keys.iter()
                    .map(|key| key.as_str().to_owned())
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(keys(r#"["a","b c"]"#).unwrap(), ["a", "b c"]);
        assert_eq!(keys(" a, b c ,").unwrap(), ["a", "b c"]);
        for none in ["", " , ", "[]"] {
            assert!(
                keys(none).unwrap_err().contains("names no settings"),
                "{none}"
            );
        }
        assert!(keys("[1]").is_err());
    }
}
