//! Regenerate a Client's Secret, with a fresh one-time code, while the old one may keep working for a
//! grace period.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    ClientId, ClientSecret, Context, GraceHours, HandleSecrets, Moment, ObjectKind, OneTimeCode,
    Operation, Result, Route, SignedIn, Target,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RegenerateSecret {
    client_id: ClientId,
    /// The code that the caller's authenticator shows.
    code: OneTimeCode,
    /// For how many hours the old secret keeps working, so that its users can move over.
    #[serde(default)]
    hours_to_live: GraceHours,
}

/// The new secret of a client.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RegeneratedSecret {
    client_secret: ClientSecret,
    /// Until when the old secret works; `null` if it does not any more.
    previous_expires_at: Option<Moment>,
}

impl Operation for RegenerateSecret {
    const ID: &'static str = "admin.clients.regenerate_secret";
    const ROUTE: Route =
        Route::post("/admin/clients/{client_id}/secret/regenerate").names(ObjectKind::ApiClient);
    const SUMMARY: &'static str = "Regenerate a Client's Secret";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::SpendCode,
        AccessPattern::ReplaceSecret,
        AccessPattern::AskForApproval,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<HandleSecrets>;
    type Reply = RegeneratedSecret;

    async fn run(self, cx: &Context, caller: Self::Caller) -> Result<RegeneratedSecret> {
        let target = Target::at(self.client_id);
        // First, so that a wrong ID costs nobody a one-time code, which works only once.
        caller.store().look(&target).await?;
        let fresh = caller.confirm(&self.code).await?;
        let client_secret = cx.new_secret()?;
        let client = caller
            .store()
            .regenerate(&target, fresh, &client_secret, self.hours_to_live)
            .await?;
        Ok(RegeneratedSecret {
            client_secret,
            previous_expires_at: client.previous_secret_until(cx.now()).map(Moment),
        })
    }
}
