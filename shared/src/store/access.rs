//! What each access pattern may do to which table: the source of the functions' IAM policies.

use super::Table;

/// An IAM action on a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The table.
    pub table: Table,
    /// The action, as IAM spells it.
    pub action: &'static str,
}

macro_rules! grants {
    ($($table:ident $action:ident),*) => {
        const { &[$(Grant { table: Table::$table, action: $action }),*] }
    };
}

const GET: &str = "dynamodb:GetItem";
const BATCH_GET: &str = "dynamodb:BatchGetItem";
const QUERY: &str = "dynamodb:Query";
const PUT: &str = "dynamodb:PutItem";
const DELETE: &str = "dynamodb:DeleteItem";

/// A way in which an operation uses the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessPattern {
    /// Verify a client's credentials.
    Authenticate,
    /// List the clients of an application.
    ListClients,
    /// Create a client.
    CreateClient,
    /// Change what a client may do, or its secret.
    ChangeClient,
    /// Give a client another description.
    RenameClient,
    /// Delete a client and what belongs to it.
    DeleteClient,
    /// Read an application's settings.
    ReadApplicationSettings,
}

impl AccessPattern {
    /// What it takes, and nothing else.
    pub const fn grants(self) -> &'static [Grant] {
        match self {
            Self::Authenticate => grants![Clients GET],
            Self::ListClients => grants![Clients QUERY],
            Self::CreateClient => grants![Clients GET, Clients PUT, Audit PUT],
            Self::ChangeClient => grants![Clients BATCH_GET, Clients PUT, Audit PUT],
            Self::RenameClient => {
                grants![Clients BATCH_GET, Clients PUT, Clients DELETE, Audit PUT]
            }
            Self::DeleteClient => {
                grants![Clients BATCH_GET, Clients DELETE, Settings DELETE, Audit PUT]
            }
            Self::ReadApplicationSettings => grants![Settings GET],
        }
    }
}
