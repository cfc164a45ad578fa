//! The history of a layer: what each change undid, so that any kept version can be brought back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::audit::Origin;
use crate::domain::setting::{Layer, SettingKey, SettingMap, SettingValue, Settings};
use crate::error::Result;
use crate::store::dynamodb::{SortRange, from_item};
use crate::store::key::{KEPT_VERSIONS, Key};
use crate::store::setting::StoredLayer;
use crate::store::{Scope, Table};

/// A change, as it is stored: what it undid.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct StoredVersion {
    version: u64,
    time: Timestamp,
    actor_kind: String,
    actor_id: Option<String>,
    actor_name: Option<String>,
    action: String,
    undone: Undone,
}

/// The undo data of a change, in the smaller of two forms. Neither is larger than a layer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Undone {
    /// The former values of the keys that changed; `None` for those that were not there.
    Values(BTreeMap<SettingKey, Option<SettingValue>>),
    /// The whole layer.
    Layer(SettingMap),
}

impl StoredVersion {
    pub(in crate::store) fn new(
        before: &Settings,
        after: &Settings,
        version: u64,
        origin: &Origin,
        time: Timestamp,
    ) -> Self {
        let (id, name) = origin.actor.id_and_name();
        Self {
            version,
            time,
            actor_kind: origin.actor.kind().name().to_owned(),
            actor_id: id.map(str::to_owned),
            actor_name: name.map(str::to_owned),
            action: origin.action.to_owned(),
            undone: Undone::by(before, after),
        }
    }
}

/// Bytes that a changed key costs an item, beside its own bytes and those of its former value.
const OVERHEAD: usize = 2;

impl Undone {
    fn by(before: &Settings, after: &Settings) -> Self {
        let changed = before.keys_that_differ(after).into_iter();
        let values: BTreeMap<_, _> = changed
            .map(|key| (key.clone(), before.get(key).cloned()))
            .collect();
        let bytes: usize = values
            .iter()
            .map(|(key, value)| {
                key.as_str().len() + value.as_ref().map_or(0, String::len) + OVERHEAD
            })
            .sum();
        if bytes > crate::domain::setting::MAX_LAYER_BYTES {
            Self::Layer(before.clone().into())
        } else {
            Self::Values(values)
        }
    }

    /// Returns the layer before the change, from the layer after it.
    fn undo(self, after: &Settings) -> Result<Settings> {
        let mut before: SettingMap = after.clone().into();
        match self {
            Self::Layer(layer) => before = layer,
            Self::Values(values) => {
                for (key, value) in values {
                    match value {
                        Some(value) => before.insert(key, value),
                        None => before.remove(&key),
                    };
                }
            }
        }
        Settings::try_from(before).map_err(crate::error::Error::unexpected)
    }
}

/// A version of a layer: the change that made it.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its number; the first is 1.
    pub version: u64,
    /// When it was made.
    pub time: Timestamp,
    /// The kind of the actor: `api_client` or `system`.
    pub actor_kind: String,
    /// The actor's ID.
    pub actor_id: Option<String>,
    /// The actor's name at that time.
    pub actor_name: Option<String>,
    /// The operation that made it.
    pub action: String,
    /// The changes, by key.
    pub changes: BTreeMap<SettingKey, Difference>,
}

/// A value before and after a change; `None` where there was none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Before it.
    pub before: Option<SettingValue>,
    /// After it.
    pub after: Option<SettingValue>,
}

impl Version {
    /// Follows the changes back from the current state: each version, newest first, with the layer
    /// as it was then. Ends where a change is no longer kept.
    pub(super) fn unroll(
        current: &StoredLayer,
        mut stored: Vec<StoredVersion>,
    ) -> Vec<(Self, Settings)> {
        stored.sort_by_key(|version| std::cmp::Reverse(version.version));
        let mut after = current.values.clone();
        let mut number = current.version;
        let mut versions = Vec::with_capacity(stored.len());
        for version in stored
            .into_iter()
            // The layer is read first, so the history may already have a later change.
            .filter(|version| version.version <= current.version)
        {
            // A gap: the ring has lost that change, and without it no older layer can be told.
            if version.version != number {
                break;
            }
            let StoredVersion {
                time,
                actor_kind,
                actor_id,
                actor_name,
                action,
                undone,
                ..
            } = version;
            let Ok(before) = undone.undo(&after) else {
                break;
            };
            let difference = |key: &SettingKey| Difference {
                before: before.get(key).cloned(),
                after: after.get(key).cloned(),
            };
            let changes = before
                .keys_that_differ(&after)
                .into_iter()
                .map(|key| (key.clone(), difference(key)))
                .collect();
            versions.push((
                Self {
                    version: number,
                    time,
                    actor_kind,
                    actor_id,
                    actor_name,
                    action,
                    changes,
                },
                after,
            ));
            after = before;
            number -= 1;
        }
        versions
    }
}

impl Scope {
    /// Returns a layer as it is, and what is kept of its changes.
    pub(super) async fn read_history(
        &self,
        layer: &Layer,
    ) -> Result<(StoredLayer, Vec<StoredVersion>)> {
        let current = self.read_layer(layer).await?;
        let partition = Key::history_partition(&self.application, layer.client());
        let items = self
            .store
            .query(Table::Settings, partition, SortRange::All)
            .await?;
        let stored = items.into_iter().map(from_item).collect::<Result<_>>()?;
        Ok((current, stored))
    }
}

const _: () = assert!(
    KEPT_VERSIONS == 100,
    "the documentation says that a hundred versions are kept"
);
