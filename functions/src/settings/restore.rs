//! Restore an earlier version of a layer of settings, as a new version.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{Authorized, ClientId, Context, LayerName, ManageSettings, Operation, Result, Route};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RestoreSettings {
    /// The version to bring back, as the history numbers it.
    #[schemars(range(min = 1))]
    version: u64,
    /// The layer; the client's, if left out.
    #[serde(default)]
    layer: LayerName,
    /// The client, if it is a client's layer: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

/// The result of a restore.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RestoredSettings")]
pub(crate) struct Restored {
    result: RestoredVersion,
}

/// The version that a restore has made.
#[derive(Serialize, JsonSchema)]
struct RestoredVersion {
    /// The number of the version that is the newest now.
    version: u64,
    /// The number of keys that it changed. With 0, no new version was made.
    changed: usize,
}

impl Operation for RestoreSettings {
    const ID: &'static str = "settings.restore";
    const ROUTE: Route = Route::machine("/settings/restore");
    const SUMMARY: &'static str = "Restore an Earlier Version of Settings";
    // The pattern for a client's layer is a superset of the one for the application's layer.
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::ReadHistory,
        AccessPattern::ChangeClientSettings,
    ];
    type Caller = Authorized<ManageSettings>;
    type Reply = Restored;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Restored> {
        let layer = caller.layer(self.layer, self.for_client_id);
        let (version, changed) = caller.store().restore(&layer, self.version).await?;
        Ok(Restored {
            result: RestoredVersion { version, changed },
        })
    }
}
