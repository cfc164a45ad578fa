//! Settings, as they are stored: one document a layer.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::dynamodb::{fault, from_item};
use super::key::Key;
use super::{Scope, Table};
use crate::{Result, SettingKey, SettingValue, Settings};

/// A layer. Its version is the optimistic lock.
#[derive(Serialize)]
pub(super) struct StoredLayer<'a> {
    pub(super) values: &'a Settings,
    pub(super) version: u64,
}

/// What is left of a layer when only one of its keys was asked for.
#[derive(Deserialize)]
struct StoredValue {
    #[serde(default)]
    values: HashMap<String, SettingValue>,
}

/// Reads the settings of the caller's application.
#[derive(Debug)]
pub struct SettingReader {
    scope: Scope,
}

impl From<Scope> for SettingReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl SettingReader {
    /// The application's value of `key`. The rest of the layer stays where it is: only this key
    /// crosses the wire.
    pub async fn application_setting(&self, key: &SettingKey) -> Result<Option<SettingValue>> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let layer = store
            .dynamodb
            .get_item()
            .table_name(store.tables.name(Table::Settings))
            .set_key(Some(
                Key::application_settings(application).into_attributes(),
            ))
            .consistent_read(true)
            .projection_expression("#values.#key")
            .expression_attribute_names("#values", "values")
            .expression_attribute_names("#key", key.as_str())
            .send()
            .await
            .map_err(fault)?;
        let found: Option<StoredValue> = layer
            .item
            .filter(|item: &HashMap<String, AttributeValue>| !item.is_empty())
            .map(from_item)
            .transpose()?;
        Ok(found.and_then(|mut layer| layer.values.remove(key.as_str())))
    }
}
