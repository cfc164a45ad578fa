//! Deleting a client: it is dead at once, and its belongings are cleared away, perhaps later.

use crate::domain::application::Application;
use crate::domain::client::Client;
use crate::domain::target::Target;
use crate::error::Result;
use crate::ids::ClientId;
use crate::store::application::{StoredApplication, no_application};
use crate::store::change::Change;
use crate::store::client::record::StoredRemains;
use crate::store::client::{ClientEditor, StoredClient};
use crate::store::dynamodb::{Found, SortRange, from_item, key_of};
use crate::store::key::{Key, REMAINS};
use crate::store::retry::until_done;
use crate::store::{Scope, Store, Table};

impl ClientEditor {
    /// Deletes a client that `allowed` lets go, with its settings, their history and its published
    /// files. One transaction ends all of them for everyone. Then the remains are cleared away, also
    /// those of earlier deletions that were interrupted.
    pub async fn delete(
        &self,
        target: &Target,
        allowed: impl Fn(&Client) -> Result<()> + Send + Sync,
    ) -> Result<()> {
        let store = &self.scope.store;
        until_done(&store.random, || async {
            let (owner, client, found) = store.client_for_deletion(&self.scope, &target.id).await?;
            let client = client.ok_or_else(|| target.unknown())?;
            self.scope.if_match.check(client.version)?;
            allowed(&client)?;
            let change = Change::DeleteClient { client, found };
            let outcome = self.scope.apply_or_hold(&owner, change, Ok).await?;
            outcome.settle(&self.scope, ())
        })
        .await?;
        self.scope.clear_deleted_clients().await;
        Ok(())
    }
}

impl Store {
    /// Returns a client and its application, and with them what a deletion needs to know of its
    /// published versions.
    pub(in crate::store) async fn client_for_deletion(
        &self,
        scope: &Scope,
        id: &ClientId,
    ) -> Result<(Application, Option<Client>, Found)> {
        let application_key = (Table::Clients, Key::application(&scope.application));
        let record_key = (Table::Clients, Key::client(&scope.application, id));
        let keys = [
            application_key.clone(),
            record_key.clone(),
            scope.published_head_key(id),
        ];
        let mut found = self.get_all(&keys).await?;
        let owner: Option<StoredApplication> = found.take(application_key.0, &application_key.1)?;
        let client: Option<StoredClient> = found.take(record_key.0, &record_key.1)?;
        let owner = owner.ok_or_else(no_application)?;
        Ok((owner.into(), client.map(Client::from), found))
    }
}

impl Scope {
    /// Clears away what is left of deleted clients, after a deletion that has happened in any case.
    pub(in crate::store) async fn clear_deleted_clients(&self) {
        if self.clear_remains().await.is_err() {
            tracing::warn!("what is left of a deleted client is cleared away at the next deletion");
        }
    }

    /// Clears away what is left of deleted clients.
    async fn clear_remains(&self) -> Result<()> {
        let Self {
            store, application, ..
        } = self;
        let partition = Key::application_partition(application);
        for item in store
            .query(Table::Clients, partition, SortRange::BeginsWith(REMAINS))
            .await?
        {
            let StoredRemains { client_id } = from_item(item)?;
            let mut dead = Vec::new();
            let record = [(Table::Clients, Key::client(application, &client_id))];
            // A client that was imported anew under the same ID keeps what is its own.
            if store.get_all(&record).await?.is_empty() {
                self.clear_published(&client_id).await?;
                let history = Key::history_partition(application, Some(&client_id));
                let history = store
                    .query(Table::Settings, history, SortRange::All)
                    .await?;
                dead.extend(
                    history
                        .iter()
                        .filter_map(key_of)
                        .map(|key| (Table::Settings, key)),
                );
                dead.push(self.published_head_key(&client_id));
            }
            store.delete_all(dead).await?;
            // Last, and alone: it is what leads back here if anything of the rest was left.
            let marker = (Table::Clients, Key::remains(application, &client_id));
            store.delete_all(vec![marker]).await?;
        }
        Ok(())
    }
}
