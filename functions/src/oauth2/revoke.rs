//! Revoke an Access Token (RFC 7009) of one's own, before it expires by itself.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::{AccessPattern, TokenRevoker};
use shared::{AccessToken, Context, Nothing, Operation, Result, Route, TokenClient};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RevokeToken {
    token: AccessToken,
}

impl Operation for RevokeToken {
    const ID: &'static str = "oauth2.revoke";
    const ROUTE: Route = Route::oauth("/oauth2/revoke");
    const SUMMARY: &'static str = "Revoke an Access Token";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::RevokeToken];
    type Caller = TokenClient<TokenRevoker>;
    type Reply = Nothing;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Nothing> {
        caller.store().revoke(&self.token).await?;
        Ok(Nothing {})
    }
}
