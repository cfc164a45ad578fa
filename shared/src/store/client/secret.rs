//! A client's secret in the hands of an administrator: seen, or replaced, each with a fresh code.

use crate::domain::audit::{Changes, Object};
use crate::domain::client::Client;
use crate::domain::target::Target;
use crate::error::Result;
use crate::secrets::client_secret::{ClientSecret, GraceHours};
use crate::store::administrator::FreshCode;
use crate::store::key::Key;
use crate::store::outcome::OnConflict;
use crate::store::retry::until_done;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// Sees and replaces the secrets of one application's clients.
#[derive(Debug)]
pub struct SecretKeeper {
    scope: Scope,
}

impl From<Scope> for SecretKeeper {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl SecretKeeper {
    /// Returns a client's present secret. That it was seen stands in the audit before anyone sees it.
    pub async fn reveal(&self, target: &Target, _: FreshCode) -> Result<ClientSecret> {
        let Scope {
            store, application, ..
        } = &self.scope;
        until_done(&store.random, || async {
            let (owner, client) = store.client(&self.scope, &target.id).await?;
            let client = client.ok_or_else(|| target.unknown())?;
            self.scope.if_match.check(client.version)?;
            let sealer = store.sealer_of(&owner).await?;
            let secret = sealer.open(&client.id, client.secret.serial, &client.secret.sealed)?;
            let key = Key::client(application, &client.id);
            let revelation = Transaction::on(store)
                .require_version(Table::Clients, key, client.version, OnConflict::Retry)?
                .audit(
                    &self.scope,
                    &Object::client(&client),
                    &Changes::new(),
                    store.clock.now(),
                )?;
            revelation.commit().await?.settle(&self.scope, secret)
        })
        .await
    }

    /// Replaces a client's secret. The old one keeps working for `hours`. Returns the changed client.
    pub async fn regenerate(
        &self,
        target: &Target,
        _: FreshCode,
        secret: &ClientSecret,
        hours: GraceHours,
    ) -> Result<Client> {
        self.scope.replace_secret(target, secret, hours).await
    }

    /// Checks that the client exists in the version that the caller has seen, before a code is spent
    /// for it.
    pub async fn look(&self, target: &Target) -> Result<()> {
        let (_, client) = self.scope.store.client(&self.scope, &target.id).await?;
        let client = client.ok_or_else(|| target.unknown())?;
        self.scope.if_match.check(client.version)
    }
}
