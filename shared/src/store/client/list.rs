//! The listing of an application's clients.

use super::{StoredClient, is_application, no_application};
use crate::store::application::StoredApplication;
use crate::store::dynamodb::{fault, from_item};
use crate::store::key::{Key, PARTITION, SORT};
use crate::store::{Scope, Table};
use crate::{Application, Client, ClientSecret, Features, Result};

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
    /// Every client of the application, with its secret, read consistently in the order of the IDs. Those that
    /// have none of `features` are left out, if any are given.
    pub async fn list(&self, features: Option<&Features>) -> Result<Vec<Listed>> {
        let (application, clients) = self.all().await?;
        let wanted = clients.into_iter().filter(|client| {
            features.is_none_or(|features| client.features.has_any(features.iter()))
        });
        if application.multi_admin {
            return Ok(wanted
                .map(|client| Listed {
                    client,
                    secret: None,
                })
                .collect());
        }
        let sealer = self
            .scope
            .store
            .keys
            .sealer(&application.id, &application.data_key)
            .await?;
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
        let Scope {
            store,
            application: id,
            ..
        } = &self.scope;
        let (first, last) = Key::APPLICATION_AND_CLIENTS;
        let query = store
            .dynamodb
            .query()
            .table_name(store.tables.name(Table::Clients))
            .consistent_read(true)
            .key_condition_expression("#pk = :app AND #sk BETWEEN :first AND :last")
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_names("#sk", SORT)
            .expression_attribute_values(":app", attribute(Key::application(id).partition))
            .expression_attribute_values(":first", attribute(first.to_owned()))
            .expression_attribute_values(":last", attribute(last.to_owned()));
        let mut pages = query.into_paginator().items().send();
        let mut application = None;
        let mut clients = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(fault)?;
            if is_application(&item) {
                application = Some(from_item::<StoredApplication>(item)?.into());
            } else {
                clients.push(from_item::<StoredClient>(item)?.into());
            }
        }
        Ok((application.ok_or_else(no_application)?, clients))
    }
}

fn attribute(text: String) -> aws_sdk_dynamodb::types::AttributeValue {
    aws_sdk_dynamodb::types::AttributeValue::S(text)
}
