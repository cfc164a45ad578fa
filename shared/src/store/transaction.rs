//! Changes: all that belongs to one in one `TransactWriteItems`, and what to do when others were
//! faster.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, DeleteBuilder, PutBuilder};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use serde::Serialize;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::store::dynamodb::{fault, to_item};
use crate::store::key::{Key, PARTITION};
use crate::store::outcome::{OnConflict, Outcome};
use crate::store::table::{EXPIRES, REQUEST};
use crate::store::{Store, Table};

/// A change in the making. No item may stand in it twice.
#[derive(Debug)]
pub(super) struct Transaction<'a> {
    store: &'a Store,
    items: Vec<TransactWriteItem>,
    conditions: Vec<OnConflict>,
    /// The keys of its items.
    keys: Vec<(Table, Key)>,
    /// The administrator who asks for it, and with which authority.
    asked_by: Option<(Key, u64)>,
}

impl<'a> Transaction<'a> {
    pub(super) fn on(store: &'a Store) -> Self {
        Self {
            store,
            items: Vec::new(),
            conditions: Vec::new(),
            keys: Vec::new(),
            asked_by: None,
        }
    }

    /// Writes an item that must not be there yet.
    pub(super) fn create<T: Serialize>(
        self,
        table: Table,
        key: Key,
        record: &T,
        on_conflict: OnConflict,
    ) -> Result<Self> {
        self.put(table, key, record, on_conflict, |put| {
            put.condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", PARTITION)
        })
    }

    /// Writes an item whatever is there before.
    ///
    /// For items that follow from another one, which a condition of the same transaction guards.
    pub(super) fn overwrite<T: Serialize>(
        self,
        table: Table,
        key: Key,
        record: &T,
    ) -> Result<Self> {
        self.put(table, key, record, OnConflict::Retry, |put| put)
    }

    /// Writes an item in the place of the version that was read.
    pub(super) fn replace<T: Serialize>(
        self,
        table: Table,
        key: Key,
        record: &T,
        version: u64,
    ) -> Result<Self> {
        self.put(table, key, record, OnConflict::Retry, |put| {
            put.condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
        })
    }

    fn put<T: Serialize>(
        mut self,
        table: Table,
        key: Key,
        record: &T,
        on_conflict: OnConflict,
        condition: impl FnOnce(PutBuilder) -> PutBuilder,
    ) -> Result<Self> {
        self.keys.push((table, key.clone()));
        let put = Put::builder()
            .table_name(self.store.tables.name(table))
            .set_item(Some(to_item(key, record)?));
        let put = condition(put)
            .build()
            .map_err(|fault| Error::unexpected(fault.to_string()))?;
        self.items
            .push(TransactWriteItem::builder().put(put).build());
        self.conditions.push(on_conflict);
        Ok(self)
    }

    /// Writes an item if none is there, the one there has expired, or its `holder` is this one.
    pub(super) fn claim<T: Serialize>(
        self,
        table: Table,
        key: Key,
        record: &T,
        now: Timestamp,
        holder: Option<(&str, &str)>,
        on_conflict: OnConflict,
    ) -> Result<Self> {
        self.put(table, key, record, on_conflict, |put| {
            let now = AttributeValue::N(now.seconds().to_string());
            let put = put
                .expression_attribute_names("#pk", PARTITION)
                .expression_attribute_names("#expires", EXPIRES)
                .expression_attribute_values(":now", now);
            let free = "attribute_not_exists(#pk) OR #expires <= :now";
            match holder {
                None => put.condition_expression(free),
                Some((attribute, holder)) => put
                    .condition_expression(format!("{free} OR #holder = :holder"))
                    .expression_attribute_names("#holder", attribute)
                    .expression_attribute_values(":holder", AttributeValue::S(holder.to_owned())),
            }
        })
    }

    /// Deletes what is held for a change `request`.
    pub(super) fn release(self, table: Table, key: Key, request: &str) -> Result<Self> {
        self.remove(table, key, |delete| {
            delete
                .condition_expression("#request = :request")
                .expression_attribute_names("#request", REQUEST)
                .expression_attribute_values(":request", AttributeValue::S(request.to_owned()))
        })
    }

    /// Says that an administrator asks for it: it happens only if they have still the authority
    /// that their session had.
    pub(super) fn asked_by(mut self, standing: Key, authority: u64) -> Self {
        self.asked_by = Some((standing, authority));
        self
    }

    /// Demands that an item is there.
    pub(super) fn require(self, table: Table, key: Key) -> Result<Self> {
        self.check(table, key, OnConflict::Retry, |check| {
            check
                .condition_expression("attribute_exists(#pk)")
                .expression_attribute_names("#pk", PARTITION)
        })
    }

    /// Demands that an item is there in the version that was read.
    pub(super) fn require_version(
        self,
        table: Table,
        key: Key,
        version: u64,
        on_conflict: OnConflict,
    ) -> Result<Self> {
        self.check(table, key, on_conflict, |check| {
            check
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
        })
    }

    fn check(
        mut self,
        table: Table,
        key: Key,
        on_conflict: OnConflict,
        condition: impl FnOnce(ConditionCheckBuilder) -> ConditionCheckBuilder,
    ) -> Result<Self> {
        self.keys.push((table, key.clone()));
        let check = ConditionCheck::builder()
            .table_name(self.store.tables.name(table))
            .set_key(Some(key.into_attributes()));
        let check = condition(check)
            .build()
            .map_err(|fault| Error::unexpected(fault.to_string()))?;
        self.items
            .push(TransactWriteItem::builder().condition_check(check).build());
        self.conditions.push(on_conflict);
        Ok(self)
    }

    /// Writes an item in the place of the version that was read; version 0 was not there.
    pub(super) fn succeed<T: Serialize>(
        self,
        table: Table,
        key: Key,
        record: &T,
        version: u64,
    ) -> Result<Self> {
        match version {
            0 => self.create(table, key, record, OnConflict::Retry),
            version => self.replace(table, key, record, version),
        }
    }

    /// Deletes an item; none there is fine too.
    pub(super) fn delete(self, table: Table, key: Key) -> Result<Self> {
        self.remove(table, key, |delete| delete)
    }

    /// Deletes an item that must be there.
    pub(super) fn delete_existing(self, table: Table, key: Key) -> Result<Self> {
        self.remove(table, key, |delete| {
            delete
                .condition_expression("attribute_exists(#pk)")
                .expression_attribute_names("#pk", PARTITION)
        })
    }

    /// Deletes the version of an item that was read.
    pub(super) fn delete_version(self, table: Table, key: Key, version: u64) -> Result<Self> {
        self.remove(table, key, |delete| {
            delete
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":version", AttributeValue::N(version.to_string()))
        })
    }

    fn remove(
        mut self,
        table: Table,
        key: Key,
        condition: impl FnOnce(DeleteBuilder) -> DeleteBuilder,
    ) -> Result<Self> {
        self.keys.push((table, key.clone()));
        let delete = Delete::builder()
            .table_name(self.store.tables.name(table))
            .set_key(Some(key.into_attributes()));
        let delete = condition(delete)
            .build()
            .map_err(|fault| Error::unexpected(fault.to_string()))?;
        self.items
            .push(TransactWriteItem::builder().delete(delete).build());
        self.conditions.push(OnConflict::Retry);
        Ok(self)
    }

    /// Returns all of it or none of it. The SDK gives the call a token, so that its own repetitions
    /// after a broken connection do nothing twice.
    pub(super) async fn commit(mut self) -> Result<Outcome> {
        // A transaction may name an item only once. One that writes the standing itself demands its version anyway.
        if let Some((standing, authority)) = self.asked_by.take()
            && !self
                .keys
                .contains(&(Table::Administrators, standing.clone()))
        {
            let table = Table::Administrators;
            self = self.require_version(table, standing, authority, OnConflict::NotEntitled)?;
        }
        let Self {
            store,
            items,
            conditions,
            ..
        } = self;
        let call = store
            .dynamodb
            .transact_write_items()
            .set_transact_items(Some(items));
        let Err(failed) = call.send().await else {
            return Ok(Outcome::Committed);
        };
        match failed.as_service_error() {
            Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
                let reasons: Vec<_> = canceled
                    .cancellation_reasons()
                    .iter()
                    .map(|reason| reason.code().unwrap_or("None"))
                    .collect();
                Outcome::of_reasons(&reasons, &conditions).ok_or_else(|| {
                    Error::unexpected(format!(
                        "DynamoDB cancelled a transaction: {}",
                        reasons.join(", ")
                    ))
                })
            }
            // The SDK's own repetition met its first attempt, still at work. Reading again shows whether it happened.
            Some(TransactWriteItemsError::TransactionInProgressException(_)) => {
                Ok(Outcome::Conflict)
            }
            _ => Err(fault(failed)),
        }
    }
}
