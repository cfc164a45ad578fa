//! List Modules: the parts of the product that clients can be let into.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, Operation, Result, Route, SignedIn, Tagged, ViewModules};

use crate::admin::shown::modules::ShownModules;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListModules {}

impl Operation for ListModules {
    const ID: &'static str = "admin.modules.get";
    const ROUTE: Route = Route::get("/admin/modules");
    const SUMMARY: &'static str = "List Modules";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadApplication];
    type Caller = SignedIn<ViewModules>;
    type Reply = Tagged<ShownModules>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<ShownModules>> {
        let (modules, version) = caller.store().get().await?;
        Ok(Tagged {
            version,
            body: modules.into(),
        })
    }
}
