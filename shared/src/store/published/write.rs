//! Publishing, and deleting what was published. A reader sees the version before or the version
//! after, never half of one.

use serde_json::Value;

use crate::domain::audit::{Changes, Object};
use crate::domain::published::{PublishedVersion, Snapshot};
use crate::domain::setting::Settings;
use crate::domain::target::Target;
use crate::error::Result;
use crate::ids::ClientId;
use crate::store::dynamodb::{Found, SortRange, from_item};
use crate::store::key::{Key, SORT};
use crate::store::outcome::{OnConflict, Outcome};
use crate::store::published::read::no_such_version;
use crate::store::published::{StoredEntry, StoredHead, StoredSnapshot};
use crate::store::retry::{Attempt, until_done};
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// Publishes settings of the clients of the caller's application.
#[derive(Debug)]
pub struct Publisher {
    scope: Scope,
}

impl From<Scope> for Publisher {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl Publisher {
    /// Makes a snapshot of what the client chose to publish, and makes it the newest version.
    pub async fn publish(&self, target: &Target) -> Result<Snapshot> {
        let Scope {
            store, application, ..
        } = &self.scope;
        until_done(&store.random, || async {
            let mut keys = self.scope.layer_keys(target);
            keys.push(self.scope.published_head_key(&target.id));
            let mut found = store.get_all(&keys).await?;
            self.scope.demand_client(target, &found)?;
            let head = self.head(target, &mut found)?;
            let layers = self.scope.layers(target, &mut found)?;
            let values = match layers.to_publish() {
                Ok(values) => values,
                Err(reason) => {
                    // A batch is not read at one moment: in between the client may have gone, and
                    // its settings with it.
                    if let Some(record) = self.scope.client_record_key(target) {
                        self.scope
                            .demand_client(target, &store.get_all(&[record]).await?)?;
                    }
                    return Err(target.invalid(reason));
                }
            };

            let now = store.clock.now();
            let last = head.newest.as_ref().max(head.deleted_to.as_ref());
            let version = PublishedVersion::after(last, now, &store.random)?;
            let entry = StoredEntry {
                client_id: target.id.clone(),
                published: version.clone(),
            };
            let settings =
                Settings::try_from(values.clone()).map_err(|reason| target.invalid(reason))?;
            let snapshot = StoredSnapshot {
                published: version.clone(),
                time: now,
                values: settings,
            };
            let [(_, content_key), (_, entry_key)] =
                self.scope.published_version_keys(&target.id, &version);
            let next = StoredHead {
                newest: Some(version.clone()),
                ..head.clone()
            };
            let publication = Transaction::on(store)
                .create(Table::Published, content_key, &snapshot, OnConflict::Retry)?
                .create(Table::Published, entry_key, &entry, OnConflict::Retry)?
                .require(Table::Clients, Key::client(application, &target.id))?;
            let outcome = self.move_head(publication, target, &head, next).await?;
            outcome.settle(&self.scope, Snapshot { version, values })
        })
        .await
    }

    /// Returns the versions that [`Publisher::delete`] would delete: one, or all that count.
    pub async fn versions(
        &self,
        target: &Target,
        version: Option<&PublishedVersion>,
    ) -> Result<Vec<PublishedVersion>> {
        let (_, versions) = self.read(target).await?;
        match version {
            None => Ok(versions),
            Some(version) if versions.contains(version) => Ok(vec![version.clone()]),
            Some(_) => Err(no_such_version()),
        }
    }

    /// Deletes one version, or all. Without the newest, the one before it is the newest.
    pub async fn delete(&self, target: &Target, version: Option<&PublishedVersion>) -> Result<()> {
        until_done(&self.scope.store.random, || async {
            let (head, versions) = self.read(target).await?;
            let mut next = head.clone();
            let mut deletion = Transaction::on(&self.scope.store);
            if let Some(version) = version {
                if !versions.contains(version) {
                    return Err(no_such_version());
                }
                if head.newest.as_ref() == Some(version) {
                    next.newest = versions.iter().rfind(|other| *other < version).cloned();
                }
                for (table, key) in self.scope.published_version_keys(&target.id, version) {
                    deletion = deletion.delete(table, key)?;
                }
            } else if let Some(newest) = next.newest.take() {
                next.deleted_to = Some(newest);
            } else {
                // Nothing counts, but an earlier deletion may have been interrupted.
                self.scope.clear_published(&target.id).await?;
                return Ok(Attempt::Done(()));
            }
            let outcome = self.move_head(deletion, target, &head, next).await?;
            if outcome == Outcome::Committed
                && version.is_none()
                && self.scope.clear_published(&target.id).await.is_err()
            {
                tracing::warn!(
                    "what is left of deleted versions is cleared away at the next deletion"
                );
            }
            outcome.settle(&self.scope, ())
        })
        .await
    }

    /// Completes a change of what is published: the head and the audit event.
    async fn move_head(
        &self,
        change: Transaction<'_>,
        target: &Target,
        head: &StoredHead,
        mut next: StoredHead,
    ) -> Result<Outcome> {
        let newest = |head: &StoredHead| {
            head.newest
                .as_ref()
                .map(PublishedVersion::as_str)
                .map_or(Value::Null, Value::from)
        };
        let changes = Changes::from([("newest_version".to_owned(), (newest(head), newest(&next)))]);
        let (table, key) = self.scope.published_head_key(&target.id);
        next.version = head.version + 1;
        change
            .succeed(table, key, &next, head.version)?
            .audit(
                &self.scope,
                &Object::published(target.id.as_str()),
                &changes,
                self.scope.store.clock.now(),
            )?
            .commit()
            .await
    }

    /// Returns the head, and the versions that count, oldest first.
    async fn read(&self, target: &Target) -> Result<(StoredHead, Vec<PublishedVersion>)> {
        let mut keys = vec![self.scope.published_head_key(&target.id)];
        keys.extend(self.scope.client_record_key(target));
        let mut found = self.scope.store.get_all(&keys).await?;
        self.scope.demand_client(target, &found)?;
        let head = self.head(target, &mut found)?;
        let listed = self.scope.published(Some(&target.id)).await?;
        let versions = listed
            .into_iter()
            .flat_map(|(_, entries)| entries)
            .map(|entry| entry.published);
        Ok((head, versions.collect()))
    }

    fn head(&self, target: &Target, found: &mut Found) -> Result<StoredHead> {
        let (table, key) = self.scope.published_head_key(&target.id);
        Ok(found.take(table, &key)?.unwrap_or_default())
    }
}

impl Scope {
    /// Clears away the versions of a client that no longer count. Nobody sees them any more, so it
    /// may be interrupted and taken up again.
    pub(in crate::store) async fn clear_published(&self, client: &ClientId) -> Result<()> {
        let partition = Key::application_partition(&self.application);
        let prefix = Key::published_prefix(client);
        let mut head = StoredHead::default();
        let mut dead = Vec::new();
        for item in self
            .store
            .query(Table::Published, partition, SortRange::BeginsWith(&prefix))
            .await?
        {
            let is_head = item
                .get(SORT)
                .and_then(|sort| sort.as_s().ok())
                .is_some_and(|sort| *sort == prefix);
            if is_head {
                head = from_item(item)?;
                continue;
            }
            let entry: StoredEntry = from_item(item)?;
            if !head.counts(&entry.published) {
                // The content first: its entry is what leads to it.
                dead.extend(self.published_version_keys(client, &entry.published));
            }
        }
        self.store.delete_all(dead).await
    }
}
