//! An administrator as the admin API shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::Seen;
use shared::{
    Administrator, AdministratorId, AdministratorProfile, AdministratorState, Email, Moment,
    PersonName, Privileges,
};

/// An administrator.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Administrator")]
pub(crate) struct ShownAdministrator {
    pub(crate) id: AdministratorId,
    email: Email,
    name: PersonName,
    privileges: Privileges,
    state: AdministratorState,
    created_at: Moment,
    /// Until when the link of the invitation or reset that is open can be used.
    invitation_expires_at: Option<Moment>,
}

impl From<Seen> for ShownAdministrator {
    fn from(seen: Seen) -> Self {
        let AdministratorProfile { name, privileges } = seen.administrator.profile;
        Self {
            id: seen.administrator.id,
            email: seen.administrator.email,
            name,
            privileges,
            state: seen.state,
            created_at: Moment(seen.administrator.created),
            invitation_expires_at: seen.invited_until.map(Moment),
        }
    }
}

/// The administrator whose session it is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SignedInAdministrator")]
pub(crate) struct Oneself {
    id: AdministratorId,
    email: Email,
    name: PersonName,
    privileges: Privileges,
}

impl From<&Administrator> for Oneself {
    fn from(administrator: &Administrator) -> Self {
        let AdministratorProfile { name, privileges } = administrator.profile.clone();
        Self {
            id: administrator.id.clone(),
            email: administrator.email.clone(),
            name,
            privileges,
        }
    }
}
