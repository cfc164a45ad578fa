//! A change as it waits for approval.

use serde::{Deserialize, Serialize};

use crate::domain::administrator::{Email, PersonName, Privileges};
use crate::domain::allow_list::AllowList;
use crate::domain::client::{Client, Description, ModuleGrants};
use crate::domain::feature::Features;
use crate::ids::ClientId;
use crate::secrets::client_secret::GraceHours;
use crate::store::change::Change;

/// A change as it waits for approval: exactly the values that are proposed, and nothing secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Proposal {
    CreateClient {
        client_id: ClientId,
        values: ClientValues,
    },
    EditClient {
        values: ClientValues,
    },
    ReplaceSecret {
        hours: GraceHours,
    },
    RetireSecret,
    DeleteClient,
    InviteAdministrator {
        email: Email,
        name: PersonName,
        privileges: Privileges,
    },
    EditAdministrator {
        name: PersonName,
        privileges: Privileges,
    },
    DeleteAdministrator,
    SwitchOff,
}

/// The proposed values of a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ClientValues {
    pub(super) description: Description,
    enabled: bool,
    features: Features,
    allow_list: AllowList,
    modules: ModuleGrants,
}

impl ClientValues {
    fn of(client: &Client) -> Self {
        Self {
            description: client.description.clone(),
            enabled: client.enabled,
            features: client.features.clone(),
            allow_list: client.allow_list.clone(),
            modules: client.modules.clone(),
        }
    }

    pub(super) fn put_into(self, client: &mut Client) {
        client.description = self.description;
        client.enabled = self.enabled;
        client.features = self.features;
        client.allow_list = self.allow_list;
        client.modules = self.modules;
    }
}

impl Change {
    pub(super) fn proposal(&self) -> Proposal {
        match self {
            Self::CreateClient { client } => Proposal::CreateClient {
                client_id: client.id.clone(),
                values: ClientValues::of(client),
            },
            Self::EditClient { after, .. } => Proposal::EditClient {
                values: ClientValues::of(after),
            },
            Self::ReplaceSecret { hours, .. } => Proposal::ReplaceSecret { hours: *hours },
            Self::RetireSecret { .. } => Proposal::RetireSecret,
            Self::DeleteClient { .. } => Proposal::DeleteClient,
            Self::InviteAdministrator { administrator, .. } => Proposal::InviteAdministrator {
                email: administrator.email.clone(),
                name: administrator.name.clone(),
                privileges: administrator.privileges.clone(),
            },
            Self::EditAdministrator { after, .. } => Proposal::EditAdministrator {
                name: after.name.clone(),
                privileges: after.privileges.clone(),
            },
            Self::DeleteAdministrator { .. } => Proposal::DeleteAdministrator,
            Self::SwitchOff => Proposal::SwitchOff,
        }
    }
}
