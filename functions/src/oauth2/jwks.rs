//! The key set (RFC 7517): public keys that verify access tokens.
//!
//! It has the keys that sign now, the next ones, and old ones while their last tokens live.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::{AccessPattern, KeySet};
use shared::{Contents, Context, File, Freshness, Operation, Result, Route, Verifier};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct PublishKeys {}

/// The public keys that verify access tokens: a JSON Web Key Set (RFC 7517).
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct PublicKeys(KeySet);

impl Contents for PublicKeys {
    const MEDIA_TYPES: &'static [&'static str] = &["application/jwk-set+json"];
}

impl Operation for PublishKeys {
    const ID: &'static str = "oauth2.jwks";
    const ROUTE: Route = Route::file("/.well-known/jwks.json");
    const SUMMARY: &'static str = "Publish the keys that verify access tokens";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadKeySet];
    type Caller = Verifier;
    type Reply = File<PublicKeys>;

    async fn run(self, _: &Context, caller: Verifier) -> Result<File<PublicKeys>> {
        let keys = caller.key_set().await?;
        File::json(Freshness::FiveMinutes, &PublicKeys(keys))
    }
}
