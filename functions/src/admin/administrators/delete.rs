//! Delete an Administrator: never the last one who looks after the application.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    AdministratorId, Context, ManageAdministrators, NoContent, ObjectKind, Operation, Result,
    Route, SignedIn,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DeleteAdministrator {
    id: AdministratorId,
}

impl Operation for DeleteAdministrator {
    const ID: &'static str = "admin.administrators.delete";
    const ROUTE: Route =
        Route::delete("/admin/administrators/{id}").names(ObjectKind::Administrator);
    const SUMMARY: &'static str = "Delete an Administrator";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::DeleteAdministrator,
        AccessPattern::AskForApproval,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<ManageAdministrators>;
    type Reply = NoContent;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<NoContent> {
        caller.store().delete(&self.id).await?;
        Ok(NoContent)
    }
}
