//! Storage of published settings: snapshots that never change, and a head for each client.
//!
//! The head tells the newest version, and the versions that no longer count.

mod read;
mod write;

pub use read::{PublishedFiles, PublishedReader};
pub use write::Publisher;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::published::PublishedVersion;
use crate::domain::setting::Settings;
use crate::error::Result;
use crate::ids::ClientId;
use crate::store::dynamodb::Found;
use crate::store::key::Key;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// The head of a client's published versions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct StoredHead {
    newest: Option<PublishedVersion>,
    /// Versions up to this one were deleted, even where something of them is still there.
    deleted_to: Option<PublishedVersion>,
    /// Counts the changes; the optimistic lock.
    version: u64,
}

impl StoredHead {
    /// Returns whether `version` counts. A deletion of all versions is in force from its first moment.
    fn counts(&self, version: &PublishedVersion) -> bool {
        self.deleted_to
            .as_ref()
            .is_none_or(|deleted_to| version > deleted_to)
    }
}

/// A published version in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredEntry {
    client_id: ClientId,
    published: PublishedVersion,
}

/// A published version.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredSnapshot {
    published: PublishedVersion,
    time: Timestamp,
    values: Settings,
}

impl Transaction<'_> {
    /// Ends what a client has published, of which `found` holds the head, if there is one.
    pub(super) fn withdraw_published(
        self,
        scope: &Scope,
        client: &ClientId,
        found: &mut Found,
    ) -> Result<Self> {
        let (table, key) = scope.published_head_key(client);
        // Where nothing was ever published, a head is written all the same. A first publication at the
        // same moment then conflicts with the deletion, and reads again.
        let head: StoredHead = found.take(table, &key)?.unwrap_or_default();
        let withdrawn = StoredHead {
            deleted_to: head.newest.max(head.deleted_to),
            newest: None,
            version: head.version + 1,
        };
        self.succeed(table, key, &withdrawn, head.version)
    }
}

impl Scope {
    pub(super) fn published_head_key(&self, client: &ClientId) -> (Table, Key) {
        (
            Table::Published,
            Key::published_head(&self.application, client),
        )
    }

    /// Returns all that is stored of one version.
    fn published_version_keys(
        &self,
        client: &ClientId,
        version: &PublishedVersion,
    ) -> [(Table, Key); 2] {
        [
            (
                Table::Published,
                Key::published_content(&self.application, client, version.as_str()),
            ),
            (
                Table::Published,
                Key::published_entry(&self.application, client, version.as_str()),
            ),
        ]
    }
}
