//! Settings: flat string keys with string values, in layers that one stored document holds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::target::Target;
use crate::error::Error;
use crate::schema::short_text;
use crate::text::from_to;

/// The name of a setting: case-sensitive, otherwise free (contract section 4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SettingKey(String);

short_text! {
    SettingKey: "a key" has 1..=255 bytes, {
        "description": format!("The name of a setting, case-sensitive: {} bytes of UTF-8.", from_to(&SettingKey::LENGTH)),
        "examples": ["minimum_age"],
    }
}

impl SettingKey {
    /// Returns the key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<SettingKey> for String {
    fn from(key: SettingKey) -> Self {
        key.0
    }
}

/// The value of a setting: any text.
pub type SettingValue = String;

/// Keys and values as they travel.
pub type SettingMap = BTreeMap<SettingKey, SettingValue>;

/// The most bytes of keys and values that one layer holds, because it is one stored document.
pub const MAX_LAYER_BYTES: usize = 350_000;

/// And the most keys: each costs the document a byte or two beside its own.
pub const MAX_LAYER_KEYS: usize = 50_000;

/// A layer of settings: an application's or a client's.
///
/// It cannot hold more than [`MAX_LAYER_BYTES`] and [`MAX_LAYER_KEYS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SettingMap", into = "SettingMap")]
pub struct Settings(SettingMap);

/// A change would make a layer larger than it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// By so many bytes.
    Bytes(usize),
    /// By so many keys.
    Keys(usize),
}

impl TooLarge {
    /// Returns the error for the argument that is too large.
    pub fn in_argument(self, argument: &str) -> Error {
        Error::invalid(argument, self.to_string())
    }
}

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(over) => write!(
                f,
                "a layer of settings holds {MAX_LAYER_BYTES} bytes of keys and values, this would be {over} bytes more"
            ),
            Self::Keys(over) => {
                write!(
                    f,
                    "a layer of settings holds {MAX_LAYER_KEYS} keys, this would be {over} keys more"
                )
            }
        }
    }
}

impl Settings {
    /// Returns the value of `key`.
    pub fn get(&self, key: &SettingKey) -> Option<&SettingValue> {
        self.0.get(key)
    }

    /// Returns the keys and values, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&SettingKey, &SettingValue)> {
        self.0.iter()
    }

    /// Returns whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives `key` a value; tells whether it had one.
    pub fn set(&mut self, key: SettingKey, value: SettingValue) -> Result<bool, TooLarge> {
        let existed = self.0.insert(key, value).is_some();
        self.checked().map(|()| existed)
    }

    /// Gives every key of `items` its value; tells of each whether it had one.
    pub fn set_all(&mut self, items: &SettingMap) -> Result<BTreeMap<SettingKey, bool>, TooLarge> {
        let existed = items
            .keys()
            .map(|key| (key.clone(), self.0.contains_key(key)))
            .collect();
        self.0.extend(
            items
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        self.checked().map(|()| existed)
    }

    /// Takes `key` away; tells whether it was there.
    pub fn remove(&mut self, key: &SettingKey) -> bool {
        self.0.remove(key).is_some()
    }

    /// Returns the keys whose values are not the same in `other`, in order.
    pub(crate) fn keys_that_differ<'a>(&'a self, other: &'a Self) -> Vec<&'a SettingKey> {
        let keys = self
            .0
            .keys()
            .chain(other.0.keys().filter(|key| !self.0.contains_key(*key)));
        let mut differ: Vec<_> = keys.filter(|key| self.get(key) != other.get(key)).collect();
        differ.sort();
        differ
    }

    fn checked(&self) -> Result<(), TooLarge> {
        let bytes: usize = self
            .0
            .iter()
            .map(|(key, value)| key.as_str().len() + value.len())
            .sum();
        let over =
            |count: usize, most: usize| Some(count.saturating_sub(most)).filter(|&over| over > 0);
        if let Some(over) = over(self.0.len(), MAX_LAYER_KEYS) {
            return Err(TooLarge::Keys(over));
        }
        over(bytes, MAX_LAYER_BYTES).map_or(Ok(()), |over| Err(TooLarge::Bytes(over)))
    }
}

impl TryFrom<SettingMap> for Settings {
    type Error = String;

    fn try_from(values: SettingMap) -> Result<Self, String> {
        let settings = Self(values);
        settings
            .checked()
            .map_err(|too_large| too_large.to_string())?;
        Ok(settings)
    }
}

impl From<Settings> for SettingMap {
    fn from(settings: Settings) -> Self {
        settings.0
    }
}

/// A choice of a layer.
#[derive(Clone, Debug)]
pub enum Layer {
    /// The application's own, which shows wherever a client has no value of its own.
    Application,
    /// A client's.
    Client(Target),
}

/// The name of a layer, as an argument and in replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LayerName {
    /// The application's own layer.
    Application,
    /// The client's layer.
    #[default]
    Client,
}

/// Both layers that a client sees.
#[derive(Clone, Debug, Default)]
pub struct Layers {
    /// The application's.
    pub application: Settings,
    /// The client's, which goes first.
    pub client: Settings,
}

impl Layers {
    /// Returns the value that the client sees: its own, else the application's.
    pub fn get(&self, key: &SettingKey) -> Option<&SettingValue> {
        self.client.get(key).or_else(|| self.application.get(key))
    }

    /// Returns every key that the client sees, with its value and the layer it comes from.
    pub fn visible(&self) -> BTreeMap<&SettingKey, (&SettingValue, LayerName)> {
        let application = self
            .application
            .iter()
            .map(|(key, value)| (key, (value, LayerName::Application)));
        let client = self
            .client
            .iter()
            .map(|(key, value)| (key, (value, LayerName::Client)));
        application.chain(client).collect()
    }

    /// Returns every key that the client sees, with its value.
    pub fn merged(&self) -> SettingMap {
        let visible = self.visible().into_iter();
        visible
            .map(|(key, (value, _))| (key.clone(), value.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> SettingKey {
        SettingKey::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_layer_holds_its_last_byte_and_says_how_much_over_the_next_one_is() {
        let mut settings = Settings::default();
        assert_eq!(
            settings.set(key("k"), "x".repeat(MAX_LAYER_BYTES - 1)),
            Ok(false)
        );
        assert_eq!(
            settings
                .clone()
                .set(key("k"), "x".repeat(MAX_LAYER_BYTES + 6)),
            Err(TooLarge::Bytes(7))
        );
        assert_eq!(
            settings.clone().set(key("l"), String::new()),
            Err(TooLarge::Bytes(1))
        );
        assert_eq!(
            settings.set(key("k"), "y".repeat(MAX_LAYER_BYTES - 1)),
            Ok(true)
        );
    }

    #[test]
    fn a_layer_holds_a_bounded_number_of_keys() {
        let items: SettingMap = (0..=MAX_LAYER_KEYS)
            .map(|number| (key(&number.to_string()), String::new()))
            .collect();
        assert_eq!(Settings::default().set_all(&items), Err(TooLarge::Keys(1)));
    }

    #[test]
    fn a_clients_own_value_goes_before_the_applications() {
        let mut layers = Layers::default();
        layers
            .application
            .set(key("both"), "application".into())
            .unwrap();
        layers
            .application
            .set(key("above"), "application".into())
            .unwrap();
        layers.client.set(key("both"), "client".into()).unwrap();
        assert_eq!(layers.get(&key("both")).unwrap(), "client");
        assert_eq!(layers.visible()[&key("above")].1, LayerName::Application);
        assert_eq!(layers.merged().len(), 2);
        assert_eq!(layers.get(&key("neither")), None);
    }
}
