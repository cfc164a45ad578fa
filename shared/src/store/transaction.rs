//! Changes: all that belongs to one in one `TransactWriteItems`, and what to do when others were
//! faster.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, DeleteBuilder, PutBuilder};
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem};
use serde::Serialize;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::store::dynamodb::{fault, is_throttling, to_item};
use crate::store::key::{Key, PARTITION};
use crate::store::table::{EXPIRES, REQUEST};
use crate::store::{Store, Table};

/// The meaning of a failed condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Otherwise {
    /// Somebody else was faster: read again, and try again.
    Retry,
    /// The description belongs to another client.
    NameTaken,
    /// The client's ID is already in use.
    IdTaken,
    /// The e-mail address belongs to another administrator.
    EmailTaken,
    /// The same creation was made before: its answer is there.
    Replayed,
    /// An audience belongs to another application.
    AudienceTaken,
    /// A change request for the same object waits.
    Locked,
    /// The asker may no longer do so.
    NotEntitled,
}

/// The outcome of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it happened.
    Committed,
    /// None of it happened: somebody else changed what was read, or is just changing it.
    Lost,
    /// None of it happened, and trying again does not help.
    Refused(Otherwise),
}

/// A change in the making. No item may stand in it twice.
#[derive(Debug)]
pub(super) struct Transaction<'a> {
    store: &'a Store,
    items: Vec<TransactWriteItem>,
    otherwise: Vec<Otherwise>,
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
            otherwise: Vec::new(),
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
        otherwise: Otherwise,
    ) -> Result<Self> {
        self.put(table, key, record, otherwise, |put| {
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
        self.put(table, key, record, Otherwise::Retry, |put| put)
    }

    /// Writes an item in the place of the version that was read.
    pub(super) fn replace<T: Serialize>(
        self,
        table: Table,
        key: Key,
        record: &T,
        version: u64,
    ) -> Result<Self> {
        self.put(table, key, record, Otherwise::Retry, |put| {
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
        otherwise: Otherwise,
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
        self.otherwise.push(otherwise);
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
        otherwise: Otherwise,
    ) -> Result<Self> {
        self.put(table, key, record, otherwise, |put| {
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
        self.check(table, key, Otherwise::Retry, |check| {
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
        otherwise: Otherwise,
    ) -> Result<Self> {
        self.check(table, key, otherwise, |check| {
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
        otherwise: Otherwise,
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
        self.otherwise.push(otherwise);
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
            0 => self.create(table, key, record, Otherwise::Retry),
            version => self.replace(table, key, record, version),
        }
    }

    /// Deletes an item; none there is fine too.
    pub(super) fn delete(self, table: Table, key: Key) -> Result<Self> {
        self.remove(table, key, |delete| delete)
    }

    /// Deletes an item that must be there.
    pub(super) fn take_away(self, table: Table, key: Key) -> Result<Self> {
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
        self.otherwise.push(Otherwise::Retry);
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
            self = self.require_version(table, standing, authority, Otherwise::NotEntitled)?;
        }
        let Self {
            store,
            items,
            otherwise,
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
                outcome(&reasons, &otherwise).ok_or_else(|| {
                    Error::unexpected(format!(
                        "DynamoDB cancelled a transaction: {}",
                        reasons.join(", ")
                    ))
                })
            }
            // The SDK's own repetition met its first attempt, still at work. Reading again shows whether it happened.
            Some(TransactWriteItemsError::TransactionInProgressException(_)) => Ok(Outcome::Lost),
            _ => Err(fault(failed)),
        }
    }
}

/// Returns the common meaning of the cancellation reasons, one for each item.
///
/// Reading again comes first, as long as it can help. `None` is for a reason that should never be.
fn outcome(reasons: &[&str], otherwise: &[Otherwise]) -> Option<Outcome> {
    let mut refused = None;
    let mut lost = false;
    for (reason, otherwise) in reasons.iter().zip(otherwise) {
        match *reason {
            "None" => {}
            "ConditionalCheckFailed" if *otherwise != Otherwise::Retry => {
                // Whoever may not ask, and what cannot be asked for now, need not hear of a name.
                refused = match refused {
                    Some(Otherwise::NotEntitled | Otherwise::Locked) => refused,
                    _ => Some(*otherwise),
                };
            }
            "ConditionalCheckFailed" | "TransactionConflict" => lost = true,
            code if is_throttling(code) => lost = true,
            _ => return None,
        }
    }
    if lost {
        Some(Outcome::Lost)
    } else {
        refused.map(Outcome::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: [Otherwise; 2] = [Otherwise::Retry, Otherwise::NameTaken];

    #[test]
    fn a_stale_version_is_read_anew_before_a_name_counts_as_taken() {
        let both = ["ConditionalCheckFailed", "ConditionalCheckFailed"];
        assert_eq!(outcome(&both, &NAMED), Some(Outcome::Lost));
        let name = ["None", "ConditionalCheckFailed"];
        assert_eq!(
            outcome(&name, &NAMED),
            Some(Outcome::Refused(Otherwise::NameTaken))
        );
    }

    #[test]
    fn conflicts_and_throttling_are_tried_again() {
        for code in [
            "TransactionConflict",
            "ThrottlingError",
            "ProvisionedThroughputExceeded",
        ] {
            assert_eq!(
                outcome(&["None", code], &NAMED),
                Some(Outcome::Lost),
                "{code}"
            );
        }
        assert_eq!(outcome(&["ValidationError", "None"], &NAMED), None);
    }
}
