//! View a Change Request: each field before and after, and who stands behind it.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    ChangeRequest, ChangeRequestId, Context, ObjectKind, Operation, Result, Route, SignedIn,
    Tagged, ViewChanges,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewChangeRequest {
    id: ChangeRequestId,
}

impl Operation for ViewChangeRequest {
    const ID: &'static str = "admin.change_requests.get";
    const ROUTE: Route = Route::get("/admin/change-requests/{id}").names(ObjectKind::ChangeRequest);
    const SUMMARY: &'static str = "View a Change Request";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadChangeRequest];
    type Caller = SignedIn<ViewChanges>;
    type Reply = Tagged<ChangeRequest>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<ChangeRequest>> {
        let request = caller.store().get(&self.id).await?;
        Ok(Tagged {
            version: request.version(),
            body: request,
        })
    }
}
