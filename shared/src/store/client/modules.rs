//! Modules: which there are, and who may let clients into them.

use super::no_application;
use crate::audit::{Actor, Changes, Object};
use crate::store::application::StoredApplication;
use crate::store::client::StoredClient;
use crate::store::dynamodb::{SortRange, from_item};
use crate::store::key::Key;
use crate::store::race::Race;
use crate::store::transaction::{Outcome, Transaction};
use crate::store::{Scope, Table};
use crate::{Application, Client, Error, Modules, Privilege, Result};

impl Transaction<'_> {
    /// Sees to what a client is let into, wherever a client is written: only those who hold
    /// `manage_modules` change it, and only modules that there are, also when it is written, are
    /// granted (administration contract, section 2).
    pub(in crate::store) fn grant_modules(
        self,
        scope: &Scope,
        application: &Application,
        before: &Client,
        after: &Client,
    ) -> Result<Self> {
        if before.modules == after.modules {
            return Ok(self);
        }
        let may = match &scope.origin.actor {
            Actor::Administrator { privileges, .. } => {
                privileges.contains(Privilege::ManageModules)
            }
            Actor::System => true,
            Actor::Client { .. } | Actor::Nobody => false,
        };
        if !may {
            return Err(Error::NotPermitted);
        }
        let unknown = |module: &&String| !application.modules.contains_key(module.as_str());
        if let Some(module) = after.modules.keys().find(unknown) {
            return Err(Error::invalid(
                "modules",
                format!(
                    "there is no module {}; PUT /admin/modules says which there are",
                    crate::error::quoted(module)
                ),
            ));
        }
        if after
            .modules
            .keys()
            .all(|module| before.modules.contains_key(module))
        {
            return Ok(self);
        }
        // A new version, so that of a grant and a removal at the same time one reads what the other
        // has written: to see that the version is the same would not stop a removal that has looked
        // at the clients before.
        let granted = Application {
            version: application.version + 1,
            ..application.clone()
        };
        self.replace(
            Table::Clients,
            Key::application(&application.id),
            &StoredApplication::from(&granted),
            application.version,
        )
    }
}

/// Sees which modules there are.
#[derive(Debug)]
pub struct ModuleReader {
    scope: Scope,
}

impl From<Scope> for ModuleReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl ModuleReader {
    /// The modules, and their version.
    pub async fn get(&self) -> Result<(Modules, u64)> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let application = store.application(application).await?;
        let application = application.ok_or_else(no_application)?;
        Ok((application.modules, application.version))
    }
}

/// Says which modules there are.
#[derive(Debug)]
pub struct ModuleEditor {
    scope: Scope,
}

impl From<Scope> for ModuleEditor {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl ModuleEditor {
    /// Puts `modules` in the place of those that there are; tells the new version. One that a client
    /// is let into stays, so that no grant is lost, or comes back, without a word about the client.
    pub async fn replace(&self, modules: &Modules) -> Result<u64> {
        let Scope {
            store, if_match, ..
        } = &self.scope;
        let mut race = Race::begin(&store.random);
        loop {
            let (before, clients) = self.application_and_clients().await?;
            if_match.check(before.version)?;
            for client in &clients {
                let lost = client
                    .modules
                    .keys()
                    .find(|module| !modules.contains_key(module.as_str()));
                if let Some(module) = lost {
                    return Err(Error::conflict(
                        "module-in-use",
                        format!(
                            "the client {} is let into the module {module}; take that away first",
                            client.description.as_str()
                        ),
                    ));
                }
            }
            let after = Application {
                modules: modules.clone(),
                version: before.version + 1,
                ..before.clone()
            };
            let change = Transaction::on(store)
                .replace(
                    Table::Clients,
                    Key::application(&before.id),
                    &StoredApplication::from(&after),
                    before.version,
                )?
                .audit(
                    &self.scope,
                    &Object::application(&before),
                    &changes(&before.modules, modules),
                    store.clock.now(),
                )?;
            match change.commit().await? {
                Outcome::Committed => return Ok(after.version),
                Outcome::Lost => race.again().await?,
                Outcome::Refused(_) => return Err(Error::SignedOut),
            }
        }
    }

    async fn application_and_clients(&self) -> Result<(Application, Vec<Client>)> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let (first, last) = Key::APPLICATION_AND_CLIENTS;
        let partition = Key::application_partition(application);
        let range = SortRange::Between(first, last);
        let items = store.query(Table::Clients, partition, range).await?;
        let (mut owner, mut clients) = (None, Vec::new());
        for item in items {
            if super::is_application(&item) {
                owner = Some(Application::from(from_item::<StoredApplication>(item)?));
            } else {
                clients.push(Client::from(from_item::<StoredClient>(item)?));
            }
        }
        Ok((owner.ok_or_else(no_application)?, clients))
    }
}

fn changes(before: &Modules, after: &Modules) -> Changes {
    let shown = |modules: &Modules| serde_json::json!(modules);
    if before == after {
        return Changes::new();
    }
    Changes::from([("modules".to_owned(), (shown(before), shown(after)))])
}
