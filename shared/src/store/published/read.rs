//! Reading what is published: by those who publish, and by anyone.

use crate::domain::published::{FilePaths, PublishedVersion, Snapshot};
use crate::domain::target::Target;
use crate::error::{Error, Result};
use crate::ids::{ApplicationId, ClientId};
use crate::store::dynamodb::{Found, SortRange, from_item};
use crate::store::key::{Key, SORT};
use crate::store::published::{StoredEntry, StoredHead, StoredSnapshot};
use crate::store::retry::{Attempt, until_done};
use crate::store::{Scope, Store, Table};

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
    /// Returns the paths of the published files: of the whole application, of one client, or of one of
    /// its versions.
    pub async fn files(
        &self,
        target: Option<&Target>,
        version: Option<&PublishedVersion>,
    ) -> Result<Vec<String>> {
        if let Some(target) = target
            && let Some(key) = self.scope.client_record_key(target)
        {
            let found = self.scope.store.get_all(&[key]).await?;
            self.scope.demand_client(target, &found)?;
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
            if version.is_none() && head.newest.is_some() {
                files.extend(paths.newest());
            }
            let wanted = versions
                .iter()
                .filter(|entry| version.is_none_or(|version| entry.published == *version));
            files.extend(wanted.map(|entry| paths.version(&entry.published)));
        }
        if version.is_some() && files.is_empty() {
            return Err(no_such_version());
        }
        Ok(files)
    }

    /// Returns a client's published settings: one version, or the newest.
    pub async fn snapshot(
        &self,
        target: &Target,
        version: Option<&PublishedVersion>,
    ) -> Result<Snapshot> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let record = self.scope.client_record_key(target);
        let (found, snapshot) = store
            .published_snapshot(application, &target.id, version, record)
            .await?;
        self.scope.demand_client(target, &found)?;
        snapshot.ok_or_else(|| match version {
            Some(_) => no_such_version(),
            None => target.invalid("nothing is published for this client"),
        })
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

    /// Returns a version of a client's published settings, or the newest.
    ///
    /// Returns `None` if any part of it does not exist.
    pub async fn snapshot(
        &self,
        application: &ApplicationId,
        client: &ClientId,
        version: Option<&PublishedVersion>,
    ) -> Result<Option<Snapshot>> {
        self.store
            .published_snapshot(application, client, version, None)
            .await
            .map(|(_, snapshot)| snapshot)
    }
}

impl Store {
    /// Returns a snapshot, if it counts; and what was found beside it under the key of `also`.
    async fn published_snapshot(
        &self,
        application: &ApplicationId,
        client: &ClientId,
        version: Option<&PublishedVersion>,
        also: Option<(Table, Key)>,
    ) -> Result<(Found, Option<Snapshot>)> {
        let head_key = Key::published_head(application, client);
        let content = |version: &PublishedVersion| {
            (
                Table::Published,
                Key::published_content(application, client, version.as_str()),
            )
        };
        let mut keys = vec![(Table::Published, head_key.clone())];
        keys.extend(version.map(content));
        keys.extend(also);
        until_done(&self.random, || async {
            let mut found = self.get_all(&keys).await?;
            // Without a head nothing counts.
            let Some(head) = found.take::<StoredHead>(Table::Published, &head_key)? else {
                return Ok(Attempt::Done((found, None)));
            };
            let wanted = version
                .filter(|version| head.counts(version))
                .or(head.newest.as_ref());
            let Some(wanted) =
                wanted.filter(|wanted| version.is_none_or(|version| version == *wanted))
            else {
                return Ok(Attempt::Done((found, None)));
            };
            let (table, key) = content(wanted);
            let stored: Option<StoredSnapshot> = if version.is_some() {
                found.take(table, &key)?
            } else {
                self.get_all(&[(table, key.clone())])
                    .await?
                    .take(table, &key)?
            };
            if let Some(stored) = stored {
                let snapshot = Snapshot {
                    version: stored.published,
                    values: stored.values.into(),
                };
                return Ok(Attempt::Done((found, Some(snapshot))));
            }
            if version.is_some() {
                return Ok(Attempt::Done((found, None)));
            }
            // The newest was deleted between the two reads; the head names another by now.
            Ok(Attempt::Conflict)
        })
        .await
    }
}

pub(super) fn no_such_version() -> Error {
    Error::invalid(
        "version",
        "there is no such published version of this client",
    )
}

/// A client's head, with the versions that count, oldest first.
type OfClient = (StoredHead, Vec<StoredEntry>);

impl Scope {
    /// Returns the published versions of one client, or of each client of the application.
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
