//! Talking to DynamoDB: items to records and back, reads, and faults in words for the log.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, KeysAndAttributes, WriteRequest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::setting::SettingKey;
use crate::error::{Error, Result};
use crate::store::key::{Key, PARTITION, SORT};
use crate::store::retry::Retry;
use crate::store::{Store, Table};

/// Adds our settings to a DynamoDB client, wherever DynamoDB is.
pub fn tuned(config: Builder) -> Builder {
    config
        .behavior_version(BehaviorVersion::latest())
        .retry_config(retries())
        .timeout_config(timeouts())
        // It watches over long streams; here all bodies are short, and the timeouts are shorter.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
}

/// Returns the retries for a service that normally answers within milliseconds: soon, and few.
pub fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(3)
        .with_initial_backoff(Duration::from_millis(25))
}

/// Returns the timeouts. An attempt without an answer within seconds is made again.
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(5))
        .build()
}

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Returns a record as an item, under its key.
pub(super) fn to_item<T: Serialize>(key: Key, record: &T) -> Result<Item> {
    let mut item: Item = serde_dynamo::to_item(record)
        .map_err(|fault| Error::unexpected(format!("a record does not become an item: {fault}")))?;
    item.extend(key.into_attributes());
    Ok(item)
}

/// Returns an item as the record it was made from.
pub(super) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T> {
    serde_dynamo::from_item(item).map_err(|fault| {
        Error::unexpected(format!("an item is not the record it should be: {fault}"))
    })
}

/// Returns the error of a failed call, without anything of the call's content.
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

/// Returns the codes with which DynamoDB says that it is asked too much of.
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
    /// Reads an item consistently.
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

    /// Reads a layer of settings consistently. Only one setting of it crosses the wire.
    pub(super) async fn get_only<T: DeserializeOwned>(
        &self,
        layer: &Key,
        only: &SettingKey,
    ) -> Result<Option<T>> {
        let get = self
            .dynamodb
            .get_item()
            .table_name(self.tables.name(Table::Settings))
            .consistent_read(true);
        let get = get
            .set_key(Some(layer.clone().into_attributes()))
            .projection_expression("#values.#only")
            .expression_attribute_names("#values", "values")
            .expression_attribute_names("#only", only.as_str());
        get.send()
            .await
            .map_err(fault)?
            .item
            .map(from_item)
            .transpose()
    }

    /// Returns a few items, each read consistently, in one round trip. Keys that DynamoDB had no
    /// capacity for are asked for again.
    pub(super) async fn get_all(&self, keys: &[(Table, Key)]) -> Result<Found> {
        self.get_all_with(keys, None).await
    }

    /// Reads items; of layers of settings only one setting.
    ///
    /// The rest of a layer, up to 350 kB, does not cross the wire.
    pub(super) async fn get_all_with(
        &self,
        keys: &[(Table, Key)],
        only: Option<&SettingKey>,
    ) -> Result<Found> {
        let mut found = Found::default();
        let mut retry = Retry::new(&self.random);
        let mut wanted = HashMap::new();
        for table in Table::ALL {
            let of_table = keys.iter().filter(|(of, _)| *of == table);
            let of_table: Vec<_> = of_table
                .map(|(_, key)| key.clone().into_attributes())
                .collect();
            if !of_table.is_empty() {
                let mut keys = KeysAndAttributes::builder()
                    .set_keys(Some(of_table))
                    .consistent_read(true);
                if let (Table::Settings, Some(only)) = (table, only) {
                    keys = keys
                        .projection_expression("#pk, #sk, #values.#only")
                        .expression_attribute_names("#pk", PARTITION)
                        .expression_attribute_names("#sk", SORT)
                        .expression_attribute_names("#values", "values")
                        .expression_attribute_names("#only", only.as_str());
                }
                wanted.insert(
                    self.tables.name(table).to_owned(),
                    keys.build().map_err(unbuilt)?,
                );
            }
        }
        loop {
            let answer = self
                .dynamodb
                .batch_get_item()
                .set_request_items(Some(wanted))
                .send()
                .await
                .map_err(fault)?;
            for (name, items) in answer.responses.unwrap_or_default() {
                let table = Table::ALL
                    .into_iter()
                    .find(|table| self.tables.name(*table) == name);
                found.0.extend(
                    table
                        .into_iter()
                        .flat_map(|table| items.iter().map(move |item| (table, item.clone()))),
                );
            }
            wanted = answer.unprocessed_keys.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(found);
            }
            retry.back_off().await?;
        }
    }

    /// Returns all items of a partition within `range`, read consistently, page by page.
    pub(super) async fn query(
        &self,
        table: Table,
        partition: String,
        range: SortRange<'_>,
    ) -> Result<Vec<Item>> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let query = self
            .dynamodb
            .query()
            .table_name(self.tables.name(table))
            .consistent_read(true)
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_values(":pk", AttributeValue::S(partition));
        let query = match range {
            SortRange::All => query.key_condition_expression("#pk = :pk"),
            SortRange::Between(first, last) => query
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
                .expression_attribute_names("#sk", SORT)
                .expression_attribute_values(":first", text(first))
                .expression_attribute_values(":last", text(last)),
            SortRange::BeginsWith(prefix) => query
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_names("#sk", SORT)
                .expression_attribute_values(":prefix", text(prefix)),
        };
        let mut pages = query.into_paginator().items().send();
        let mut items = Vec::new();
        while let Some(item) = pages.next().await {
            items.push(item.map_err(fault)?);
        }
        Ok(items)
    }

    /// Reads the first items of a partition between two sort keys, both included, consistently.
    ///
    /// It reads at least `limit` of them, if there are so many.
    pub(super) async fn query_page(
        &self,
        table: Table,
        partition: String,
        (first, last): (&str, &str),
        direction: Direction,
        limit: i32,
    ) -> Result<Vec<Item>> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let query = self
            .dynamodb
            .query()
            .table_name(self.tables.name(table))
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_names("#sk", SORT)
            .expression_attribute_values(":pk", AttributeValue::S(partition))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .scan_index_forward(direction == Direction::Forward)
            .limit(limit);
        let mut items = Vec::new();
        let mut start = None;
        // A page of large items ends at 1 MB, before the limit.
        while items.len() < usize::try_from(limit).unwrap_or_default() {
            let page = query.clone().set_exclusive_start_key(start);
            let page = page.send().await.map_err(fault)?;
            items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(items)
    }

    /// Deletes any number of items, in batches; for what nobody sees any more.
    pub(super) async fn delete_all(&self, keys: Vec<(Table, Key)>) -> Result<()> {
        const MOST_AT_ONCE: usize = 25;
        for batch in keys.chunks(MOST_AT_ONCE) {
            let mut requests: HashMap<_, Vec<_>> = HashMap::new();
            for (table, key) in batch {
                let delete = DeleteRequest::builder().set_key(Some(key.clone().into_attributes()));
                let request = WriteRequest::builder()
                    .delete_request(delete.build().map_err(unbuilt)?)
                    .build();
                requests
                    .entry(self.tables.name(*table).to_owned())
                    .or_default()
                    .push(request);
            }
            let mut retry = Retry::new(&self.random);
            loop {
                let answer = self
                    .dynamodb
                    .batch_write_item()
                    .set_request_items(Some(requests));
                requests = answer
                    .send()
                    .await
                    .map_err(fault)?
                    .unprocessed_items
                    .unwrap_or_default();
                if requests.is_empty() {
                    break;
                }
                retry.back_off().await?;
            }
        }
        Ok(())
    }
}

/// Returns the primary key of an item.
pub(super) fn key_of(item: &Item) -> Option<Key> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    Some(Key {
        partition: text(PARTITION)?,
        sort: text(SORT)?,
    })
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// As the sort keys have it.
    Forward,
    /// The other way round.
    Backward,
}

/// A range of sort keys in a partition.
#[derive(Clone, Copy, Debug)]
pub(super) enum SortRange<'a> {
    All,
    Between(&'a str, &'a str),
    BeginsWith(&'a str),
}

/// The items that [`Store::get_all`] found.
#[derive(Debug, Default)]
pub(super) struct Found(Vec<(Table, Item)>);

impl Found {
    /// Returns the record under `key`, if it is there.
    pub(super) fn take<T: DeserializeOwned>(
        &mut self,
        table: Table,
        key: &Key,
    ) -> Result<Option<T>> {
        let place = self
            .0
            .iter()
            .position(|(of, item)| *of == table && key_of(item).as_ref() == Some(key));
        place
            .map(|place| from_item(self.0.swap_remove(place).1))
            .transpose()
    }

    /// Returns whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether an item was found under `key`.
    pub(super) fn has(&self, table: Table, key: &Key) -> bool {
        self.0
            .iter()
            .any(|(of, item)| *of == table && key_of(item).as_ref() == Some(key))
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` takes"
)]
fn unbuilt(fault: BuildError) -> Error {
    Error::unexpected(fault.to_string())
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
