//! View an Administrator.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    AdministratorId, Context, ObjectKind, Operation, Result, Route, SignedIn, Tagged,
    ViewAdministrators,
};

use crate::admin::shown::administrator::ShownAdministrator;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewAdministrator {
    id: AdministratorId,
}

impl Operation for ViewAdministrator {
    const ID: &'static str = "admin.administrators.get";
    const ROUTE: Route = Route::get("/admin/administrators/{id}").names(ObjectKind::Administrator);
    const SUMMARY: &'static str = "View an Administrator";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadAdministrator];
    type Caller = SignedIn<ViewAdministrators>;
    type Reply = Tagged<ShownAdministrator>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<ShownAdministrator>> {
        let seen = caller.store().get(&self.id).await?;
        Ok(Tagged {
            version: seen.version,
            body: seen.into(),
        })
    }
}
