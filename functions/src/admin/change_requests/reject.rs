//! Reject a Change Request: or, by whoever asked for it, take it back.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    ChangeRequest, ChangeRequestId, Context, ObjectKind, Operation, Result, ReviewChanges, Route,
    SignedIn, Tagged, Why,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct RejectChangeRequest {
    id: ChangeRequestId,
    /// The reason, for the requester and the audit.
    reason: Option<Why>,
}

impl Operation for RejectChangeRequest {
    const ID: &'static str = "admin.change_requests.reject";
    const ROUTE: Route =
        Route::post("/admin/change-requests/{id}/reject").names(ObjectKind::ChangeRequest);
    const SUMMARY: &'static str = "Reject or withdraw a Change Request";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::RejectChange, AccessPattern::StillEntitled];
    type Caller = SignedIn<ReviewChanges>;
    type Reply = Tagged<ChangeRequest>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<ChangeRequest>> {
        let request = caller.store().reject(&self.id, self.reason).await?;
        Ok(Tagged {
            version: request.version(),
            body: request,
        })
    }
}
