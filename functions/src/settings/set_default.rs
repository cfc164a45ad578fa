//! Modify an Application Setting: creates or overwrites a value of the application's layer.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    Authorized, Context, Layer, ManageSettings, Operation, Result, Route, SettingKey, SettingValue,
};

use crate::existed::KeyExisted;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ModifyApplicationSetting {
    /// The setting's name.
    key: SettingKey,
    /// Its value.
    #[schemars(extend("examples" = ["13"]))]
    value: SettingValue,
}

impl Operation for ModifyApplicationSetting {
    const ID: &'static str = "settings.set_default";
    const ROUTE: Route = Route::machine("/settings/set_default");
    const SUMMARY: &'static str = "Modify an Application Setting";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ChangeApplicationSettings];
    type Caller = Authorized<ManageSettings>;
    type Reply = KeyExisted;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<KeyExisted> {
        let result = caller
            .store()
            .change(&Layer::Application, |settings| {
                let set = settings.set(self.key.clone(), self.value.clone());
                set.map_err(|too_large| too_large.in_argument("value"))
            })
            .await?;
        Ok(KeyExisted { result })
    }
}
