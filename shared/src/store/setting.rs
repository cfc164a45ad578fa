//! Settings, as they are stored: one document a layer, with the history of its changes beside it.

mod history;
mod read;
mod write;

pub use history::{Difference, Version};
pub use read::{ApplicationSettingReader, SettingReader};
pub use write::SettingEditor;

use serde::{Deserialize, Serialize};

use crate::domain::setting::{Layer, Layers, Settings};
use crate::domain::target::Target;
use crate::error::Result;
use crate::ids::{ApplicationId, ClientId};
use crate::store::dynamodb::Found;
use crate::store::key::Key;
use crate::store::{Scope, Table};

/// A layer. Its version counts its changes, and is the optimistic lock.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct StoredLayer {
    /// Left out, like the version, where only one setting was asked for and is not there.
    #[serde(default)]
    pub(super) values: Settings,
    #[serde(default)]
    pub(super) version: u64,
}

impl Layer {
    /// Returns the client whose layer it is.
    pub(super) fn client(&self) -> Option<&ClientId> {
        match self {
            Self::Application => None,
            Self::Client(target) => Some(&target.id),
        }
    }

    pub(super) fn key(&self, application: &ApplicationId) -> Key {
        match self.client() {
            None => Key::application_settings(application),
            Some(client) => Key::client_settings(application, client),
        }
    }
}

impl Scope {
    /// Returns the keys of a client's two layers and, unless it is the caller, of its record.
    ///
    /// The record shows whether it is a client of this application.
    pub(super) fn layer_keys(&self, target: &Target) -> Vec<(Table, Key)> {
        let mut keys = vec![
            (
                Table::Settings,
                Key::application_settings(&self.application),
            ),
            (
                Table::Settings,
                Key::client_settings(&self.application, &target.id),
            ),
        ];
        keys.extend(self.client_record_key(target));
        keys
    }

    /// Returns the key of the item that tells whether `target` is a client of this application. It is
    /// `None` for the caller itself, whose credentials told.
    pub(super) fn client_record_key(&self, target: &Target) -> Option<(Table, Key)> {
        let key = (Table::Clients, Key::client(&self.application, &target.id));
        (!self.origin.actor.is(&target.id)).then_some(key)
    }

    /// Refuses a target that [`Scope::record_key`] did not find.
    pub(super) fn demand_client(&self, target: &Target, found: &Found) -> Result<()> {
        match self.client_record_key(target) {
            Some((table, key)) if !found.has(table, &key) => Err(target.unknown()),
            _ => Ok(()),
        }
    }

    /// Returns a layer as it is; one that nobody wrote yet is empty, and its version is 0.
    async fn read_layer(&self, layer: &Layer) -> Result<StoredLayer> {
        let key = layer.key(&self.application);
        let mut keys = vec![(Table::Settings, key.clone())];
        if let Layer::Client(target) = layer {
            keys.extend(self.client_record_key(target));
        }
        let mut found = self.store.get_all(&keys).await?;
        if let Layer::Client(target) = layer {
            self.demand_client(target, &found)?;
        }
        Ok(found.take(Table::Settings, &key)?.unwrap_or_default())
    }

    /// Returns the two layers that [`Scope::layer_keys`] found.
    pub(super) fn layers(&self, target: &Target, found: &mut Found) -> Result<Layers> {
        let mut layer = |key: Key| {
            let layer: Option<StoredLayer> = found.take(Table::Settings, &key)?;
            Ok::<_, crate::error::Error>(layer.unwrap_or_default().values)
        };
        Ok(Layers {
            application: layer(Key::application_settings(&self.application))?,
            client: layer(Key::client_settings(&self.application, &target.id))?,
        })
    }
}
