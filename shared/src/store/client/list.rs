//! The listing of an application's clients.

use crate::domain::application::Application;
use crate::domain::client::Client;
use crate::domain::feature::Features;
use crate::error::Result;
use crate::secrets::client_secret::ClientSecret;
use crate::store::application::{StoredApplication, no_application};
use crate::store::client::{StoredClient, is_application};
use crate::store::dynamodb::{SortRange, from_item};
use crate::store::key::Key;
use crate::store::{Scope, Table};

/// A client as the list shows it.
#[derive(Debug)]
pub struct Listed {
    /// The client.
    pub client: Client,
    /// Its current secret; `None` while the application has multi admin on.
    pub secret: Option<ClientSecret>,
}

/// Sees the clients of one application.
#[derive(Debug)]
pub struct ClientReader {
    scope: Scope,
}

impl From<Scope> for ClientReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl ClientReader {
    /// Returns every client of the application, with its secret, read consistently in the order of the
    /// IDs. Those that have none of `features` are left out, if any are given.
    pub async fn list(&self, features: Option<&Features>) -> Result<Vec<Listed>> {
        let (application, clients) = self.all().await?;
        let wanted = clients.into_iter().filter(|client| {
            features.is_none_or(|features| client.profile.features.has_any(features.iter()))
        });
        if application.multi_admin {
            return Ok(wanted
                .map(|client| Listed {
                    client,
                    secret: None,
                })
                .collect());
        }
        let sealer = self.scope.store.sealer_of(&application).await?;
        wanted
            .map(|client| {
                let secret =
                    sealer.open(&client.id, client.secret.serial, &client.secret.sealed)?;
                Ok(Listed {
                    client,
                    secret: Some(secret),
                })
            })
            .collect()
    }

    pub(in crate::store) async fn all(&self) -> Result<(Application, Vec<Client>)> {
        let (first, last) = Key::APPLICATION_AND_CLIENTS;
        let partition = Key::application_partition(&self.scope.application);
        let range = SortRange::Between(first, last);
        let mut application = None;
        let mut clients = Vec::new();
        for item in self
            .scope
            .store
            .query(Table::Clients, partition, range)
            .await?
        {
            if is_application(&item) {
                application = Some(from_item::<StoredApplication>(item)?.into());
            } else {
                clients.push(from_item::<StoredClient>(item)?.into());
            }
        }
        Ok((application.ok_or_else(no_application)?, clients))
    }
}
