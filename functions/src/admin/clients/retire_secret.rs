//! Retire a Client's Old Secret, which would otherwise work for the rest of its grace period.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    AdministerClients, ClientId, Context, ObjectKind, Operation, Result, Route, SignedIn, Tagged,
    Target,
};

use crate::admin::shown::client::ShownClient;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RetireSecret {
    client_id: ClientId,
}

impl Operation for RetireSecret {
    const ID: &'static str = "admin.clients.retire_secret";
    const ROUTE: Route =
        Route::post("/admin/clients/{client_id}/secret/retire").names(ObjectKind::ApiClient);
    const SUMMARY: &'static str = "Retire a Client's Old Secret";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::ReadUses,
        AccessPattern::ChangeClient,
        AccessPattern::AskForApproval,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<AdministerClients>;
    type Reply = Tagged<ShownClient>;

    async fn run(self, cx: &Context, caller: Self::Caller) -> Result<Tagged<ShownClient>> {
        let target = Target::at(self.client_id);
        // Before the change: a read that fails afterwards would hide that the change was made.
        let uses = caller.store().uses(&target).await?;
        let client = caller.store().retire_secret(&target).await?;
        Ok(Tagged {
            version: client.version(),
            body: ShownClient::of(&client, &uses, cx.now()),
        })
    }
}
