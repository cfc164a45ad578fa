//! Read the newest published settings of a client, as JSON or as a script, without credentials.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    ApplicationId, ClientId, Context, Error, File, Freshness, NewestSettings, Operation, Public,
    Result, Route, Snapshot,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ReadNewestSettings {
    /// The application's ID.
    application: ApplicationId,
    /// The client's ID, then `.json` or `.js`.
    #[schemars(extend("examples" = ["k7m2p9q4r8s3t6v5w2x7y4z9a3b6c8d5.json"]))]
    file: String,
}

impl Operation for ReadNewestSettings {
    const ID: &'static str = "widget_data.newest";
    const ROUTE: Route = Route::file("/widget_data/settings/{application}/{file}");
    const SUMMARY: &'static str = "Read the newest published settings of a client";
    // The proof declares the read: `Public` hands out the files.
    const TOUCHES: &'static [AccessPattern] = &[];
    type Caller = Public;
    type Reply = File<NewestSettings>;

    async fn run(self, _: &Context, caller: Public) -> Result<File<NewestSettings>> {
        // From the end: an imported ID may contain dots.
        let (client, kind) = self.file.rsplit_once('.').ok_or(Error::NotFound)?;
        let file: fn(Snapshot) -> Result<File<NewestSettings>> = match kind {
            "json" => |snapshot| snapshot.json(Freshness::Minute),
            "js" => |snapshot| snapshot.script(Freshness::Minute),
            _ => return Err(Error::NotFound),
        };
        let client = ClientId::try_from(client.to_owned()).map_err(|_| Error::NotFound)?;
        let newest = caller
            .files()
            .snapshot(&self.application, &client, None)
            .await?;
        file(newest.ok_or(Error::NotFound)?)
    }
}
