//! A change as it waits for approval.

use serde::{Deserialize, Serialize};

use crate::domain::administrator::{AdministratorProfile, Email};
use crate::domain::client::ClientProfile;
use crate::ids::ClientId;
use crate::secrets::client_secret::GraceHours;
use crate::store::change::Change;

/// A change as it waits for approval: exactly the values that are proposed, and nothing secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Proposal {
    CreateClient {
        client_id: ClientId,
        values: ClientProfile,
    },
    EditClient {
        values: ClientProfile,
    },
    ReplaceSecret {
        hours: GraceHours,
    },
    RetireSecret,
    DeleteClient,
    InviteAdministrator {
        email: Email,
        #[serde(flatten)]
        profile: AdministratorProfile,
    },
    EditAdministrator(AdministratorProfile),
    DeleteAdministrator,
    SwitchOff,
}

impl Change {
    pub(super) fn proposal(&self) -> Proposal {
        match self {
            Self::CreateClient { client } => Proposal::CreateClient {
                client_id: client.id.clone(),
                values: client.profile.clone(),
            },
            Self::EditClient { after, .. } => Proposal::EditClient {
                values: after.profile.clone(),
            },
            Self::ReplaceSecret { hours, .. } => Proposal::ReplaceSecret { hours: *hours },
            Self::RetireSecret { .. } => Proposal::RetireSecret,
            Self::DeleteClient { .. } => Proposal::DeleteClient,
            Self::InviteAdministrator { administrator, .. } => Proposal::InviteAdministrator {
                email: administrator.email.clone(),
                profile: administrator.profile.clone(),
            },
            Self::EditAdministrator { after, .. } => {
                Proposal::EditAdministrator(after.profile.clone())
            }
            Self::DeleteAdministrator { .. } => Proposal::DeleteAdministrator,
            Self::SwitchOff => Proposal::SwitchOff,
        }
    }
}
