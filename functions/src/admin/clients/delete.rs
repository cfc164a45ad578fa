//! Delete an API Client, its settings and its published files.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    AdministerClients, ClientId, Context, NoContent, ObjectKind, Operation, Result, Route,
    SignedIn, Target,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeleteClient {
    client_id: ClientId,
}

impl Operation for DeleteClient {
    const ID: &'static str = "admin.clients.delete";
    const ROUTE: Route = Route::delete("/admin/clients/{client_id}").names(ObjectKind::ApiClient);
    const SUMMARY: &'static str = "Delete an API Client";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::DeleteClient,
        AccessPattern::AskForApproval,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<AdministerClients>;
    type Reply = NoContent;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<NoContent> {
        let target = Target::at(self.client_id);
        caller.store().delete(&target, |_| Ok(())).await?;
        Ok(NoContent)
    }
}
