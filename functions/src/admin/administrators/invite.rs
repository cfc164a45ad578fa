//! Invite an Administrator: a link that works once, for 72 hours.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::AccessPattern;
use shared::{
    AdministratorProfile, Context, Created, Email, ManageAdministrators, Operation, PersonName,
    Privileges, Result, Route, SignedIn,
};

use crate::admin::shown::administrator::ShownAdministrator;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct InviteAdministrator {
    email: Email,
    name: PersonName,
    /// None, if left out.
    #[serde(default)]
    privileges: Privileges,
}

/// An administrator with the link of the invitation.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "InvitedAdministrator")]
pub(crate) struct Invited {
    administrator: ShownAdministrator,
    /// To be handed to that person and nobody else. It is shown here only.
    invitation_url: String,
}

impl Operation for InviteAdministrator {
    const ID: &'static str = "admin.administrators.invite";
    const ROUTE: Route = Route::post("/admin/administrators");
    const SUMMARY: &'static str = "Invite an Administrator";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::InviteAdministrator,
        AccessPattern::CreateOnce,
        AccessPattern::AskToCreate,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<ManageAdministrators>;
    type Reply = Created<Invited>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Created<Invited>> {
        let profile = AdministratorProfile {
            name: self.name,
            privileges: self.privileges,
        };
        let invited = caller
            .store()
            .invite(self.email, profile, |seen, token| Invited {
                administrator: seen.into(),
                invitation_url: caller.link(token),
            })
            .await?;
        Ok(Created {
            location: format!(
                "/admin/administrators/{}",
                invited.administrator.id.as_str()
            ),
            body: invited,
        })
    }
}
