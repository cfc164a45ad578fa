//! The keys that sign access tokens, as the admin API shows them.

use schemars::JsonSchema;
use serde::Serialize;
use shared::store::KeyShown;
use shared::{KeyId, KeyState, Moment};

/// The keys in the key set, in the order in which they sign.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SigningKeys")]
pub(crate) struct ShownKeys {
    keys: Vec<ShownKey>,
}

/// A key that signs access tokens, has signed some, or will.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SigningKey")]
pub(crate) struct ShownKey {
    /// Its name in the key set.
    kid: KeyId,
    state: KeyState,
    published_at: Moment,
    /// From when on it signs; `null` while it waits for a rotation.
    signs_from: Option<Moment>,
    /// When it leaves the key set; `null` as long as nothing comes after it.
    ends_at: Option<Moment>,
}

impl From<Vec<KeyShown>> for ShownKeys {
    fn from(keys: Vec<KeyShown>) -> Self {
        let shown = |key: KeyShown| ShownKey {
            kid: key.id,
            state: key.state,
            published_at: Moment(key.published),
            signs_from: key.signs_from.map(Moment),
            ends_at: key.ends.map(Moment),
        };
        Self {
            keys: keys.into_iter().map(shown).collect(),
        }
    }
}
