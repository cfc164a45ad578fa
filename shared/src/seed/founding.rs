//! How an application begins: with an owner client and an invited administrator, or not at all.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Invitation, Planter, SeedAdministrator, SeedApplication, SeedClient, SeedFault, read};
use crate::administrator::{Email, PersonName, Privilege, Privileges};
use crate::allow_list::AllowList;
use crate::application::ModuleKey;
use crate::audience::Audiences;
use crate::client::{Description, ModuleGrants};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::feature::{Feature, Features};
use crate::ids::{ApplicationId, ClientId};
use crate::random::Random;
use crate::secret::ClientSecret;
use crate::setting::Settings;
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
        let name = trimmed(&founding.application.name, "a name", 100);
        founding.application.name =
            name.map_err(|why| SeedFault::unfit("application.name", &why))?;
        Ok(founding)
    }

    /// The application that a newcomer starts with.
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

    /// The application's ID: the one that was given, or the one that its name always leads to, so that a
    /// repetition means the same application.
    pub fn application_id(&self) -> ApplicationId {
        let NewApplication {
            application_id,
            name,
            ..
        } = &self.application;
        let given = application_id.clone();
        given.unwrap_or_else(|| ApplicationId::of_name(name))
    }

    /// Creates the application, with an owner client that may call from everywhere and the invitation of
    /// an administrator with all privileges, in one transaction. If there is an application with this
    /// ID, nothing happens and the answer is none: of one that is there all was there once.
    pub async fn plant(
        self,
        cx: &Context,
        planter: &Planter,
    ) -> Result<Option<Founded>, SeedFault> {
        self.create(cx, planter)
            .await
            .map_err(|error| SeedFault::of("application", error))
    }

    async fn create(self, cx: &Context, planter: &Planter) -> Result<Option<Founded>> {
        let application_id = self.application_id();
        let client_id = cx.new_client_id()?;
        let client_secret = cx.new_secret()?;
        let owner = SeedClient {
            client_id: Some(client_id.clone()),
            client_secret: Some(client_secret.clone()),
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
        let seed = SeedApplication {
            application_id: application_id.clone(),
            name: self.application.name,
            modules: self.application.modules,
            multi_admin: false,
            signatures: self.application.signatures,
            audiences: self.application.audiences,
            settings: self.application.settings,
            clients: vec![owner],
            administrators: vec![first],
        };
        let invitations = cx.store().found(seed, planter).await?;
        let founded = |invitation| Founded {
            application_id,
            client_id,
            client_secret,
            invitation,
        };
        Ok(invitations
            .and_then(|mut invitations| invitations.pop())
            .map(founded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(application: &str) -> Result<Founding, String> {
        Founding::parse(&format!(
            r#"{{"application":{application},"administrator":{{"email":"ada@example.com"}}}}"#
        ))
        .map_err(|fault| fault.to_string())
    }

    #[test]
    fn a_name_leads_to_one_id_and_another_name_to_another() {
        let id = |application| of(application).unwrap().application_id();
        let acme = id(r#"{"name":"Acme"}"#);
        assert_eq!(acme.as_str().len(), 26);
        assert_eq!(acme, id(r#"{"name":" Acme ","modules":["payments"]}"#));
        assert_ne!(acme, id(r#"{"name":"acme"}"#));
        assert_eq!(
            id(r#"{"name":"Acme","application_id":"mine"}"#).as_str(),
            "mine"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        for (application, words) in [
            ("{}", "at application: missing field `name`"),
            (
                r#"{"name":" "}"#,
                "at application.name: a name has 1 to 100 characters",
            ),
            (
                r#"{"name":"A","modules":["a b"]}"#,
                "at application.modules[0]: a module's key",
            ),
            (
                r#"{"name":"A","multi_admin":true}"#,
                "unknown field `multi_admin`",
            ),
            (
                r#"{"name":"A","application_id":""}"#,
                "at application.application_id: ",
            ),
        ] {
            let told = of(application).unwrap_err();
            assert!(told.contains(words), "{application}: {told}");
        }
    }
}
