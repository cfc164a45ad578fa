//! The first steps of a process: missing tables, the first connection, and whether anything is stored.

use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
    TimeToLiveSpecification,
};

use crate::error::{Error, Result};
use crate::store::dynamodb::SortRange;
use crate::store::key::{Key, PARTITION, SORT};
use crate::store::table::EXPIRES;
use crate::store::{Grant, Resource, Store, Table, access, client, dynamodb};

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

    /// Returns a new table takes a few seconds on AWS; the emulators have it at once.
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
            if status == Some(&TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        }
        Err(Error::unexpected(format!(
            "table {name} did not become active within a minute"
        )))
    }

    /// Reads what is not there, by the first of these grants that allows a read.
    pub(crate) async fn warm_up(&self, grants: &[Grant]) {
        let nobody = Key::credential_of("-");
        for grant in grants {
            let Resource::Table(table) = grant.on else {
                continue;
            };
            match grant.action {
                access::GET => drop(self.get::<client::Nothing>(table, &nobody).await),
                access::BATCH_GET => drop(self.get_all(&[(table, nobody)]).await),
                access::QUERY => drop(self.query(table, "-".to_owned(), SortRange::All).await),
                _ => continue,
            }
            return;
        }
    }

    /// Returns whether there is no application yet.
    pub(crate) async fn is_empty(&self) -> Result<bool> {
        let page = self
            .dynamodb
            .scan()
            .table_name(self.tables.name(Table::Clients))
            .limit(1)
            .consistent_read(true);
        let page = page.send().await.map_err(dynamodb::fault)?;
        Ok(page.items().is_empty())
    }
}
