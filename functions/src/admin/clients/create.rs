//! Create an API Client. Its secret is made here, and shown by another operation, for a code.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::{AccessPattern, Uses};
use shared::{
    AdministerClients, AllowList, ClientName, ClientProfile, Context, Created, Features,
    ModuleGrants, Operation, Result, Route, SignedIn,
};

use crate::admin::shown::client::{ShownClient, path};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateClient {
    name: ClientName,
    /// Whether it may call at all; yes, if left out.
    #[serde(default = "yes")]
    enabled: bool,
    /// The features of the client; none, if left out.
    #[serde(default)]
    features: Features,
    /// The networks that it may call from; everywhere, if left out.
    #[serde(default)]
    allow_list: AllowList,
    /// The modules that it is let into: this takes `manage_modules`.
    #[serde(default)]
    #[schemars(extend("examples" = [{"payments": {"administrator": false}}]))]
    modules: ModuleGrants,
}

fn yes() -> bool {
    true
}

impl Operation for CreateClient {
    const ID: &'static str = "admin.clients.create";
    const ROUTE: Route = Route::post("/admin/clients");
    const SUMMARY: &'static str = "Create an API Client";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::CreateClient,
        AccessPattern::CreateOnce,
        AccessPattern::AskToCreate,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<AdministerClients>;
    type Reply = Created<ShownClient>;

    async fn run(self, cx: &Context, caller: Self::Caller) -> Result<Created<ShownClient>> {
        let profile = ClientProfile {
            description: self.name.into(),
            enabled: self.enabled,
            features: self.features,
            allow_list: self.allow_list,
            modules: self.modules,
        };
        let client = caller
            .store()
            .create(cx.new_client_id()?, profile, &cx.new_secret()?, |client| {
                ShownClient::of(client, &Uses::none(), cx.now())
            })
            .await?;
        Ok(Created {
            location: path(&client.client_id),
            body: client,
        })
    }
}
