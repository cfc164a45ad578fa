//! The key set (RFC 7517): public keys that verify access tokens.
//!
//! It has the keys that sign now, the next ones, and old ones while their last tokens live.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, File, Freshness, Operation, Result, Route, Verifier};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct PublishKeys {}

impl Operation for PublishKeys {
    const ID: &'static str = "oauth2.jwks";
    const ROUTE: Route = Route::file("/.well-known/jwks.json");
    const SUMMARY: &'static str = "Publish the keys that verify access tokens";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadKeySet];
    type Caller = Verifier;
    type Reply = File;

    async fn run(self, _: &Context, caller: Verifier) -> Result<File> {
        let keys = caller.key_set().await?;
        File::json("application/jwk-set+json", Freshness::FiveMinutes, &keys)
    }
}
