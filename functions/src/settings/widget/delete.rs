//! Delete Published Settings: one version or all, once it is said that it is meant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Operation, PublishSettings, PublishedVersion, Result, Route,
    Target,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeletePublishedSettings {
    /// The client whose settings are published.
    for_client_id: ClientId,
    /// The version: all, if left out.
    version: Option<PublishedVersion>,
    /// Is it meant? Without it, the reply says what would be deleted.
    #[serde(default)]
    commit: bool,
}

/// The result of a deletion of published versions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PublishedDeletion")]
pub(crate) struct Deletion {
    /// The versions that were deleted, or would be, in words.
    results: String,
}

impl Operation for DeletePublishedSettings {
    const ID: &'static str = "settings.widget.delete";
    const ROUTE: Route = Route::machine("/settings/widget/delete");
    const SUMMARY: &'static str = "Delete Published Settings";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::DeletePublished];
    type Caller = Authorized<PublishSettings>;
    type Reply = Deletion;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Deletion> {
        let target = Target::named("for_client_id", self.for_client_id);
        if self.commit {
            caller
                .store()
                .delete(&target, self.version.as_ref())
                .await?;
            return Ok(Deletion {
                results: "The settings files were deleted".to_owned(),
            });
        }
        let versions = caller
            .store()
            .versions(&target, self.version.as_ref())
            .await?;
        let names: Vec<_> = versions.iter().map(PublishedVersion::as_str).collect();
        let results = match names.as_slice() {
            [] => "Nothing is published, so nothing would be deleted".to_owned(),
            names => format!(
                "Without commit=true nothing was deleted; it would be: {}",
                names.join(", ")
            ),
        };
        Ok(Deletion { results })
    }
}
