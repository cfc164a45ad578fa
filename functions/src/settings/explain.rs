//! Explain the settings of a client: each value, and the layer it comes from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, LayerName, Operation, ReadSettings, Result, Route, SettingKey,
    SettingValue,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ExplainClientSettings {
    /// The client whose settings these are: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

/// The settings that a client sees, each with the layer that it comes from.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettingsExplanation")]
pub(crate) struct Explanation {
    /// Every key that the client sees.
    result: BTreeMap<SettingKey, Explained>,
}

/// A setting and the layer that it comes from.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ExplainedSetting")]
struct Explained {
    /// The value that the client sees.
    value: SettingValue,
    /// The layer that it comes from.
    layer: LayerName,
    /// The application's value, which a client's own hides; `null` if there is none.
    application_value: Option<SettingValue>,
}

impl Operation for ExplainClientSettings {
    const ID: &'static str = "settings.explain";
    const ROUTE: Route = Route::machine("/settings/explain");
    const SUMMARY: &'static str = "Explain Client Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadSettings];
    type Caller = Authorized<ReadSettings>;
    type Reply = Explanation;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Explanation> {
        let layers = caller
            .store()
            .layers(&caller.target(self.for_client_id))
            .await?;
        let explained = |(key, (value, layer)): (&SettingKey, (&SettingValue, LayerName))| {
            let application_value = layers.application.get(key).cloned();
            (
                key.clone(),
                Explained {
                    value: value.clone(),
                    layer,
                    application_value,
                },
            )
        };
        Ok(Explanation {
            result: layers.visible().into_iter().map(explained).collect(),
        })
    }
}
