//! Applications, as they are stored.

mod modules;

use serde::{Deserialize, Serialize};

use crate::domain::application::{Application, ModuleKey, ModuleName};
use crate::error::{Error, Result};
use crate::ids::ApplicationId;
use crate::secrets::data_key::WrappedKey;
use crate::store::dynamodb::Bytes;
use crate::store::key::Key;
use crate::store::{Store, Table};
pub use modules::{ModuleEditor, ModuleReader};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredApplication {
    application_id: ApplicationId,
    name: String,
    modules: Vec<StoredModule>,
    multi_admin: bool,
    signatures: bool,
    data_key: Bytes,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredModule {
    key: ModuleKey,
    name: ModuleName,
}

impl From<&Application> for StoredApplication {
    fn from(application: &Application) -> Self {
        Self {
            application_id: application.id.clone(),
            name: application.name.clone(),
            modules: application
                .modules
                .iter()
                .map(|(key, name)| StoredModule {
                    key: key.clone(),
                    name: name.clone(),
                })
                .collect(),
            multi_admin: application.multi_admin,
            signatures: application.signatures,
            data_key: Bytes(application.data_key.0.clone()),
            version: application.version,
        }
    }
}

impl From<StoredApplication> for Application {
    fn from(stored: StoredApplication) -> Self {
        Self {
            id: stored.application_id,
            name: stored.name,
            modules: stored
                .modules
                .into_iter()
                .map(|module| (module.key, module.name))
                .collect(),
            multi_admin: stored.multi_admin,
            signatures: stored.signatures,
            data_key: WrappedKey(stored.data_key.0),
            version: stored.version,
        }
    }
}

impl Store {
    pub(super) async fn application(&self, id: &ApplicationId) -> Result<Option<Application>> {
        let stored: Option<StoredApplication> =
            self.get(Table::Clients, &Key::application(id)).await?;
        Ok(stored.map(Application::from))
    }
}

pub(super) fn no_application() -> Error {
    Error::unexpected("a client's application is not there")
}
