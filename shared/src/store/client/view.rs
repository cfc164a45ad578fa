//! Seeing API clients without their secrets.

use super::StoredClient;
use crate::page::{Cursor, PageOf, PageSize};
use crate::store::dynamodb::{Direction, from_item};
use crate::store::key::Key;
use crate::store::{Scope, Table, Viewed};
use crate::{Client, ClientId, Error, Result, Target};

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
    /// One of them.
    pub async fn get(&self, target: &Target) -> Result<Viewed> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let key = Key::client(application, &target.id);
        let stored: Option<StoredClient> = store.get(Table::Clients, &key).await?;
        let client = stored.map(Client::from).ok_or_else(|| target.unknown())?;
        let viewed = store.uses(vec![client]).await?.pop();
        viewed.ok_or_else(|| target.unknown())
    }

    /// A page of them, read consistently, in the order of their IDs.
    pub async fn page(&self, size: PageSize, cursor: Option<&Cursor>) -> Result<PageOf<Viewed>> {
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
        Ok(PageOf {
            next: last.map(|client| Cursor::after(client.id.as_str().to_owned())),
            items: store.uses(clients).await?,
        })
    }
}
