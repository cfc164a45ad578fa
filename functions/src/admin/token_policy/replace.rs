//! Replace the Token Policy: whom access tokens may be for from now on, and how often their keys
//! rotate.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    Audiences, Context, ManageTokenPolicy, Operation, Result, RotationDays, Route, SignedIn, Tagged,
};

use crate::admin::shown::token_policy::ShownTokenPolicy;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ReplacePolicy {
    audiences: Audiences,
    #[serde(default)]
    key_rotation_days: RotationDays,
}

impl Operation for ReplacePolicy {
    const ID: &'static str = "admin.token_policy.replace";
    const ROUTE: Route = Route::put("/admin/token-policy");
    const SUMMARY: &'static str = "Replace the Token Policy";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::ChangeIssuer, AccessPattern::StillEntitled];
    type Caller = SignedIn<ManageTokenPolicy>;
    type Reply = Tagged<ShownTokenPolicy>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<ShownTokenPolicy>> {
        let store = caller.store();
        let policy = store
            .replace(&self.audiences, self.key_rotation_days)
            .await?;
        Ok(ShownTokenPolicy::tagged(policy))
    }
}
