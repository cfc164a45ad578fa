//! View Multi Admin: whether changes need a second administrator, and how many there are.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, Operation, Result, Route, SignedIn, Tagged, ViewPolicy};

use crate::admin::shown::multi_admin::ShownPolicy;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewMultiAdmin {}

impl Operation for ViewMultiAdmin {
    const ID: &'static str = "admin.multi_admin.get";
    const ROUTE: Route = Route::get("/admin/multi-admin");
    const SUMMARY: &'static str = "View Multi Admin";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadPolicy];
    type Caller = SignedIn<ViewPolicy>;
    type Reply = Tagged<ShownPolicy>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<ShownPolicy>> {
        let policy = caller.store().get().await?;
        Ok(Tagged {
            version: policy.version,
            body: policy.into(),
        })
    }
}
