//! View a Client Setting: the client's value, else the application's, else nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Operation, ReadSettings, Result, Route, SettingKey, SettingValue,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewClientSetting {
    /// The setting's name.
    key: SettingKey,
    /// The client whose settings these are: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

/// The value of a setting.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Setting {
    /// The value that the client sees; `null` if neither layer has one.
    result: Option<SettingValue>,
}

impl Operation for ViewClientSetting {
    const ID: &'static str = "settings.get";
    const ROUTE: Route = Route::machine("/settings/get");
    const SUMMARY: &'static str = "View a Client Setting";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadSettings];
    type Caller = Authorized<ReadSettings>;
    type Reply = Setting;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Setting> {
        let target = caller.target(self.for_client_id);
        Ok(Setting {
            result: caller.store().setting(&target, &self.key).await?,
        })
    }
}
