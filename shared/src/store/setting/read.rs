//! Reading settings.

use std::collections::BTreeMap;

use crate::domain::setting::{Layer, Layers, SettingKey, SettingValue, Settings};
use crate::domain::target::Target;
use crate::error::Result;
use crate::store::dynamodb::{SortRange, from_item};
use crate::store::key::{Key, SORT};
use crate::store::setting::{StoredLayer, Version};
use crate::store::{Scope, Table};

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
    /// Returns the application's value of `key`. The rest of the layer stays where it is: only this key
    /// crosses the wire.
    pub async fn application_setting(&self, key: &SettingKey) -> Result<Option<SettingValue>> {
        let layer = Key::application_settings(&self.scope.application);
        let stored: Option<StoredLayer> = self.scope.store.get_only(&layer, key).await?;
        Ok(stored.and_then(|stored| stored.values.get(key).cloned()))
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
    /// Reads both layers that `target` sees, in one round trip.
    pub async fn layers(&self, target: &Target) -> Result<Layers> {
        let mut found = self
            .scope
            .store
            .get_all(&self.scope.layer_keys(target))
            .await?;
        self.scope.demand_client(target, &found)?;
        self.scope.layers(target, &mut found)
    }

    /// Returns the value of `key` that `target` sees, in one round trip.
    pub async fn setting(&self, target: &Target, key: &SettingKey) -> Result<Option<SettingValue>> {
        let keys = self.scope.layer_keys(target);
        let mut found = self.scope.store.get_all_with(&keys, Some(key)).await?;
        self.scope.demand_client(target, &found)?;
        Ok(self.scope.layers(target, &mut found)?.get(key).cloned())
    }

    /// Returns every layer of the application: its own, and those of its clients by ID.
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

    /// Returns the kept versions of a layer, newest first.
    pub async fn history(&self, layer: &Layer) -> Result<Vec<Version>> {
        let (current, versions) = self.scope.read_history(layer).await?;
        Ok(Version::unroll(&current, versions)
            .into_iter()
            .map(|(version, _)| version)
            .collect())
    }
}
