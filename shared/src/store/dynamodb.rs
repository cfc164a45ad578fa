//! Talking to DynamoDB: items to records and back, reads, and faults in words for the log.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::key::Key;
use super::race::Race;
use super::{Store, Table};
use crate::{Error, Result};

/// How every function talks to DynamoDB, wherever that is: it answers within milliseconds, so what
/// has not been answered within seconds is asked again, soon, and not for long.
pub fn tuned(config: Builder) -> Builder {
    config
        .behavior_version(BehaviorVersion::latest())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(3)
                .with_initial_backoff(Duration::from_millis(25)),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(3))
                .build(),
        )
        // It watches over long streams; here all bodies are short, and the timeouts are shorter.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// A record as an item, under its key.
pub(super) fn to_item<T: Serialize>(key: Key, record: &T) -> Result<Item> {
    let mut item: Item = serde_dynamo::to_item(record)
        .map_err(|fault| Error::unexpected(format!("a record does not become an item: {fault}")))?;
    item.extend(key.into_attributes());
    Ok(item)
}

/// An item as the record it was made from.
pub(super) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T> {
    serde_dynamo::from_item(item).map_err(|fault| {
        Error::unexpected(format!("an item is not the record it should be: {fault}"))
    })
}

/// What the SDK says of a failed call, without anything of the call's content.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` takes"
)]
pub(super) fn fault<E, R>(fault: SdkError<E, R>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    if let Some(code) = fault
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
    {
        if is_throttling(code) {
            return Error::Busy;
        }
        let message = fault
            .as_service_error()
            .and_then(ProvideErrorMetadata::message)
            .unwrap_or_default();
        return Error::unexpected(format!("DynamoDB: {code}: {message}"));
    }
    let mut words = format!("DynamoDB did not answer: {fault}");
    let mut source = std::error::Error::source(&fault);
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    Error::unexpected(words)
}

/// The codes with which DynamoDB says that it is asked too much of.
pub(super) fn is_throttling(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "ProvisionedThroughputExceeded"
            | "RequestLimitExceeded"
            | "ThrottlingError"
            | "ThrottlingException"
    )
}

impl Store {
    /// One consistent read.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        table: Table,
        key: &Key,
    ) -> Result<Option<T>> {
        let get = self
            .dynamodb
            .get_item()
            .table_name(self.tables.name(table))
            .consistent_read(true);
        let found = get
            .set_key(Some(key.clone().into_attributes()))
            .send()
            .await
            .map_err(fault)?;
        found.item.map(from_item).transpose()
    }

    /// A few items of one table, each read consistently, in one round trip and in no order. Keys that DynamoDB
    /// had no capacity for are asked for again.
    pub(super) async fn get_all(&self, table: Table, keys: &[Key]) -> Result<Vec<Item>> {
        let name = self.tables.name(table);
        let mut found = Vec::with_capacity(keys.len());
        let mut race = Race::begin(&self.random);
        let mut wanted = KeysAndAttributes::builder()
            .set_keys(Some(
                keys.iter().cloned().map(Key::into_attributes).collect(),
            ))
            .consistent_read(true)
            .build()
            .map_err(|fault| Error::unexpected(fault.to_string()))?;
        loop {
            let mut answer = self
                .dynamodb
                .batch_get_item()
                .request_items(name, wanted)
                .send()
                .await
                .map_err(fault)?;
            let items = answer
                .responses
                .as_mut()
                .and_then(|tables| tables.remove(name));
            found.extend(items.unwrap_or_default());
            match answer
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(name))
            {
                Some(rest) if !rest.keys.is_empty() => wanted = rest,
                _ => return Ok(found),
            }
            race.again().await?;
        }
    }
}

/// Bytes, as DynamoDB's binary type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }
}
