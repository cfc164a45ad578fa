//! Delete Allowlist IP Addresses: the client may call from everywhere again.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    AllowList, Authorized, ClientId, Context, ManageClients, Nothing, Operation, Result, Route,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ClearAllowList {
    /// The client to change: the caller itself, if left out.
    for_client_id: Option<ClientId>,
}

impl Operation for ClearAllowList {
    const ID: &'static str = "clients.clear_whitelist";
    const ROUTE: Route = Route::machine("/clients/clear_whitelist");
    const SUMMARY: &'static str = "Delete Allowlist IP Addresses";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::ChangeClient, AccessPattern::AskForApproval];
    type Caller = Authorized<ManageClients>;
    type Reply = Nothing;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Nothing> {
        let target = caller.target(self.for_client_id);
        caller
            .store()
            .change(&target, |profile| {
                profile.allow_list = AllowList::default();
                Ok(())
            })
            .await?;
        Ok(Nothing {})
    }
}
