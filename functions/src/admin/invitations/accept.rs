//! Take up an Invitation or Reset: the authenticator's code first, then the password.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    ApplicationId, Context, InvitationToken, OneTimeCode, Operation, Password, RecoveryCodes,
    Result, Route, Visitor,
};

#[derive(Deserialize, JsonSchema)]
pub(crate) struct TakeUpInvitation {
    /// The last part of the link.
    token: InvitationToken,
    /// The new password; where none is chosen, the present one.
    password: Password,
    /// The code that the authenticator shows: the new one, or the present one if it stays. Sign in with
    /// the next code.
    code: OneTimeCode,
}

/// The result of an invitation or reset that was taken up.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Enrolment")]
pub(crate) struct Enrolled {
    /// Shown this once, for the day when the authenticator is lost; `null` where the present
    /// authenticator and its codes stay.
    recovery_codes: Option<RecoveryCodes>,
    /// For signing in, where the address belongs to administrators of several applications.
    application_id: ApplicationId,
}

impl Operation for TakeUpInvitation {
    const ID: &'static str = "admin.invitations.accept";
    const ROUTE: Route = Route::post("/admin/invitations/{token}");
    const SUMMARY: &'static str = "Take up an Invitation or Reset";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::TakeUpInvitation,
        AccessPattern::StillEntitled,
    ];
    type Caller = Visitor;
    type Reply = Enrolled;

    async fn run(self, _: &Context, caller: Visitor) -> Result<Enrolled> {
        let door = caller.door();
        let (application_id, recovery_codes) =
            door.enrol(&self.token, &self.password, &self.code).await?;
        Ok(Enrolled {
            recovery_codes,
            application_id,
        })
    }
}
