//! Modify Multiple Client Settings: all of them, or none; keys that are not named stay.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Layer, ManageSettings, Operation, Result, Route, SettingMap,
};

use crate::existed::{KeysExisted, set_all};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ModifyClientSettings {
    /// The settings' names, each with its value.
    #[schemars(extend("propertyNames" = {"minLength": 1, "maxLength": 255}, "examples" = [{"minimum_age": "13"}]))]
    items: SettingMap,
    /// The client whose settings these are: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

impl Operation for ModifyClientSettings {
    const ID: &'static str = "settings.set_multi";
    const ROUTE: Route = Route::machine("/settings/set_multi");
    const SUMMARY: &'static str = "Modify Multiple Client Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ChangeClientSettings];
    type Caller = Authorized<ManageSettings>;
    type Reply = KeysExisted;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<KeysExisted> {
        let layer = Layer::Client(caller.target(self.for_client_id));
        let result = caller.store().change(&layer, set_all(&self.items)).await?;
        Ok(KeysExisted { result })
    }
}
