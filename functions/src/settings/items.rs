//! View Client Settings: every setting that a client sees, both layers merged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{Authorized, ClientId, Context, Operation, ReadSettings, Result, Route, SettingMap};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewClientSettings {
    /// The client whose settings these are: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

/// The settings that a client sees.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ClientSettings")]
pub(crate) struct Items {
    /// The keys and values; a client's own value goes before the application's.
    result: SettingMap,
}

impl Operation for ViewClientSettings {
    const ID: &'static str = "settings.items";
    const ROUTE: Route = Route::machine("/settings/items");
    const SUMMARY: &'static str = "View Client Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadSettings];
    type Caller = Authorized<ReadSettings>;
    type Reply = Items;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Items> {
        let layers = caller
            .store()
            .layers(&caller.target(self.for_client_id))
            .await?;
        Ok(Items {
            result: layers.merged(),
        })
    }
}
