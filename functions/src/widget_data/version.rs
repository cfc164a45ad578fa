//! Read a version of a client's published settings, without credentials.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    ApplicationId, ClientId, Context, Error, File, Freshness, Operation, Public, PublishedSettings,
    PublishedVersion, Result, Route,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ReadPublishedVersion {
    /// The application's ID.
    application: ApplicationId,
    /// The client's ID.
    client: ClientId,
    /// The version, then `.json`.
    #[schemars(extend("examples" = ["0193a1b2-c3d4-7e5f-8a6b-9c0d1e2f3a4b.json"]))]
    file: String,
}

impl Operation for ReadPublishedVersion {
    const ID: &'static str = "widget_data.version";
    const ROUTE: Route = Route::file("/widget_data/settings/{application}/{client}/{file}");
    const SUMMARY: &'static str = "Read a version of a client's published settings";
    // The proof declares the read: `Public` hands out the files.
    const TOUCHES: &'static [AccessPattern] = &[];
    type Caller = Public;
    type Reply = File<PublishedSettings>;

    async fn run(self, _: &Context, caller: Public) -> Result<File<PublishedSettings>> {
        let version = self.file.strip_suffix(".json").ok_or(Error::NotFound)?;
        let version = PublishedVersion::from(version.to_owned());
        let snapshot = caller
            .files()
            .snapshot(&self.application, &self.client, Some(&version))
            .await?;
        snapshot.ok_or(Error::NotFound)?.json(Freshness::Immutable)
    }
}
