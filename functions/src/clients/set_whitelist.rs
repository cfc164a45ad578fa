//! Create an IP Whitelist: replaces the networks that a client may call from. Nobody locks itself
//! out.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    AllowList, Authorized, ClientId, Context, Error, ManageClients, Nothing, Operation, Result,
    Route,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateAllowList {
    /// The client to change: the caller itself, if left out.
    for_client_id: Option<ClientId>,
    /// The networks that the client may call from.
    whitelist: AllowList,
}

impl Operation for CreateAllowList {
    const ID: &'static str = "clients.set_whitelist";
    const ROUTE: Route = Route::machine("/clients/set_whitelist");
    const SUMMARY: &'static str = "Create an IP Whitelist";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::ChangeClient, AccessPattern::AskForApproval];
    type Caller = Authorized<ManageClients>;
    type Reply = Nothing;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Nothing> {
        let target = caller.target(self.for_client_id);
        // After this change the caller could not call again, not even to undo it.
        if caller.is(&target) && !self.whitelist.admits(caller.source_ip()) {
            return Err(Error::invalid(
                "whitelist",
                "it does not admit the address that this call comes from",
            ));
        }
        caller
            .store()
            .change(&target, |profile| {
                profile.allow_list = self.whitelist.clone();
                Ok(())
            })
            .await?;
        Ok(Nothing {})
    }
}
