//! Authorization server metadata (RFC 8414), which OAuth 2 client libraries read first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{Contents, Context, File, Freshness, Operation, Result, Route, Verifier};

use super::{
    introspect::IntrospectToken, jwks::PublishKeys, revoke::RevokeToken, token::IssueToken,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DescribeAuthorizationServer {}

/// The metadata of the authorization server (RFC 8414, section 2).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuthorizationServer")]
pub(crate) struct Metadata {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    /// The value `none`: there is no authorization endpoint.
    ///
    /// Left out or empty, the document would not be valid (RFC 8414, sections 2 and 3.2).
    response_types_supported: [&'static str; 1],
    grant_types_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 2],
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    revocation_endpoint_auth_methods_supported: [&'static str; 2],
}

const AUTHENTICATION: [&str; 2] = ["client_secret_basic", "client_secret_post"];

impl Contents for Metadata {
    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];
}

impl Operation for DescribeAuthorizationServer {
    const ID: &'static str = "oauth2.metadata";
    const ROUTE: Route = Route::file("/.well-known/oauth-authorization-server");
    const SUMMARY: &'static str = "Describe the authorization server";
    const TOUCHES: &'static [AccessPattern] = &[];
    type Caller = Verifier;
    type Reply = File<Metadata>;

    async fn run(self, _: &Context, caller: Verifier) -> Result<File<Metadata>> {
        let issuer = caller.issuer();
        let at = |route: Route| format!("{issuer}{}", route.path);
        let metadata = Metadata {
            issuer: issuer.to_owned(),
            token_endpoint: at(IssueToken::ROUTE),
            jwks_uri: at(PublishKeys::ROUTE),
            introspection_endpoint: at(IntrospectToken::ROUTE),
            revocation_endpoint: at(RevokeToken::ROUTE),
            response_types_supported: ["none"],
            grant_types_supported: ["client_credentials"],
            token_endpoint_auth_methods_supported: AUTHENTICATION,
            introspection_endpoint_auth_methods_supported: AUTHENTICATION,
            revocation_endpoint_auth_methods_supported: AUTHENTICATION,
        };
        File::json(Freshness::FiveMinutes, &metadata)
    }
}
