//! Rotate the Signing Keys, with a fresh one-time code: the key signs that waits, without a token being
//! refused. Where keys may be in other hands, all of them are replaced at once, and their tokens die.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, OneTimeCode, Operation, Result, RotateKeys, Route, SignedIn};

use crate::admin::shown::key::ShownKeys;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RotateSigningKeys {
    /// The code that the caller's authenticator shows.
    code: OneTimeCode,
    /// May somebody else have a key? Then none of the present ones is trusted any more.
    #[serde(default)]
    compromised: bool,
}

impl Operation for RotateSigningKeys {
    const ID: &'static str = "admin.signing_keys.rotate";
    const ROUTE: Route = Route::post("/admin/signing-keys/rotate");
    const SUMMARY: &'static str = "Rotate the Signing Keys";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::RotateKeys,
        AccessPattern::SpendCode,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<RotateKeys>;
    type Reply = ShownKeys;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<ShownKeys> {
        // First, so that a rotation that is not possible costs nobody a one-time code.
        caller.store().look(self.compromised).await?;
        let fresh = caller.confirm(&self.code).await?;
        let keys = caller.store().rotate(self.compromised, fresh).await?;
        Ok(keys.into())
    }
}
