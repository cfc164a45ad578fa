//! View the Token Policy: whom access tokens may be for, and how often their keys rotate.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, Operation, Result, Route, SignedIn, Tagged, ViewTokenPolicy};

use crate::admin::shown::token_policy::ShownTokenPolicy;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewPolicy {}

impl Operation for ViewPolicy {
    const ID: &'static str = "admin.token_policy.get";
    const ROUTE: Route = Route::get("/admin/token-policy");
    const SUMMARY: &'static str = "View the Token Policy";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadIssuer];
    type Caller = SignedIn<ViewTokenPolicy>;
    type Reply = Tagged<ShownTokenPolicy>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<ShownTokenPolicy>> {
        let policy = caller.store().get().await?;
        Ok(ShownTokenPolicy::tagged(policy))
    }
}
