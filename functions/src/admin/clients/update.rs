//! Change an API Client: what is named changes, at its very next call, and the rest stays.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    AdministerClients, AllowList, ClientId, ClientName, ClientProfile, Context, Features,
    ModuleGrants, ObjectKind, Operation, Result, Route, SignedIn, Tagged, Target,
};

use crate::admin::shown::client::ShownClient;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ChangeClient {
    client_id: ClientId,
    name: Option<ClientName>,
    /// Whether it may call at all.
    enabled: Option<bool>,
    /// Replaces those that there are.
    features: Option<Features>,
    /// Replaces the one that there is.
    allow_list: Option<AllowList>,
    /// Replaces those that there are: a module that is left out is cleared, and Administrator with
    /// it. This takes `manage_modules`.
    #[schemars(extend("examples" = [{"payments": {"administrator": false}}]))]
    modules: Option<ModuleGrants>,
}

impl Operation for ChangeClient {
    const ID: &'static str = "admin.clients.update";
    const ROUTE: Route = Route::patch("/admin/clients/{client_id}").names(ObjectKind::ApiClient);
    const SUMMARY: &'static str = "Change an API Client";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::ReadUses,
        AccessPattern::RenameClient,
        AccessPattern::AskForApproval,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<AdministerClients>;
    type Reply = Tagged<ShownClient>;

    async fn run(self, cx: &Context, caller: Self::Caller) -> Result<Tagged<ShownClient>> {
        let target = Target::at(self.client_id);
        // Before the change: a read that fails afterwards would hide that the change was made.
        let uses = caller.store().uses(&target).await?;
        let client = caller
            .store()
            .change(&target, |profile| {
                let before = profile.clone();
                // Each attribute by its name, so that a new one has to be decided here.
                *profile = ClientProfile {
                    description: self.name.clone().map_or(before.description, Into::into),
                    enabled: self.enabled.unwrap_or(before.enabled),
                    features: self.features.clone().unwrap_or(before.features),
                    allow_list: self.allow_list.clone().unwrap_or(before.allow_list),
                    modules: self.modules.clone().unwrap_or(before.modules),
                };
                Ok(())
            })
            .await?;
        Ok(Tagged {
            version: client.version(),
            body: ShownClient::of(&client, &uses, cx.now()),
        })
    }
}
