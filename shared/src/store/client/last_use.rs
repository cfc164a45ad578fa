//! Last use of a client's secrets, minute by minute.
//!
//! Each process writes at most once a minute for each secret, beside the operation and not in its way.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use tokio::task::JoinHandle;

use crate::clock::Timestamp;
use crate::domain::client::Client;
use crate::error::Result;
use crate::ids::ClientId;
use crate::store::dynamodb::{Found, fault};
use crate::store::key::Key;
use crate::store::table::EXPIRES;
use crate::store::{Store, Table};

/// A write that goes on beside the operation.
#[derive(Debug)]
pub(crate) struct PendingWrite(Mutex<Option<JoinHandle<()>>>);

impl PendingWrite {
    /// Waits until it is written, or has failed, which only the log hears of; but not for long.
    pub(crate) async fn done(&self) {
        let writing = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writing) = writing
            && tokio::time::timeout(LONGEST_WAIT, writing).await.is_err()
        {
            tracing::warn!("the last use of a secret takes long to be recorded");
        }
    }
}

/// Longest time that an answer waits for a note of a use.
///
/// The store answers within milliseconds, or there is something wrong with it.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// For so many days a use is remembered.
const KEPT_DAYS: i64 = 400;

/// Returns the attribute of a secret's last use.
fn of_secret(serial: u32) -> String {
    format!("s{serial}")
}

impl Store {
    /// Notes that a client uses the secret with this serial number. Begins to write it, unless this
    /// process has done so in this minute. A failure of the store fails no call, and the next call
    /// tries again.
    pub(crate) fn note_use(&self, client: &ClientId, serial: u32) -> PendingWrite {
        let minute = self.clock.now().minute();
        if !self.noted.is_first(client, serial, minute) {
            return PendingWrite(Mutex::new(None));
        }
        let (store, client) = (self.clone(), client.clone());
        let writing = async move {
            if let Err(failed) = store.write_use(&client, serial, minute).await {
                store.noted.forget(&client, serial);
                let cause = failed.for_the_log();
                tracing::warn!(cause, "the last use of a secret was not recorded");
            }
        };
        PendingWrite(Mutex::new(Some(tokio::spawn(writing))))
    }

    async fn write_use(&self, client: &ClientId, serial: u32, minute: Timestamp) -> Result<()> {
        let number = |number: i64| AttributeValue::N(number.to_string());
        let update = self
            .dynamodb
            .update_item()
            .table_name(self.tables.name(Table::Attempts))
            .set_key(Some(Key::uses(client).into_attributes()))
            // Another process may have written a later minute.
            .condition_expression("attribute_not_exists(#used) OR #used < :minute")
            // Of a secret's predecessor's predecessor nobody asks any more.
            .update_expression("SET #used = :minute, #expires = :expires REMOVE #ended")
            .expression_attribute_names("#used", of_secret(serial))
            .expression_attribute_names("#ended", format!("s{}", i64::from(serial) - 2))
            .expression_attribute_names("#expires", EXPIRES)
            .expression_attribute_values(":minute", number(minute.millis()))
            .expression_attribute_values(":expires", number(minute.seconds() + KEPT_DAYS * 86_400));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(failed)
                if failed
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(failed) => Err(fault(failed)),
        }
    }

    /// Returns the last uses of these clients' secrets, in the order of the clients.
    pub(super) async fn last_uses(&self, clients: &[&ClientId]) -> Result<Vec<Uses>> {
        /// Most keys of one read.
        const MOST_AT_ONCE: usize = 100;
        let mut uses = Vec::with_capacity(clients.len());
        for some in clients.chunks(MOST_AT_ONCE) {
            let keys: Vec<_> = some
                .iter()
                .map(|client| (Table::Attempts, Key::uses(client)))
                .collect();
            let mut found = self.get_all(&keys).await?;
            for (_, key) in keys {
                uses.push(Uses::take(&mut found, &key)?);
            }
        }
        Ok(uses)
    }
}

/// When a client has last used which of its secrets, to the minute.
#[derive(Debug, Default)]
pub struct Uses(BTreeMap<String, serde_json::Value>);

impl Uses {
    /// Returns the uses of a new client: none.
    pub fn none() -> Self {
        Self::default()
    }

    pub(super) fn take(found: &mut Found, key: &Key) -> Result<Self> {
        let uses = found.take(Table::Attempts, key)?;
        Ok(Self(uses.unwrap_or_default()))
    }

    /// Returns the time when the client's present secret was last used.
    pub fn of_present_secret(&self, client: &Client) -> Option<Timestamp> {
        self.of(client, client.secret.serial)
    }

    /// Returns the time when the secret before it was last used, as long as that one works.
    pub fn of_previous_secret(&self, client: &Client, now: Timestamp) -> Option<Timestamp> {
        client.previous_secret_until(now)?;
        self.of(client, client.previous.as_ref()?.secret.serial)
    }

    fn of(&self, client: &Client, serial: u32) -> Option<Timestamp> {
        let millis = self.0.get(&of_secret(serial))?.as_i64()?;
        let used = Timestamp::from_millis(millis);
        // One of the same ID may have been there before.
        (used >= client.created.minute()).then_some(used)
    }
}
