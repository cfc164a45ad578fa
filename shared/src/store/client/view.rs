//! Seeing API clients without their secrets.

use crate::domain::client::Client;
use crate::domain::page::{Cursor, PageOf, PageSize};
use crate::domain::target::Target;
use crate::error::{Error, Result};
use crate::ids::ClientId;
use crate::store::client::StoredClient;
use crate::store::dynamodb::{Direction, from_item};
use crate::store::key::Key;
use crate::store::{Scope, Table, Uses};

/// Sees the clients of one application, never their secrets.
#[derive(Debug)]
pub struct ClientViewer {
    scope: Scope,
}

impl From<Scope> for ClientViewer {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl ClientViewer {
    /// Returns a client, with the last uses of its secrets.
    pub async fn get(&self, target: &Target) -> Result<(Client, Uses)> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let key = Key::client(application, &target.id);
        let uses = Key::uses(&target.id);
        let keys = [
            (Table::Clients, key.clone()),
            (Table::Attempts, uses.clone()),
        ];
        let mut found = store.get_all(&keys).await?;
        let stored: Option<StoredClient> = found.take(Table::Clients, &key)?;
        let client = stored.map(Client::from).ok_or_else(|| target.unknown())?;
        Ok((client, Uses::take(&mut found, &uses)?))
    }

    /// Reads a page of clients consistently, in the order of their IDs, with the last uses of their
    /// secrets.
    pub async fn page(
        &self,
        size: PageSize,
        cursor: Option<&Cursor>,
    ) -> Result<PageOf<(Client, Uses)>> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let size = size.get();
        let after = cursor.map(|cursor| ClientId::try_from(cursor.as_str().to_owned()));
        let after = after
            .transpose()
            .map_err(|_| Error::invalid("cursor", "it is not of this list"))?;
        let first = match &after {
            Some(id) => Key::client(application, id).sort,
            None => Key::CLIENTS.0.to_owned(),
        };
        let partition = Key::application_partition(application);
        let between = (first.as_str(), Key::CLIENTS.1);
        // One for the cursor's own, and one to see whether there is more.
        let limit = i32::try_from(size + 2).unwrap_or(i32::MAX);
        let items = store
            .query_page(
                Table::Clients,
                partition,
                between,
                Direction::Forward,
                limit,
            )
            .await?;
        let mut clients = Vec::new();
        for item in items {
            let client = Client::from(from_item::<StoredClient>(item)?);
            if Some(&client.id) != after.as_ref() {
                clients.push(client);
            }
        }
        let goes_on = clients.len() > size;
        clients.truncate(size);
        let last = clients.last().filter(|_| goes_on);
        let next = last.map(|client| Cursor::after(client.id.as_str().to_owned()));
        let ids: Vec<_> = clients.iter().map(|client| &client.id).collect();
        let uses = store.last_uses(&ids).await?;
        Ok(PageOf {
            next,
            items: clients.into_iter().zip(uses).collect(),
        })
    }
}
