//! Introspect an Access Token (RFC 7662): is it active, and what does it say? Any client of the
//! application may ask.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::{AccessPattern, TokenInspector};
use shared::{AccessToken, ActiveToken, Context, Operation, Result, Route, TokenClient};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct IntrospectToken {
    token: AccessToken,
}

/// The state and the claims of a token. Of an inactive one there are no claims.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Introspection {
    active: bool,
    #[serde(flatten)]
    token: Option<ActiveToken>,
}

impl Operation for IntrospectToken {
    const ID: &'static str = "oauth2.introspect";
    const ROUTE: Route = Route::oauth("/oauth2/introspect");
    const SUMMARY: &'static str = "Introspect an Access Token";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::InspectToken];
    type Caller = TokenClient<TokenInspector>;
    type Reply = Introspection;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Introspection> {
        let token = caller.store().inspect(&self.token).await?;
        Ok(Introspection {
            active: token.is_some(),
            token,
        })
    }
}
