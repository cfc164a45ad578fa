//! List API Clients, page by page, in the order of their IDs.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{Context, Cursor, Operation, Page, PageSize, Result, Route, SignedIn, ViewClients};

use crate::admin::shown::client::ShownClient;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListClients {
    #[serde(default)]
    limit: PageSize,
    cursor: Option<Cursor>,
}

impl Operation for ListClients {
    const ID: &'static str = "admin.clients.list";
    const ROUTE: Route = Route::get("/admin/clients");
    const SUMMARY: &'static str = "List API Clients";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::ListClients, AccessPattern::ReadUses];
    type Caller = SignedIn<ViewClients>;
    type Reply = Page<ShownClient>;

    async fn run(self, cx: &Context, caller: Self::Caller) -> Result<Page<ShownClient>> {
        let page = caller
            .store()
            .page(self.limit, self.cursor.as_ref())
            .await?;
        Ok(page.shown(|(client, uses)| ShownClient::of(&client, &uses, cx.now())))
    }
}
