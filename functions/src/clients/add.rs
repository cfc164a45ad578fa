//! Create a Client: a new API client with a secret made here.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    AllowList, Authorized, ClientId, ClientProfile, ClientSecret, Context, Description, Features,
    ManageClients, Operation, Result, Route,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct CreateClient {
    /// The client's display name, unique in the application.
    description: Description,
    /// The features of the client; none, if left out.
    #[serde(default)]
    features: Features,
}

/// A new client with its secret.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CreatedClient {
    description: Description,
    client_id: ClientId,
    client_secret: ClientSecret,
    features: Features,
    whitelist: AllowList,
}

impl Operation for CreateClient {
    const ID: &'static str = "clients.add";
    const ROUTE: Route = Route::machine("/clients/add");
    const SUMMARY: &'static str = "Create a Client";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::CreateClient, AccessPattern::AskToCreate];
    type Caller = Authorized<ManageClients>;
    type Reply = CreatedClient;

    async fn run(self, cx: &Context, caller: Self::Caller) -> Result<CreatedClient> {
        let client_secret = cx.new_secret()?;
        let profile = ClientProfile {
            features: self.features,
            ..ClientProfile::named(self.description)
        };
        let shown = caller
            .store()
            .create(cx.new_client_id()?, profile, &client_secret, |client| {
                let ClientProfile {
                    description,
                    features,
                    allow_list,
                    ..
                } = client.profile.clone();
                (client.id.clone(), description, features, allow_list)
            })
            .await?;
        let (client_id, description, features, whitelist) = shown;
        Ok(CreatedClient {
            description,
            client_id,
            client_secret,
            features,
            whitelist,
        })
    }
}
