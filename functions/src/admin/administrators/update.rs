//! Change an Administrator: the name, or the privileges. Privileges that are lost end their sessions.

use schemars::JsonSchema;
use serde::Deserialize;
use shared::store::AccessPattern;
use shared::{
    AdministratorId, AdministratorProfile, Context, ManageAdministrators, ObjectKind, Operation,
    PersonName, Privileges, Result, Route, SignedIn, Tagged,
};

use crate::admin::shown::administrator::ShownAdministrator;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ChangeAdministrator {
    id: AdministratorId,
    name: Option<PersonName>,
    /// Replaces those that there are. Nobody changes their own.
    privileges: Option<Privileges>,
}

impl Operation for ChangeAdministrator {
    const ID: &'static str = "admin.administrators.update";
    const ROUTE: Route =
        Route::patch("/admin/administrators/{id}").names(ObjectKind::Administrator);
    const SUMMARY: &'static str = "Change an Administrator";
    const TOUCHES: &'static [AccessPattern] = &[
        AccessPattern::ChangeAdministrator,
        AccessPattern::AskForApproval,
        AccessPattern::StillEntitled,
    ];
    type Caller = SignedIn<ManageAdministrators>;
    type Reply = Tagged<ShownAdministrator>;

    async fn run(self, _: &Context, caller: Self::Caller) -> Result<Tagged<ShownAdministrator>> {
        let seen = caller
            .store()
            .change(&self.id, |profile| {
                let before = profile.clone();
                // Each attribute by its name, so that a new one has to be decided here.
                *profile = AdministratorProfile {
                    name: self.name.clone().unwrap_or(before.name),
                    privileges: self.privileges.clone().unwrap_or(before.privileges),
                };
            })
            .await?;
        Ok(Tagged {
            version: seen.version,
            body: seen.into(),
        })
    }
}
