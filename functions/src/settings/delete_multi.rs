//! Delete several settings of a client's layer at once: all of them, or none.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Layer, ManageSettings, Operation, Result, Route, SettingKey,
    Settings,
};

use crate::existed::KeysExisted;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeleteClientSettings {
    /// The settings' names.
    #[schemars(with = "Vec<SettingKey>", extend("examples" = [["minimum_age"]]))]
    keys: BTreeSet<SettingKey>,
    /// The client whose settings these are: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

impl Operation for DeleteClientSettings {
    const ID: &'static str = "settings.delete_multi";
    const ROUTE: Route = Route::machine("/settings/delete_multi");
    const SUMMARY: &'static str = "Delete Several Client Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ChangeClientSettings];
    type Caller = Authorized<ManageSettings>;
    type Reply = KeysExisted;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<KeysExisted> {
        let layer = Layer::Client(caller.target(self.for_client_id));
        let remove = |settings: &mut Settings| {
            Ok(self
                .keys
                .iter()
                .map(|key| (key.clone(), settings.remove(key)))
                .collect())
        };
        Ok(KeysExisted {
            result: caller.store().change(&layer, remove).await?,
        })
    }
}
