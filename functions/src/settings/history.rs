//! The history of a layer of settings: its last hundred versions, who made them, when and how.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::{AccessPattern, Difference, Version};
use shared::{
    Authorized, ClientId, Context, LayerName, Operation, ReadSettings, Result, Route, SettingKey,
    SettingValue,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewSettingsHistory {
    /// The layer; the client's, if left out.
    #[serde(default)]
    layer: LayerName,
    /// The client, if it is a client's layer: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

/// The history of a layer of settings.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettingsHistory")]
pub(crate) struct History {
    /// The versions, newest first.
    result: Vec<VersionView>,
}

/// A version of a layer of settings.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettingsVersion")]
struct VersionView {
    version: u64,
    /// When it was made: milliseconds since the Unix epoch, UTC.
    time: i64,
    actor: ActorView,
    /// The operation that made it.
    action: String,
    /// The changes that it made, by key.
    changes: BTreeMap<SettingKey, ChangeView>,
}

/// The maker of a version of settings.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettingsActor")]
struct ActorView {
    /// `api_client`, or `system` for an import.
    kind: String,
    id: Option<String>,
    /// The name that the actor had then.
    name: Option<String>,
}

/// The change of a setting.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettingChange")]
struct ChangeView {
    /// `null` if the key was not there before.
    before: Option<SettingValue>,
    /// `null` if the key was not there any more.
    after: Option<SettingValue>,
}

impl From<Version> for VersionView {
    fn from(version: Version) -> Self {
        let change = |(key, difference): (SettingKey, Difference)| {
            (
                key,
                ChangeView {
                    before: difference.before,
                    after: difference.after,
                },
            )
        };
        Self {
            version: version.version,
            time: version.time.millis(),
            actor: ActorView {
                kind: version.actor_kind,
                id: version.actor_id,
                name: version.actor_name,
            },
            action: version.action,
            changes: version.changes.into_iter().map(change).collect(),
        }
    }
}

impl Operation for ViewSettingsHistory {
    const ID: &'static str = "settings.history";
    const ROUTE: Route = Route::machine("/settings/history");
    const SUMMARY: &'static str = "View the History of Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadHistory];
    type Caller = Authorized<ReadSettings>;
    type Reply = History;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<History> {
        let layer = caller.layer(self.layer, self.for_client_id);
        let versions = caller.store().history(&layer).await?;
        Ok(History {
            result: versions.into_iter().map(VersionView::from).collect(),
        })
    }
}
