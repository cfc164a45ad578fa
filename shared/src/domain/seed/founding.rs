//! Founding an application: with an owner client and an invited administrator, or not at all.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Invitation, SeedAdministrator, SeedApplication, SeedClient, SeedFault, read};
use crate::domain::administrator::{Email, PersonName, Privilege, Privileges};
use crate::domain::allow_list::AllowList;
use crate::domain::application::ModuleKey;
use crate::domain::audience::Audiences;
use crate::domain::client::{Description, ModuleGrants};
use crate::domain::feature::{Feature, Features};
use crate::domain::setting::Settings;
use crate::error::{Error, Result};
use crate::ids::{ApplicationId, ClientId};
use crate::random::Random;
use crate::secrets::client_secret::ClientSecret;
use crate::text::trimmed;

/// An application that is to be there, and its first administrator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founding {
    application: NewApplication,
    administrator: FirstAdministrator,
}

/// Multi admin is none of it: nobody is there yet to approve of a second administrator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewApplication {
    /// If left out, it follows from the name.
    application_id: Option<ApplicationId>,
    name: String,
    #[serde(default)]
    modules: BTreeSet<ModuleKey>,
    #[serde(default)]
    signatures: bool,
    audiences: Option<Audiences>,
    #[serde(default)]
    settings: Settings,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstAdministrator {
    email: Email,
    name: Option<PersonName>,
}

/// An application that was founded just now.
#[derive(Debug)]
pub struct Founded {
    /// Its ID.
    pub application_id: ApplicationId,
    /// The ID of its owner client.
    pub client_id: ClientId,
    /// The owner client's secret.
    pub client_secret: ClientSecret,
    /// The invitation of its first administrator.
    pub invitation: Invitation,
}

impl Founding {
    /// Reads a document's text. What does not fit is refused whole, with the place that is wrong.
    pub fn parse(text: &str) -> Result<Self, SeedFault> {
        let mut founding: Self = read(text)?;
        let name = trimmed(&founding.application.name, "a name", &(1..=100));
        founding.application.name =
            name.map_err(|why| SeedFault::unfit("application.name", &why))?;
        Ok(founding)
    }

    /// Returns the application that a newcomer starts with.
    pub fn demo() -> Result<Self> {
        let modules = ["payments", "collections"]
            .into_iter()
            .filter_map(|key| ModuleKey::try_from(key.to_owned()).ok());
        Ok(Self {
            application: NewApplication {
                application_id: Some(ApplicationId::generate(&Random::default())?),
                name: "Demo".to_owned(),
                modules: modules.collect(),
                signatures: false,
                audiences: None,
                settings: Settings::default(),
            },
            administrator: FirstAdministrator {
                email: Email::try_from("admin@example.com".to_owned())
                    .map_err(Error::unexpected)?,
                name: None,
            },
        })
    }

    /// Returns the application's ID: the given one, or one derived from its name.
    ///
    /// A repetition so means the same application.
    pub fn application_id(&self) -> ApplicationId {
        let NewApplication {
            application_id,
            name,
            ..
        } = &self.application;
        let given = application_id.clone();
        given.unwrap_or_else(|| ApplicationId::of_name(name))
    }

    /// Turns the founding into a seed: an unrestricted owner client, and an invited administrator with
    /// all privileges.
    pub(crate) fn into_seed(
        self,
        client_id: ClientId,
        client_secret: ClientSecret,
    ) -> Result<SeedApplication> {
        let application_id = self.application_id();
        let owner = SeedClient {
            client_id: Some(client_id),
            client_secret: Some(client_secret),
            description: Description::try_from("application owner".to_owned())
                .map_err(Error::unexpected)?,
            features: Features::from_iter([Feature::Owner]),
            whitelist: AllowList::default(),
            enabled: true,
            modules: ModuleGrants::new(),
            settings: Settings::default(),
        };
        let first = SeedAdministrator {
            email: self.administrator.email,
            name: self.administrator.name,
            password: None,
            totp_secret: None,
            privileges: Privileges::from_iter(Privilege::ALL),
        };
        Ok(SeedApplication {
            application_id,
            name: self.application.name,
            modules: self.application.modules,
            multi_admin: false,
            signatures: self.application.signatures,
            audiences: self.application.audiences,
            settings: self.application.settings,
            clients: vec![owner],
            administrators: vec![first],
        })
    }
}
