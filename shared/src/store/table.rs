//! The tables, by lifecycle.

use std::sync::Arc;

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Applications, clients and their credentials.
    Clients,
    /// Layers of settings, and their history.
    Settings,
    /// Published settings.
    Published,
    /// Administrators, their sessions and invitations.
    Administrators,
    /// Changes that wait for approval, or have waited.
    ChangeRequests,
    /// Rate limits and counted refusals.
    Attempts,
    /// The keys that sign access tokens, and which tokens were revoked.
    Tokens,
    /// The audit.
    Audit,
}

impl Table {
    /// All tables.
    pub const ALL: [Self; 8] = [
        Self::Clients,
        Self::Settings,
        Self::Published,
        Self::Administrators,
        Self::ChangeRequests,
        Self::Attempts,
        Self::Tokens,
        Self::Audit,
    ];

    /// The tables with items that expire: DynamoDB may delete them some time after their `expires`.
    pub const WITH_EXPIRY: [Self; 4] = [
        Self::Administrators,
        Self::ChangeRequests,
        Self::Attempts,
        Self::Tokens,
    ];

    /// Returns the end of its name, after the prefix of the deployment.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Settings => "settings",
            Self::Published => "published",
            Self::Administrators => "administrators",
            Self::ChangeRequests => "change-requests",
            Self::Attempts => "attempts",
            Self::Tokens => "tokens",
            Self::Audit => "audit",
        }
    }

    /// Returns its name in the template.
    pub const fn logical_id(self) -> &'static str {
        match self {
            Self::Clients => "ClientsTable",
            Self::Settings => "SettingsTable",
            Self::Published => "PublishedTable",
            Self::Administrators => "AdministratorsTable",
            Self::ChangeRequests => "ChangeRequestsTable",
            Self::Attempts => "AttemptsTable",
            Self::Tokens => "TokensTable",
            Self::Audit => "AuditTable",
        }
    }
}

/// The attribute that says when an item may go: seconds since the epoch. Deletion comes late or never,
/// so that whoever reads such an item looks at the clock as well.
pub(super) const EXPIRES: &str = "expires";

/// The attribute that says for which change request an item is held.
pub(super) const REQUEST: &str = "request_id";

/// The tables' full names.
#[derive(Clone, Debug)]
pub(super) struct Names(Arc<[String; Table::ALL.len()]>);

impl Names {
    pub(super) fn with(prefix: &str) -> Self {
        Self(Arc::new(
            Table::ALL.map(|table| format!("{prefix}-{}", table.suffix())),
        ))
    }

    pub(super) fn name(&self, table: Table) -> &str {
        match table {
            Table::Clients => &self.0[0],
            Table::Settings => &self.0[1],
            Table::Published => &self.0[2],
            Table::Administrators => &self.0[3],
            Table::ChangeRequests => &self.0[4],
            Table::Attempts => &self.0[5],
            Table::Tokens => &self.0[6],
            Table::Audit => &self.0[7],
        }
    }
}
