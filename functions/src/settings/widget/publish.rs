//! Publish Settings: a snapshot of what a client chose, under a new version, for anyone to read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Operation, PublishSettings, PublishedSettings, Result, Route,
    Target,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct PublishClientSettings {
    /// The client whose settings are published.
    for_client_id: ClientId,
    /// Should the reply hold the settings, too?
    #[serde(default)]
    include_settings: bool,
}

/// The version that was published just now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewSnapshot")]
pub(crate) struct Published {
    results: PublishedSettings,
}

impl Operation for PublishClientSettings {
    const ID: &'static str = "settings.widget.publish";
    const ROUTE: Route = Route::machine("/settings/widget/publish");
    const SUMMARY: &'static str = "Publish Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::Publish];
    type Caller = Authorized<PublishSettings>;
    type Reply = Published;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Published> {
        let target = Target::named("for_client_id", self.for_client_id);
        let snapshot = caller.store().publish(&target).await?;
        let results = if self.include_settings {
            snapshot.into()
        } else {
            PublishedSettings::version_of(snapshot)
        };
        Ok(Published { results })
    }
}
