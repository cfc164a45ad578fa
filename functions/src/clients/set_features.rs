//! Modify Client Features: replaces what a client may call. Owners cannot demote themselves.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    Authorized, ClientId, Context, Error, Feature, Features, ManageClients, Nothing, Operation,
    Result, Route,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ModifyClientFeatures {
    /// The client to change: the caller itself, if left out.
    for_client_id: Option<ClientId>,
    /// The features of the client from now on; `[]` for none.
    features: Features,
}

impl Operation for ModifyClientFeatures {
    const ID: &'static str = "clients.set_features";
    const ROUTE: Route = Route::machine("/clients/set_features");
    const SUMMARY: &'static str = "Modify Client Features";
    const TOUCHES: &'static [AccessPattern] =
        &[AccessPattern::ChangeClient, AccessPattern::AskForApproval];
    type Caller = Authorized<ManageClients>;
    type Reply = Nothing;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Nothing> {
        let target = caller.target(self.for_client_id);
        // The caller is an owner and stays one, so an application never loses its last owner.
        if caller.is(&target) && !self.features.contains(Feature::Owner) {
            return Err(Error::invalid(
                "features",
                "an owner cannot take owner from itself",
            ));
        }
        caller
            .store()
            .change(&target, |profile| {
                profile.features = self.features.clone();
                Ok(())
            })
            .await?;
        Ok(Nothing {})
    }
}
