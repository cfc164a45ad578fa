//! Delete Multiple Client Settings: removes a key of the application's layer; clients' own values stay.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Authorized, Context, Layer, ManageSettings, Operation, Result, Route, SettingKey};

use crate::existed::KeyExisted;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeleteApplicationSetting {
    /// The setting's name.
    key: SettingKey,
}

impl Operation for DeleteApplicationSetting {
    const ID: &'static str = "settings.delete_default";
    const ROUTE: Route = Route::machine("/settings/delete_default");
    const SUMMARY: &'static str = "Delete Multiple Client Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ChangeApplicationSettings];
    type Caller = Authorized<ManageSettings>;
    type Reply = KeyExisted;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<KeyExisted> {
        let result = caller
            .store()
            .change(&Layer::Application, |settings| {
                Ok(settings.remove(&self.key))
            })
            .await?;
        Ok(KeyExisted { result })
    }
}
