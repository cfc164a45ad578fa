//! List Clients: every API client of the application, or those with at least one of some features.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::{AccessPattern, Listed};
use shared::{
    AllowList, Authorized, ClientId, ClientSecret, Context, Description, Features, Operation,
    Result, Route,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ListClients {
    /// Only clients with at least one of these features.
    has_features: Option<Features>,
}

/// The clients of an application.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ClientList")]
pub(crate) struct Clients {
    /// The clients, in the order of their IDs.
    results: Vec<ListedClient>,
}

/// A client with its secret.
#[derive(Serialize, JsonSchema)]
struct ListedClient {
    whitelist: AllowList,
    features: Features,
    description: Description,
    client_id: ClientId,
    /// The current secret; `null` while the application has multi admin on.
    client_secret: Option<ClientSecret>,
}

impl Operation for ListClients {
    const ID: &'static str = "clients.list";
    const ROUTE: Route = Route::machine("/clients/list");
    const SUMMARY: &'static str = "List Clients";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::ListClients, AccessPattern::ShowSecrets];
    type Caller = Authorized<shared::ListClients>;
    type Reply = Clients;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Clients> {
        let listed = caller.store().list(self.has_features.as_ref()).await?;
        Ok(Clients {
            results: listed.into_iter().map(ListedClient::from).collect(),
        })
    }
}

impl From<Listed> for ListedClient {
    fn from(Listed { client, secret }: Listed) -> Self {
        Self {
            whitelist: client.profile.allow_list,
            features: client.profile.features,
            description: client.profile.description,
            client_id: client.id,
            client_secret: secret,
        }
    }
}
