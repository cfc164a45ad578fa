//! Delete a Client: the client, its settings and its published files. Owners cannot be deleted.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Error, Feature, ManageClients, Nothing, Operation, Result,
    Route, Target,
};

const ARGUMENT: &str = "client_id_for_deletion";

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeleteClient {
    /// The client to delete.
    client_id_for_deletion: ClientId,
}

impl Operation for DeleteClient {
    const ID: &'static str = "clients.delete";
    const ROUTE: Route = Route::machine("/clients/delete");
    const SUMMARY: &'static str = "Delete a Client";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::DeleteClient, AccessPattern::AskForApproval];
    type Caller = Authorized<ManageClients>;
    type Reply = Nothing;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Nothing> {
        let target = Target::named(ARGUMENT, self.client_id_for_deletion);
        caller
            .store()
            .delete(&target, |client| {
                // Asked inside, of the client as it is deleted: it may have become an owner meanwhile.
                if client.profile.features.contains(Feature::Owner) {
                    return Err(Error::invalid(
                        ARGUMENT,
                        "an owner client cannot be deleted",
                    ));
                }
                Ok(())
            })
            .await?;
        Ok(Nothing {})
    }
}
