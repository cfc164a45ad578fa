//! Changing settings: each change is one transaction with its audit event and its history entry.
//!
//! That holds however many keys it touches.

use crate::domain::audit::{Object, setting_changes};
use crate::domain::setting::{Layer, Settings};
use crate::error::{Error, Result};
use crate::ids::ClientId;
use crate::store::key::Key;
use crate::store::outcome::Outcome;
use crate::store::retry::{Attempt, until_done};
use crate::store::setting::StoredLayer;
use crate::store::setting::history::{StoredVersion, Version};
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// Changes the layers of the caller's application and of its clients.
#[derive(Debug)]
pub struct SettingEditor {
    scope: Scope,
}

impl From<Scope> for SettingEditor {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl SettingEditor {
    /// Changes a layer by `edit`, and gives back what it said. When somebody else was faster, the
    /// layer is read and edited anew. An edit that changes nothing leaves no version behind.
    pub async fn change<R>(
        &self,
        layer: &Layer,
        edit: impl Fn(&mut Settings) -> Result<R> + Send + Sync,
    ) -> Result<R> {
        until_done(&self.scope.store.random, || async {
            let before = self.scope.read_layer(layer).await?;
            let mut after = before.values.clone();
            let said = edit(&mut after)?;
            if after == before.values {
                return Ok(Attempt::Done(said));
            }
            let outcome = self.save(layer, before, after).await?;
            outcome.settle(&self.scope, said)
        })
        .await
    }

    /// Makes an earlier version of a layer the newest, as a new version.
    ///
    /// Returns its number, and the number of changed keys.
    pub async fn restore(&self, layer: &Layer, version: u64) -> Result<(u64, usize)> {
        until_done(&self.scope.store.random, || async {
            let (current, stored) = self.scope.read_history(layer).await?;
            let versions = Version::unroll(&current, stored);
            let oldest = versions.last().map_or(0, |(oldest, _)| oldest.version);
            let wanted = versions
                .into_iter()
                .find(|(kept, _)| kept.version == version);
            let Some((_, wanted)) = wanted else {
                let kept = format!("the kept versions are {oldest} to {}", current.version);
                let reason = if oldest == 0 {
                    "there are no versions yet".to_owned()
                } else {
                    kept
                };
                return Err(Error::invalid("version", reason));
            };
            let changed = current.values.keys_that_differ(&wanted).len();
            let next = current.version + 1;
            if changed == 0 {
                return Ok(Attempt::Done((current.version, 0)));
            }
            let outcome = self.save(layer, current, wanted).await?;
            outcome.settle(&self.scope, (next, changed))
        })
        .await
    }

    async fn save(&self, layer: &Layer, before: StoredLayer, after: Settings) -> Result<Outcome> {
        let Scope {
            store,
            application,
            origin,
            ..
        } = &self.scope;
        let now = store.clock.now();
        let version = before.version + 1;
        let object = match layer {
            Layer::Application => Object::settings(application.as_str()),
            Layer::Client(target) => Object::settings(target.id.as_str()),
        };
        let history = StoredVersion::new(&before.values, &after, version, origin, now);
        let changes = setting_changes(&before.values, &after);
        let stored = StoredLayer {
            values: after,
            version,
        };
        let mut change = Transaction::on(store)
            .succeed(
                Table::Settings,
                layer.key(application),
                &stored,
                before.version,
            )?
            // Without a condition: the layer's version guards it, and the ring's oldest entry gives way.
            .overwrite(
                Table::Settings,
                Key::history(application, layer.client(), version),
                &history,
            )?
            .audit(&self.scope, &object, &changes, now)?;
        if let Some(client) = layer.client() {
            // Deleted in the meantime, the client would leave a layer behind.
            change = change.require(Table::Clients, Key::client(application, client))?;
        }
        change.commit().await
    }
}

impl Transaction<'_> {
    /// Adds the first version of a layer of a new application or client; none if it is empty.
    pub(in crate::store) fn create_layer(
        self,
        scope: &Scope,
        client: Option<&ClientId>,
        values: Settings,
    ) -> Result<Self> {
        if values.is_empty() {
            return Ok(self);
        }
        let application = &scope.application;
        let key = client.map_or_else(
            || Key::application_settings(application),
            |client| Key::client_settings(application, client),
        );
        let now = scope.store.clock.now();
        let history = StoredVersion::new(&Settings::default(), &values, 1, &scope.origin, now);
        self.overwrite(Table::Settings, key, &StoredLayer { values, version: 1 })?
            .overwrite(
                Table::Settings,
                Key::history(application, client, 1),
                &history,
            )
    }
}
