//! Reveal a Client's Secret, with a fresh one-time code.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    ClientId, ClientSecret, Context, HandleSecrets, ObjectKind, OneTimeCode, Operation, Result,
    Route, SignedIn, Target,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RevealSecret {
    client_id: ClientId,
    /// The code that the caller's authenticator shows.
    code: OneTimeCode,
}

/// The secret of a client.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RevealedSecret {
    client_secret: ClientSecret,
}

impl Operation for RevealSecret {
    const ID: &'static str = "admin.clients.reveal_secret";
    const ROUTE: Route =
        Route::post("/admin/clients/{client_id}/secret/reveal").names(ObjectKind::ApiClient);
    const SUMMARY: &'static str = "Reveal a Client's Secret";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::SpendCode,
        AccessPattern::RevealSecret,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<HandleSecrets>;
    type Reply = RevealedSecret;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<RevealedSecret> {
        let target = Target::at(self.client_id);
        // First, so that a wrong ID costs nobody a one-time code, which works only once.
        caller.store().look(&target).await?;
        let fresh = caller.confirm(&self.code).await?;
        let client_secret = caller.store().reveal(&target, fresh).await?;
        Ok(RevealedSecret { client_secret })
    }
}
