//! List Administrators: everyone of the application, in the order of their addresses.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, Operation, Page, PageOf, Result, Route, SignedIn, ViewAdministrators};

use crate::admin::shown::administrator::ShownAdministrator;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListAdministrators {}

impl Operation for ListAdministrators {
    const ID: &'static str = "admin.administrators.list";
    const ROUTE: Route = Route::get("/admin/administrators");
    const SUMMARY: &'static str = "List Administrators";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ListAdministrators];
    type Caller = SignedIn<ViewAdministrators>;
    type Reply = Page<ShownAdministrator>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Page<ShownAdministrator>> {
        let items = caller.store().list().await?;
        Ok(PageOf { items, next: None }.shown(ShownAdministrator::from))
    }
}
