//! Reset a Client Secret: a new secret, while the old one keeps working for a grace period.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, ClientSecret, Context, GraceHours, ManageClients, Operation, Result,
    Route, Target,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ResetClientSecret {
    /// The client to give a new secret.
    for_client_id: ClientId,
    /// For how many hours the old secret keeps working, so that its users can move over.
    #[serde(default)]
    hours_to_live: GraceHours,
}

/// The new secret of a client.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NewSecret {
    new_secret: ClientSecret,
}

impl Operation for ResetClientSecret {
    const ID: &'static str = "clients.reset_secret";
    const ROUTE: Route = Route::machine("/clients/reset_secret");
    const SUMMARY: &'static str = "Reset a Client Secret";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::ReplaceSecret, AccessPattern::AskForApproval];
    type Caller = Authorized<ManageClients>;
    type Reply = NewSecret;

    async fn run(self, cx: &Context, caller: Self::Caller) -> Result<NewSecret> {
        let target = Target::named("for_client_id", self.for_client_id);
        let new_secret = cx.new_secret()?;
        caller
            .store()
            .replace_secret(&target, &new_secret, self.hours_to_live)
            .await?;
        Ok(NewSecret { new_secret })
    }
}
