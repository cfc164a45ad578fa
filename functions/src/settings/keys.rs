//! List Client Settings: every key that a client sees, of both layers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{Authorized, ClientId, Context, Operation, ReadSettings, Result, Route, SettingKey};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListClientSettings {
    /// The client whose settings these are: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

/// The keys of the settings that a client sees.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettingKeys")]
pub(crate) struct Keys {
    /// The keys, sorted.
    result: Vec<SettingKey>,
}

impl Operation for ListClientSettings {
    const ID: &'static str = "settings.keys";
    const ROUTE: Route = Route::machine("/settings/keys");
    const SUMMARY: &'static str = "List Client Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadSettings];
    type Caller = Authorized<ReadSettings>;
    type Reply = Keys;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Keys> {
        let layers = caller
            .store()
            .layers(&caller.target(self.for_client_id))
            .await?;
        Ok(Keys {
            result: layers.visible().into_keys().cloned().collect(),
        })
    }
}
