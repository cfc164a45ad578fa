//! View an Invitation: what its link sets up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{Context, Email, InvitationToken, Operation, Result, Route, TotpSetup, Visitor};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ViewInvitation {
    /// The last part of the link.
    token: InvitationToken,
}

/// An invitation or reset.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Invitation {
    email: Email,
    /// The key of the new authenticator; `null` where the present one stays.
    totp: Option<TotpSetup>,
    /// Is a new password chosen? If not, the present one is asked for.
    chooses_password: bool,
}

impl Operation for ViewInvitation {
    const ID: &'static str = "admin.invitations.get";
    const ROUTE: Route = Route::get("/admin/invitations/{token}");
    const SUMMARY: &'static str = "View an Invitation";
    const TOUCHES: &'static [AccessPattern] = &[AccessPattern::ReadInvitation];
    type Caller = Visitor;
    type Reply = Invitation;

    async fn run(self, _: &Context, caller: Visitor) -> Result<Invitation> {
        let enrolment = caller.door().enrolment(&self.token).await?;
        Ok(Invitation {
            email: enrolment.email,
            totp: enrolment.totp,
            chooses_password: enrolment.chooses_password,
        })
    }
}
