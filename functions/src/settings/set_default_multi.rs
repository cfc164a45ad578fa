//! Modify Multiple Application Settings: all of them, or none.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, Context, Layer, ManageSettings, Operation, Result, Route, SettingKey, SettingMap,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ModifyApplicationSettings {
    /// The settings' names, each with its value.
    items: SettingMap,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Existed {
    /// Of each key, whether the layer had it before.
    result: BTreeMap<SettingKey, bool>,
}

impl Operation for ModifyApplicationSettings {
    const ID: &'static str = "settings.set_default_multi";
    const ROUTE: Route = Route::machine("/settings/set_default_multi");
    const SUMMARY: &'static str = "Modify Multiple Application Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ChangeApplicationSettings];
    type Caller = Authorized<ManageSettings>;
    type Reply = Existed;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Existed> {
        let result = caller
            .store()
            .change(&Layer::Application, |settings| {
                settings
                    .set_all(&self.items)
                    .map_err(|too_large| too_large.in_argument("items"))
            })
            .await?;
        Ok(Existed { result })
    }
}
