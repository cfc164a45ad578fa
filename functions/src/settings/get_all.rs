//! View all settings of an application: its own layer, and those of its clients.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{Authorized, Context, Operation, ReadSettings, Result, Route, SettingMap};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewAllSettings {}

/// All settings of an application.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AllSettings {
    /// The layer of each client that has one, by the client's ID.
    client_settings: BTreeMap<String, SettingMap>,
    /// The application's layer.
    default_settings: SettingMap,
}

impl Operation for ViewAllSettings {
    const ID: &'static str = "settings.get_all";
    const ROUTE: Route = Route::machine("/settings/get_all");
    const SUMMARY: &'static str = "View All Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::DumpSettings];
    type Caller = Authorized<ReadSettings>;
    type Reply = AllSettings;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<AllSettings> {
        let (application, clients) = caller.store().dump().await?;
        Ok(AllSettings {
            client_settings: clients
                .into_iter()
                .map(|(client, settings)| (client, settings.into()))
                .collect(),
            default_settings: application.into(),
        })
    }
}
