//! Reset an Administrator's Password: the old one stops at once, and a link sets up another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::{AccessPattern, Reset};
use shared::{
    AdministratorId, Context, ManageAdministrators, ObjectKind, Operation, Result, Route, SignedIn,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ResetPassword {
    id: AdministratorId,
}

/// The link that sets up another password.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PasswordResetLink")]
pub(crate) struct PasswordLink {
    /// To be handed to that person and nobody else; works once, for 72 hours.
    invitation_url: String,
}

impl Operation for ResetPassword {
    const ID: &'static str = "admin.administrators.reset_password";
    const ROUTE: Route =
        Route::post("/admin/administrators/{id}/reset-password").names(ObjectKind::Administrator);
    const SUMMARY: &'static str = "Reset an Administrator's Password";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::ResetAdministrator,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<ManageAdministrators>;
    type Reply = PasswordLink;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<PasswordLink> {
        let token = caller.store().reset(&self.id, Reset::Password).await?;
        Ok(PasswordLink {
            invitation_url: caller.link(&token),
        })
    }
}
