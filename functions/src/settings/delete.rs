//! Delete a Client Setting: removes a key of the client's layer; the application's value shows again.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Layer, ManageSettings, Operation, Result, Route, SettingKey,
};

use crate::existed::KeyExisted;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeleteClientSetting {
    /// The setting's name.
    key: SettingKey,
    /// The client whose settings these are: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

impl Operation for DeleteClientSetting {
    const ID: &'static str = "settings.delete";
    const ROUTE: Route = Route::machine("/settings/delete");
    const SUMMARY: &'static str = "Delete a Client Setting";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ChangeClientSettings];
    type Caller = Authorized<ManageSettings>;
    type Reply = KeyExisted;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<KeyExisted> {
        let layer = Layer::Client(caller.target(self.for_client_id));
        let result = caller
            .store()
            .change(&layer, |settings| Ok(settings.remove(&self.key)))
            .await?;
        Ok(KeyExisted { result })
    }
}
