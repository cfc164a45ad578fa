//! View Published Settings for an Application: the paths of its published files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Error, Operation, PublishedVersion, ReadPublished, Result,
    Route, Target,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListPublishedSettings {
    /// Only the files of this client.
    for_client_id: Option<ClientId>,
    /// Only the file of this version of the client's.
    version: Option<PublishedVersion>,
}

/// The paths of published files.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PublishedFiles")]
pub(crate) struct Files {
    /// The paths: of each client its newest version twice, then every version.
    results: Vec<String>,
}

impl Operation for ListPublishedSettings {
    const ID: &'static str = "settings.widget.list";
    const ROUTE: Route = Route::machine("/settings/widget/list");
    const SUMMARY: &'static str = "View Published Settings for an Application";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ListPublished];
    type Caller = Authorized<ReadPublished>;
    type Reply = Files;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Files> {
        let target = self
            .for_client_id
            .map(|client| Target::named("for_client_id", client));
        if target.is_none() && self.version.is_some() {
            return Err(Error::Missing(vec!["for_client_id".to_owned()]));
        }
        let results = caller
            .store()
            .files(target.as_ref(), self.version.as_ref())
            .await?;
        Ok(Files { results })
    }
}
