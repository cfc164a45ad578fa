//! Reading settings.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Deserialize;

use super::{StoredLayer, Version};
use crate::store::dynamodb::{SortRange, fault, from_item};
use crate::store::key::{Key, SORT};
use crate::store::{Scope, Table};
use crate::{Layer, Layers, Result, SettingKey, SettingValue, Settings, Target};

/// What is left of a layer when only one of its keys was asked for.
#[derive(Deserialize)]
struct StoredValue {
    #[serde(default)]
    values: HashMap<String, SettingValue>,
}

/// Reads the layer of the caller's application.
#[derive(Debug)]
pub struct ApplicationSettingReader {
    scope: Scope,
}

impl From<Scope> for ApplicationSettingReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl ApplicationSettingReader {
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
            .expression_attribute_names("#key", key.as_str());
        let layer = layer.send().await.map_err(fault)?;
        let found: Option<StoredValue> = layer
            .item
            .filter(|item: &HashMap<String, AttributeValue>| !item.is_empty())
            .map(from_item)
            .transpose()?;
        Ok(found.and_then(|mut layer| layer.values.remove(key.as_str())))
    }
}

/// Reads the settings of the caller's application and of all its clients.
#[derive(Debug)]
pub struct SettingReader {
    pub(super) scope: Scope,
}

impl From<Scope> for SettingReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl SettingReader {
    /// Both layers that `target` sees, in one round trip.
    pub async fn layers(&self, target: &Target) -> Result<Layers> {
        let mut found = self
            .scope
            .store
            .get_all(&self.scope.layer_keys(target))
            .await?;
        self.scope.demand(target, &found)?;
        self.scope.layers(target, &mut found)
    }

    /// Every layer of the application: its own, and those of its clients by ID.
    pub async fn dump(&self) -> Result<(Settings, BTreeMap<String, Settings>)> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let (first, last) = Key::LAYERS;
        let partition = Key::application_partition(application);
        let mut own = Settings::default();
        let mut clients = BTreeMap::new();
        for item in store
            .query(Table::Settings, partition, SortRange::Between(first, last))
            .await?
        {
            let sort = item
                .get(SORT)
                .and_then(|sort| sort.as_s().ok())
                .cloned()
                .unwrap_or_default();
            let layer: StoredLayer = from_item(item)?;
            match sort.strip_prefix(first) {
                Some(client) => {
                    clients.insert(client.to_owned(), layer.values);
                }
                None => own = layer.values,
            }
        }
        Ok((own, clients))
    }

    /// The kept versions of a layer, newest first.
    pub async fn history(&self, layer: &Layer) -> Result<Vec<Version>> {
        let (current, versions) = self.scope.read_history(layer).await?;
        Ok(Version::unroll(&current, versions)
            .into_iter()
            .map(|(version, _)| version)
            .collect())
    }
}
