//! Issue an Access Token to an API client (RFC 6749, section 4.4): for its modules, for five minutes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::{AccessPattern, TokenIssuer};
use shared::{
    AccessToken, Context, Operation, Result, Route, Scopes, TOKEN_SECONDS, TokenClient, TokenType,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct IssueToken {
    /// The kind of grant.
    #[expect(dead_code, reason = "there is only one, and it must be there")]
    grant_type: GrantType,
    /// All that the client's modules let it into, if left out.
    scope: Option<Scopes>,
    /// The audience of the token, or several with spaces between them. The application's first
    /// audience, if left out.
    #[schemars(extend("examples" = ["https://api.example.com"]))]
    audience: Option<String>,
    /// The same, as RFC 8707 calls it.
    #[schemars(extend("examples" = ["https://api.example.com"]))]
    resource: Option<String>,
}

/// The kind of grant (RFC 6749, section 4).
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum GrantType {
    /// A client asks for itself.
    ClientCredentials,
}

/// An access token.
#[derive(Serialize, JsonSchema)]
pub(crate) struct IssuedToken {
    access_token: AccessToken,
    token_type: TokenType,
    /// Seconds.
    expires_in: u64,
    scope: Scopes,
}

impl Operation for IssueToken {
    const ID: &'static str = "oauth2.token";
    const ROUTE: Route = Route::oauth("/oauth2/token");
    const SUMMARY: &'static str = "Issue an Access Token";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::IssueToken];
    type Caller = TokenClient<TokenIssuer>;
    type Reply = IssuedToken;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<IssuedToken> {
        // Form decoding joins repeated arguments with spaces, which no audience contains.
        let asked_for = [&self.audience, &self.resource].into_iter().flatten();
        let audiences: Vec<_> = asked_for.flat_map(|list| list.split(' ')).collect();
        let issued = caller.store().issue(self.scope, &audiences).await?;
        Ok(IssuedToken {
            access_token: issued.token,
            token_type: TokenType::Bearer,
            expires_in: TOKEN_SECONDS,
            scope: issued.scopes,
        })
    }
}
