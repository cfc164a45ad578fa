//! Rename a Client: another description, unique in the application.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Description, ManageClients, Nothing, Operation, Result, Route,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RenameClient {
    /// The client to rename: the caller itself, if left out.
    for_client_id: Option<ClientId>,
    /// The new display name, unique in the application.
    description: Description,
}

impl Operation for RenameClient {
    const ID: &'static str = "clients.set_description";
    const ROUTE: Route = Route::machine("/clients/set_description");
    const SUMMARY: &'static str = "Rename a Client";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::RenameClient, AccessPattern::AskForApproval];
    type Caller = Authorized<ManageClients>;
    type Reply = Nothing;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Nothing> {
        let target = caller.target(self.for_client_id);
        caller
            .store()
            .change(&target, |profile| {
                profile.description = self.description.clone();
                Ok(())
            })
            .await?;
        Ok(Nothing {})
    }
}
