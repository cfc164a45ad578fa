//! Delete several settings of a client's layer at once: all of them, or none.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Layer, ManageSettings, Operation, Result, Route, SettingKey,
    Settings,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeleteClientSettings {
    /// The settings' names.
    keys: BTreeSet<SettingKey>,
    /// The client whose settings these are: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct Existed {
    /// Of each key, whether the layer had it before.
    result: BTreeMap<SettingKey, bool>,
}

impl Operation for DeleteClientSettings {
    const ID: &'static str = "settings.delete_multi";
    const ROUTE: Route = Route::machine("/settings/delete_multi");
    const SUMMARY: &'static str = "Delete Several Client Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ChangeClientSettings];
    type Caller = Authorized<ManageSettings>;
    type Reply = Existed;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Existed> {
        let layer = Layer::Client(caller.target(self.for_client_id));
        let remove = |settings: &mut Settings| {
            Ok(self
                .keys
                .iter()
                .map(|key| (key.clone(), settings.remove(key)))
                .collect())
        };
        Ok(Existed {
            result: caller.store().change(&layer, remove).await?,
        })
    }
}
