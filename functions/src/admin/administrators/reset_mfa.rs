//! Reset an Administrator's Authenticator: the old one stops at once, and a link sets up another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::{AccessPattern, Reset};
use shared::{
    AdministratorId, Context, ManageAdministrators, ObjectKind, Operation, Result, Route, SignedIn,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ResetMfa {
    id: AdministratorId,
}

/// The link that sets up another authenticator.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MfaResetLink")]
pub(crate) struct MfaLink {
    /// To be handed to that person and nobody else; works once, for 72 hours.
    invitation_url: String,
}

impl Operation for ResetMfa {
    const ID: &'static str = "admin.administrators.reset_mfa";
    const ROUTE: Route =
        Route::post("/admin/administrators/{id}/reset-mfa").names(ObjectKind::Administrator);
    const SUMMARY: &'static str = "Reset an Administrator's Authenticator";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::ResetAdministrator,
        AccessPattern::MakeAuthenticator,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<ManageAdministrators>;
    type Reply = MfaLink;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<MfaLink> {
        let token = caller.store().reset(&self.id, Reset::Mfa).await?;
        Ok(MfaLink {
            invitation_url: caller.link(&token),
        })
    }
}
