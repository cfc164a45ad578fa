//! Modules: which there are.

use crate::domain::application::{Application, Modules};
use crate::domain::audit::{Changes, Object};
use crate::error::{Error, Result};
use crate::store::application::{StoredApplication, no_application};
use crate::store::client::ClientReader;
use crate::store::key::Key;
use crate::store::retry::until_done;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

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
    /// Returns the modules, and their version.
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
    /// Puts `modules` in the place of those that there are; tells the new version. A module that a
    /// client has stays, so that no grant is lost or comes back in silence.
    pub async fn replace(&self, modules: &Modules) -> Result<u64> {
        let Scope {
            store, if_match, ..
        } = &self.scope;
        until_done(&store.random, || async {
            let (before, clients) = ClientReader::from(self.scope.clone()).all().await?;
            if_match.check(before.version)?;
            for client in &clients {
                let lost = client
                    .profile
                    .modules
                    .keys()
                    .find(|module| !modules.contains_key(module.as_str()));
                if let Some(module) = lost {
                    return Err(Error::conflict(
                        "module-in-use",
                        format!(
                            "the client {} is let into the module {module}; take that away first",
                            client.profile.description.as_str()
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
            change.commit().await?.settle(&self.scope, after.version)
        })
        .await
    }
}

fn changes(before: &Modules, after: &Modules) -> Changes {
    let shown = |modules: &Modules| serde_json::json!(modules);
    if before == after {
        return Changes::new();
    }
    Changes::from([("modules".to_owned(), (shown(before), shown(after)))])
}
