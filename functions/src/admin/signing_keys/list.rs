//! List the Signing Keys: which one signs access tokens, which ones have, and which one waits.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, Operation, Result, Route, SignedIn, ViewSigningKeys};

use crate::admin::shown::key::ShownKeys;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListKeys {}

impl Operation for ListKeys {
    const ID: &'static str = "admin.signing_keys.list";
    const ROUTE: Route = Route::get("/admin/signing-keys");
    const SUMMARY: &'static str = "List the Signing Keys";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadIssuer];
    type Caller = SignedIn<ViewSigningKeys>;
    type Reply = ShownKeys;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<ShownKeys> {
        let keys = caller.store().list().await?;
        Ok(keys.into())
    }
}
