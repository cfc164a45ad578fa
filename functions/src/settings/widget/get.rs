//! View Published Settings for a Client: the newest version, or another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Operation, PublishedSettings, PublishedVersion, ReadPublished,
    Result, Route, Target,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewPublishedSettings {
    /// The client whose settings are published.
    for_client_id: ClientId,
    /// The version: the newest, if left out.
    version: Option<PublishedVersion>,
}

/// A published version of settings.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PublishedSnapshot")]
pub(crate) struct Published {
    results: PublishedSettings,
}

impl Operation for ViewPublishedSettings {
    const ID: &'static str = "settings.widget.get";
    const ROUTE: Route = Route::machine("/settings/widget/get");
    const SUMMARY: &'static str = "View Published Settings for a Client";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadPublished];
    type Caller = Authorized<ReadPublished>;
    type Reply = Published;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Published> {
        let target = Target::named("for_client_id", self.for_client_id);
        let snapshot = caller
            .store()
            .snapshot(&target, self.version.as_ref())
            .await?;
        Ok(Published {
            results: snapshot.into(),
        })
    }
}
