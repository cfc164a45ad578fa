//! View an Application Setting: one value of the application's layer. Every feature may ask.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, Context, Operation, ReadApplicationSettings, Result, Route, SettingKey,
    SettingValue,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewApplicationSetting {
    /// The setting's name.
    key: SettingKey,
}

/// The value of a setting of the application's layer.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationSetting")]
pub(crate) struct Setting {
    /// The setting's value; `null` if the application's layer has none.
    result: Option<SettingValue>,
}

impl Operation for ViewApplicationSetting {
    const ID: &'static str = "settings.get_default";
    const ROUTE: Route = Route::machine("/settings/get_default");
    const SUMMARY: &'static str = "View an Application Setting";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadApplicationSettings];
    type Caller = Authorized<ReadApplicationSettings>;
    type Reply = Setting;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Setting> {
        Ok(Setting {
            result: caller.store().application_setting(&self.key).await?,
        })
    }
}
