//! Revoke an Access Token (RFC 7009) of one's own, before it expires by itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::{AccessPattern, TokenRevoker};
use shared::{AccessToken, Context, Operation, Result, Route, TokenClient};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RevokeToken {
    token: AccessToken,
}

/// The answer to a revocation: an empty object (RFC 7009, section 2.2).
#[derive(Serialize, JsonSchema)]
pub(crate) struct Revoked {}

impl Operation for RevokeToken {
    const ID: &'static str = "oauth2.revoke";
    const ROUTE: Route = Route::oauth("/oauth2/revoke");
    const SUMMARY: &'static str = "Revoke an Access Token";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::RevokeToken];
    type Caller = TokenClient<TokenRevoker>;
    type Reply = Revoked;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Revoked> {
        caller.store().revoke(&self.token).await?;
        Ok(Revoked {})
    }
}
