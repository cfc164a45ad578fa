//! Replies of the operations that set and delete settings: did the layer have the key before?

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shared::{Result, SettingKey, SettingMap, Settings};

/// The result of a change of one setting.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeyExisted {
    /// Whether the layer had the key before.
    pub(crate) result: bool,
}

/// The result of a change of several settings.
#[derive(Serialize, JsonSchema)]
pub(crate) struct KeysExisted {
    /// Of each key, whether the layer had it before.
    pub(crate) result: BTreeMap<SettingKey, bool>,
}

/// Returns the change that sets all of `items`, or none of them where the layer has no room.
pub(crate) fn set_all(
    items: &SettingMap,
) -> impl Fn(&mut Settings) -> Result<BTreeMap<SettingKey, bool>> {
    |settings| {
        let existed = settings.set_all(items);
        existed.map_err(|too_large| too_large.in_argument("items"))
    }
}
