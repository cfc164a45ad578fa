//! The tables, by lifecycle.

use std::sync::Arc;

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
    TimeToLiveSpecification,
};

use super::key::{PARTITION, SORT};
use super::{Store, dynamodb};
use crate::error::{Error, Result};

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
    /// What was tried and refused, and how often.
    Attempts,
    /// The keys that sign access tokens, and which tokens were revoked.
    Tokens,
    /// What happened.
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

    /// Those with items that DynamoDB may delete some time after the moment in their `expires`.
    pub const WITH_EXPIRY: [Self; 4] = [
        Self::Administrators,
        Self::ChangeRequests,
        Self::Attempts,
        Self::Tokens,
    ];

    /// The end of its name, after the prefix of the deployment.
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

    /// Its name in the template.
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

impl Store {
    /// Creates the tables that are not there yet, on demand, as the template does.
    pub(crate) async fn create_missing_tables(&self) -> Result<()> {
        for table in Table::ALL {
            let name = self.tables.name(table);
            if self.create_if_missing(name).await? && Table::WITH_EXPIRY.contains(&table) {
                self.let_expire(name).await?;
            }
        }
        Ok(())
    }

    async fn let_expire(&self, name: &str) -> Result<()> {
        let specification = TimeToLiveSpecification::builder()
            .attribute_name(EXPIRES)
            .enabled(true)
            .build()
            .map_err(|fault| Error::unexpected(fault.to_string()))?;
        self.dynamodb
            .update_time_to_live()
            .table_name(name)
            .time_to_live_specification(specification)
            .send()
            .await
            .map_err(dynamodb::fault)?;
        Ok(())
    }

    /// Tells whether it was missing.
    async fn create_if_missing(&self, name: &str) -> Result<bool> {
        let broken =
            |fault: aws_sdk_dynamodb::error::BuildError| Error::unexpected(fault.to_string());
        let mut create = self
            .dynamodb
            .create_table()
            .table_name(name)
            .billing_mode(BillingMode::PayPerRequest);
        for (attribute, kind) in [(PARTITION, KeyType::Hash), (SORT, KeyType::Range)] {
            let text = AttributeDefinition::builder()
                .attribute_name(attribute)
                .attribute_type(ScalarAttributeType::S);
            let element = KeySchemaElement::builder()
                .attribute_name(attribute)
                .key_type(kind);
            create = create
                .attribute_definitions(text.build().map_err(broken)?)
                .key_schema(element.build().map_err(broken)?);
        }
        match create.send().await {
            Ok(_) => self.wait_until_active(name).await.map(|()| true),
            Err(fault)
                if fault
                    .as_service_error()
                    .is_some_and(CreateTableError::is_resource_in_use_exception) =>
            {
                Ok(false)
            }
            Err(fault) => Err(dynamodb::fault(fault)),
        }
    }

    /// A new table takes a few seconds on AWS; the emulators have it at once.
    async fn wait_until_active(&self, name: &str) -> Result<()> {
        for _ in 0..120 {
            let table = self
                .dynamodb
                .describe_table()
                .table_name(name)
                .send()
                .await
                .map_err(dynamodb::fault)?;
            let status = table.table().and_then(|table| table.table_status());
            if status == Some(&aws_sdk_dynamodb::types::TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        Err(Error::unexpected(format!(
            "table {name} did not become active within a minute"
        )))
    }
}
