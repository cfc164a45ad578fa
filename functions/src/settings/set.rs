//! Modify a Client Setting: creates or overwrites a value of the client's layer.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Layer, ManageSettings, Operation, Result, Route, SettingKey,
    SettingValue,
};

use crate::existed::KeyExisted;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ModifyClientSetting {
    /// The setting's name.
    key: SettingKey,
    /// Its value.
    #[schemars(extend("examples" = ["13"]))]
    value: SettingValue,
    /// The client whose settings these are: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

impl Operation for ModifyClientSetting {
    const ID: &'static str = "settings.set";
    const ROUTE: Route = Route::machine("/settings/set");
    const SUMMARY: &'static str = "Modify a Client Setting";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ChangeClientSettings];
    type Caller = Authorized<ManageSettings>;
    type Reply = KeyExisted;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<KeyExisted> {
        let layer = Layer::Client(caller.target(self.for_client_id));
        let result = caller
            .store()
            .change(&layer, |settings| {
                let set = settings.set(self.key.clone(), self.value.clone());
                set.map_err(|too_large| too_large.in_argument("value"))
            })
            .await?;
        Ok(KeyExisted { result })
    }
}
