//! Deleting a client: it is dead from the first moment, and what belongs to it is cleared away, be
//! it later.

use serde::{Deserialize, Serialize};

use super::{ClientEditor, StoredClient, no_application, one_person_may_change};
use crate::audit::{Object, changes};
use crate::store::application::StoredApplication;
use crate::store::dynamodb::{SortRange, from_item, key_of};
use crate::store::key::{Key, REMAINS};
use crate::store::race::Race;
use crate::store::transaction::{Outcome, Transaction};
use crate::store::{Scope, Table};
use crate::{Application, Client, ClientId, Result, Target};

/// A deleted client of which something may still be left.
#[derive(Serialize, Deserialize)]
struct StoredRemains {
    client_id: ClientId,
}

impl ClientEditor {
    /// Deletes a client that `allowed` lets go, with its settings, their history and its published
    /// files. One transaction ends all of them for everyone; then what is left is cleared away, of
    /// earlier deletions too, if they were interrupted.
    pub async fn delete(
        &self,
        target: &Target,
        allowed: impl Fn(&Client) -> Result<()> + Send + Sync,
    ) -> Result<()> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let application_key = (Table::Clients, Key::application(application));
        let record_key = (Table::Clients, Key::client(application, &target.id));
        let head_key = self.scope.head_key(&target.id);
        let keys = [
            application_key.clone(),
            record_key.clone(),
            head_key.clone(),
        ];
        let mut race = Race::begin(&store.random);
        loop {
            let mut found = store.get_all(&keys).await?;
            let stored: Option<StoredApplication> =
                found.take(application_key.0, &application_key.1)?;
            one_person_may_change(&Application::from(stored.ok_or_else(no_application)?))?;
            let stored: Option<StoredClient> = found.take(record_key.0, &record_key.1)?;
            let client = Client::from(stored.ok_or_else(|| target.unknown())?);
            self.scope.if_match.check(client.version)?;
            allowed(&client)?;

            let remains = StoredRemains {
                client_id: client.id.clone(),
            };
            let deletion = Transaction::on(store)
                .delete_version(record_key.0, record_key.1.clone(), client.version)?
                .delete(Table::Clients, Key::credential(&client.id))?
                .delete(Table::Clients, Key::name(application, &client.description))?
                .delete(
                    Table::Settings,
                    Key::client_settings(application, &client.id),
                )?
                .withdraw_published(&self.scope, &client.id, &mut found)?
                .overwrite(
                    Table::Clients,
                    Key::remains(application, &client.id),
                    &remains,
                )?
                .audit(
                    &self.scope,
                    &Object::client(&client),
                    &changes(Some(&client), None),
                    store.clock.now(),
                )?;
            match deletion.commit().await? {
                Outcome::Committed => break,
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => {
                    return Err(self.scope.refusal(otherwise, &client));
                }
            }
        }
        if self.scope.clear_remains().await.is_err() {
            tracing::warn!("what is left of a deleted client is cleared away at the next deletion");
        }
        Ok(())
    }
}

impl Scope {
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
                dead.push(self.head_key(&client_id));
            }
            store.delete_all(dead).await?;
            // Last, and alone: it is what leads back here if anything of the rest was left.
            let marker = (Table::Clients, Key::remains(application, &client_id));
            store.delete_all(vec![marker]).await?;
        }
        Ok(())
    }
}
