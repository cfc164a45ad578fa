//! Reading what is published: by those who publish, and by anyone.

use super::{StoredEntry, StoredHead, StoredSnapshot};
use crate::published::FilePaths;
use crate::store::dynamodb::{SortRange, from_item};
use crate::store::key::{Key, SORT};
use crate::store::race::Race;
use crate::store::{Scope, Store, Table};
use crate::{ApplicationId, ClientId, Error, PublishedVersion, Result, Snapshot, Target};

/// Reads what the caller's application has published.
#[derive(Debug)]
pub struct PublishedReader {
    scope: Scope,
}

impl From<Scope> for PublishedReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl PublishedReader {
    /// The paths of the published files: of the whole application, or of one client.
    pub async fn files(&self, target: Option<&Target>) -> Result<Vec<String>> {
        if let Some(target) = target
            && let Some(key) = self.scope.record_key(target)
        {
            let found = self.scope.store.get_all(&[key]).await?;
            self.scope.demand(target, &found)?;
        }
        let client = target.map(|target| &target.id);
        let mut files = Vec::new();
        for (head, versions) in self.scope.published(client).await? {
            let Some(first) = versions.first() else {
                continue;
            };
            let paths = FilePaths {
                application: &self.scope.application,
                client: &first.client_id,
            };
            if head.newest.is_some() {
                files.extend(paths.newest());
            }
            files.extend(versions.iter().map(|entry| paths.version(&entry.published)));
        }
        Ok(files)
    }

    /// The path of one version's file.
    pub async fn file(&self, target: &Target, version: &PublishedVersion) -> Result<Vec<String>> {
        self.snapshot(target, Some(version)).await?;
        let paths = FilePaths {
            application: &self.scope.application,
            client: &target.id,
        };
        Ok(vec![paths.version(version)])
    }

    /// A client's published settings: one version, or the newest.
    pub async fn snapshot(
        &self,
        target: &Target,
        version: Option<&PublishedVersion>,
    ) -> Result<Snapshot> {
        let Scope {
            store, application, ..
        } = &self.scope;
        if let Some(key) = self.scope.record_key(target) {
            let found = store.get_all(&[key]).await?;
            self.scope.demand(target, &found)?;
        }
        let none = || match version {
            Some(_) => Error::invalid(
                "version",
                "there is no such published version of this client",
            ),
            None => Error::invalid(target.argument, "nothing is published for this client"),
        };
        store
            .snapshot(application, &target.id, version)
            .await?
            .ok_or_else(none)
    }
}

/// Reads published files, as anyone may.
#[derive(Debug)]
pub struct PublishedFiles {
    store: Store,
}

impl PublishedFiles {
    pub(crate) fn of(store: Store) -> Self {
        Self { store }
    }

    /// One version of a client's published settings, or the newest. `None` for anything that is not
    /// there, whichever part of it.
    pub async fn snapshot(
        &self,
        application: &ApplicationId,
        client: &ClientId,
        version: Option<&PublishedVersion>,
    ) -> Result<Option<Snapshot>> {
        self.store.snapshot(application, client, version).await
    }
}

impl Store {
    async fn snapshot(
        &self,
        application: &ApplicationId,
        client: &ClientId,
        version: Option<&PublishedVersion>,
    ) -> Result<Option<Snapshot>> {
        let head_key = Key::published_head(application, client);
        let content = |version: &PublishedVersion| {
            Key::published_content(application, client, version.as_str())
        };
        let found: Option<StoredSnapshot> = if let Some(version) = version {
            let keys = [
                (Table::Published, head_key.clone()),
                (Table::Published, content(version)),
            ];
            let mut found = self.get_all(&keys).await?;
            let head: Option<StoredHead> = found.take(Table::Published, &head_key)?;
            let snapshot = found.take(Table::Published, &content(version))?;
            snapshot.filter(|_| head.is_some_and(|head| head.counts(version)))
        } else {
            let mut race = Race::begin(&self.random);
            loop {
                let head: Option<StoredHead> = self.get(Table::Published, &head_key).await?;
                let Some(newest) = head.and_then(|head| head.newest) else {
                    return Ok(None);
                };
                let snapshot = self.get(Table::Published, &content(&newest)).await?;
                if snapshot.is_some() {
                    break snapshot;
                }
                // It was deleted between the two reads; the head already names another.
                race.again().await?;
            }
        };
        Ok(found.map(|stored| Snapshot {
            version: stored.published,
            values: stored.values.into(),
        }))
    }
}

/// A client's head, with the versions that count, oldest first.
type OfClient = (StoredHead, Vec<StoredEntry>);

impl Scope {
    /// What is published of one client, or of each client of the application.
    pub(super) async fn published(&self, client: Option<&ClientId>) -> Result<Vec<OfClient>> {
        let partition = Key::application_partition(&self.application);
        let prefix = client.map(Key::published_prefix);
        let range = prefix
            .as_deref()
            .map_or(SortRange::All, SortRange::BeginsWith);
        let mut clients: Vec<OfClient> = Vec::new();
        for item in self.store.query(Table::Published, partition, range).await? {
            let is_head = item
                .get(SORT)
                .and_then(|sort| sort.as_s().ok())
                .is_some_and(|sort| sort.ends_with('#'));
            if is_head {
                clients.push((from_item(item)?, Vec::new()));
                continue;
            }
            let entry: StoredEntry = from_item(item)?;
            if let Some((head, entries)) = clients.last_mut()
                && head.counts(&entry.published)
            {
                entries.push(entry);
            }
        }
        Ok(clients)
    }
}
