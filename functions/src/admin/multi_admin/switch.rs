//! Switch Multi Admin: on with a code, where there are two; off only by a change request.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, OneTimeCode, Operation, Result, Route, SignedIn, SwitchPolicy, Tagged};

use crate::admin::shown::multi_admin::ShownPolicy;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct SwitchMultiAdmin {
    /// Whether changes need a second administrator from now on.
    enabled: bool,
    /// The code that the caller's authenticator shows.
    code: OneTimeCode,
}

impl Operation for SwitchMultiAdmin {
    const ID: &'static str = "admin.multi_admin.switch";
    const ROUTE: Route = Route::put("/admin/multi-admin");
    const SUMMARY: &'static str = "Switch Multi Admin";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::SwitchPolicy,
        AccessPattern::SpendCode,
        AccessPattern::AskForApproval,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<SwitchPolicy>;
    type Reply = Tagged<ShownPolicy>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<ShownPolicy>> {
        let fresh = caller.confirm(&self.code).await?;
        let policy = caller.store().switch(self.enabled, fresh).await?;
        Ok(Tagged {
            version: policy.version,
            body: policy.into(),
        })
    }
}
