//! Modify Multiple Application Settings: all of them, or none.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Authorized, Context, Layer, ManageSettings, Operation, Result, Route, SettingMap};

use crate::existed::{KeysExisted, set_all};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ModifyApplicationSettings {
    /// The settings' names, each with its value.
    #[schemars(extend("propertyNames" = {"minLength": 1, "maxLength": 255}, "examples" = [{"minimum_age": "13"}]))]
    items: SettingMap,
}

impl Operation for ModifyApplicationSettings {
    const ID: &'static str = "settings.set_default_multi";
    const ROUTE: Route = Route::machine("/settings/set_default_multi");
    const SUMMARY: &'static str = "Modify Multiple Application Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ChangeApplicationSettings];
    type Caller = Authorized<ManageSettings>;
    type Reply = KeysExisted;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<KeysExisted> {
        let result = caller
            .store()
            .change(&Layer::Application, set_all(&self.items))
            .await?;
        Ok(KeysExisted { result })
    }
}
