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

#[cfg(test)]
mod tests {
    use super::*;

    /// Proposals as they are stored since the first release. A change request waits for 14 days, so
    /// that a new release finds those of the one before.
    const STORED: [&str; 9] = [
        r#"{"kind":"create_client","client_id":"c1","values":{"description":"New","enabled":true,"features":["owner"],"allow_list":["0.0.0.0/0"],"modules":{"payments":{"administrator":true}}}}"#,
        r#"{"kind":"edit_client","values":{"description":"Old","enabled":false,"features":[],"allow_list":["10.0.0.0/8"],"modules":{}}}"#,
        r#"{"kind":"replace_secret","hours":24}"#,
        r#"{"kind":"retire_secret"}"#,
        r#"{"kind":"delete_client"}"#,
        r#"{"kind":"invite_administrator","email":"ada@example.com","name":"Ada","privileges":["manage_users"]}"#,
        r#"{"kind":"edit_administrator","name":"Ada","privileges":["manage_modules","manage_users"]}"#,
        r#"{"kind":"delete_administrator"}"#,
        r#"{"kind":"switch_off"}"#,
    ];

    #[test]
    fn stored_proposals_are_read_and_written_as_ever() {
        for stored in STORED {
            let read: Proposal = serde_json::from_str(stored).expect(stored);
            let written = serde_json::to_string(&read).expect(stored);
            assert_eq!(written, stored);
        }
    }
}
