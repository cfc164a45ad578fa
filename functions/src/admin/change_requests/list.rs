//! List Change Requests, newest first.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    ChangeRequest, ChangeState, Context, Cursor, Operation, Page, PageSize, Result, Route,
    SignedIn, ViewChanges,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListChangeRequests {
    /// Only those in this state.
    state: Option<ChangeState>,
    #[serde(default)]
    limit: PageSize,
    cursor: Option<Cursor>,
}

impl Operation for ListChangeRequests {
    const ID: &'static str = "admin.change_requests.list";
    const ROUTE: Route = Route::get("/admin/change-requests");
    const SUMMARY: &'static str = "List Change Requests";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ListChangeRequests];
    type Caller = SignedIn<ViewChanges>;
    type Reply = Page<ChangeRequest>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Page<ChangeRequest>> {
        let page = caller
            .store()
            .page(self.state, self.limit, self.cursor.as_ref())
            .await?;
        Ok(page.shown(|request| request))
    }
}
