//! View Multiple Client Settings: the values that a client sees of some keys.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Operation, ReadSettings, Result, Route, SettingKey, SettingValue,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewSomeClientSettings {
    /// The settings' names.
    keys: Vec<SettingKey>,
    /// The client whose settings these are: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

/// The values of some settings, by key.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettingsByKey")]
pub(crate) struct SomeSettings {
    /// Each key with the value that the client sees; `null` if neither layer has one.
    result: BTreeMap<SettingKey, Option<SettingValue>>,
}

impl Operation for ViewSomeClientSettings {
    const ID: &'static str = "settings.get_multi";
    const ROUTE: Route = Route::machine("/settings/get_multi");
    const SUMMARY: &'static str = "View Multiple Client Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadSettings];
    type Caller = Authorized<ReadSettings>;
    type Reply = SomeSettings;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<SomeSettings> {
        let layers = caller
            .store()
            .layers(&caller.target(self.for_client_id))
            .await?;
        let value = |key: SettingKey| {
            let value = layers.get(&key).cloned();
            (key, value)
        };
        Ok(SomeSettings {
            result: self.keys.into_iter().map(value).collect(),
        })
    }
}
