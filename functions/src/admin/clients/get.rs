//! View an API Client, without its secret.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    ClientId, Context, ObjectKind, Operation, Result, Route, SignedIn, Tagged, Target, ViewClients,
};

use crate::admin::shown::client::ShownClient;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewClient {
    client_id: ClientId,
}

impl Operation for ViewClient {
    const ID: &'static str = "admin.clients.get";
    const ROUTE: Route = Route::get("/admin/clients/{client_id}").names(ObjectKind::ApiClient);
    const SUMMARY: &'static str = "View an API Client";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadClient];
    type Caller = SignedIn<ViewClients>;
    type Reply = Tagged<ShownClient>;

    async fn run(self, cx: &Context, caller: Self::Caller) -> Result<Tagged<ShownClient>> {
        let (client, uses) = caller.store().get(&Target::at(self.client_id)).await?;
        Ok(Tagged {
            version: client.version(),
            body: ShownClient::of(&client, &uses, cx.now()),
        })
    }
}
