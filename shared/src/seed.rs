//! The seed format: applications with their clients and settings, planted on the first start and
//! the way to import from elsewhere.

use std::collections::{BTreeSet, HashSet};

use serde::Deserialize;

use crate::client::ModuleGrants;
use crate::one_time_code::TotpKey;
use crate::secret::Origin;
use crate::token::InvitationToken;
use crate::{
    AllowList, Application, ApplicationId, Audiences, ClientId, ClientSecret, Context, Description,
    Email, Error, Feature, Features, ModuleKey, ModuleName, Password, PersonName, Privilege,
    Privileges, Random, Result, Settings,
};

/// What a seed file holds, checked: every reference resolves, nothing stands there twice.
#[derive(Debug)]
pub struct Seed {
    applications: Vec<SeedApplication>,
}

/// Why a seed can not be used. The sentence says where in the file it is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SeedFault(String);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedFile {
    applications: Vec<SeedApplication>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedApplication {
    pub(crate) application_id: ApplicationId,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) modules: BTreeSet<ModuleKey>,
    #[serde(default)]
    pub(crate) multi_admin: bool,
    #[serde(default)]
    pub(crate) signatures: bool,
    /// Whom access tokens may be for; the application alone, if left out.
    audiences: Option<Audiences>,
    #[serde(default)]
    pub(crate) settings: Settings,
    #[serde(default)]
    pub(crate) clients: Vec<SeedClient>,
    #[serde(default)]
    pub(crate) administrators: Vec<SeedAdministrator>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedClient {
    pub(crate) client_id: Option<ClientId>,
    #[serde(default, deserialize_with = "secret")]
    pub(crate) client_secret: Option<ClientSecret>,
    pub(crate) description: Description,
    #[serde(default)]
    pub(crate) features: Features,
    #[serde(default)]
    pub(crate) whitelist: AllowList,
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
    #[serde(default)]
    pub(crate) modules: ModuleGrants,
    #[serde(default)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedAdministrator {
    pub(crate) email: Email,
    pub(crate) name: Option<PersonName>,
    pub(crate) password: Option<Password>,
    #[serde(default, deserialize_with = "secret")]
    totp_secret: Option<ClientSecret>,
    #[serde(default)]
    pub(crate) privileges: Privileges,
}

impl SeedAdministrator {
    /// The key of their one-time codes.
    pub(crate) fn totp_key(&self) -> Option<TotpKey> {
        TotpKey::from_base32(self.totp_secret.as_ref()?.expose())
    }

    fn check(&self, place: &str) -> Result<(), SeedFault> {
        if self.totp_secret.is_some() && self.totp_key().is_none() {
            return Err(SeedFault(format!(
                "at {place}.totp_secret: it takes at least 80 bits in base 32, as authenticators show it"
            )));
        }
        if self.password.as_ref().is_some_and(Password::is_empty) {
            return Err(SeedFault(format!(
                "at {place}.password: it is empty; leave it out and the person is invited to choose one"
            )));
        }
        Ok(())
    }
}

fn yes() -> bool {
    true
}

fn secret<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ClientSecret>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.map(ClientSecret::from_outside))
}

impl Seed {
    /// Reads a seed file's text. What does not fit is refused whole, with the place that is wrong.
    pub fn parse(text: &str) -> Result<Self, SeedFault> {
        let mut json = serde_json::Deserializer::from_str(text);
        let file: SeedFile = serde_path_to_error::deserialize(&mut json)
            .map_err(|fault| SeedFault(format!("at {}: {}", fault.path(), fault.inner())))?;
        json.end()
            .map_err(|fault| SeedFault(format!("after the document: {fault}")))?;
        let mut ids = Unique::default();
        for (index, application) in file.applications.iter().enumerate() {
            let place = format!("applications[{index}]");
            ids.claim(
                &place,
                "application_id",
                application.application_id.as_str(),
            )?;
            application.check(&place, &mut ids)?;
        }
        Ok(Self {
            applications: file.applications,
        })
    }

    /// Creates what is not there yet; what is there stays as it is.
    pub async fn plant(self, cx: &Context) -> Result<Planted, SeedFault> {
        let mut planted = Planted::default();
        for (index, application) in self.applications.iter().enumerate() {
            let checked = cx.store().check_import(application).await;
            checked
                .map_err(|error| SeedFault(in_words(&format!("applications[{index}]"), error)))?;
        }
        for (index, application) in self.applications.into_iter().enumerate() {
            let place = format!("applications[{index}]");
            cx.store()
                .import(application, &mut planted)
                .await
                .map_err(|error| SeedFault(in_words(&place, error)))?;
        }
        Ok(planted)
    }
}

fn in_words(place: &str, error: Error) -> String {
    match error {
        Error::Invalid { argument, reason } => format!("at {place}: {argument}: {reason}"),
        Error::Unexpected(cause) => format!("at {place}: {}", cause.for_the_log()),
        other => format!("at {place}: {other:?}"),
    }
}

/// What planting did.
#[derive(Debug, Default)]
pub struct Planted {
    /// Applications that were not there.
    pub applications: usize,
    /// Clients that were not there.
    pub clients: usize,
    /// Applications and clients that were there, and stayed as they were.
    pub kept: usize,
    /// Administrators that were not there.
    pub administrators: usize,
    /// The invitations of those who have no password or authenticator yet.
    pub invitations: Vec<Invitation>,
}

/// An invitation that is to be handed over.
#[derive(Debug)]
pub struct Invitation {
    /// To whom.
    pub email: Email,
    /// What its link ends with.
    pub token: InvitationToken,
}

impl Invitation {
    /// Its path.
    pub fn path(&self) -> String {
        crate::invitation_path(&self.token)
    }
}

impl SeedApplication {
    fn check(&self, place: &str, ids: &mut Unique) -> Result<(), SeedFault> {
        for audience in self.audiences().as_slice() {
            ids.claim(place, "audiences", audience.as_str())?;
        }
        let mut names = Unique::default();
        for (index, client) in self.clients.iter().enumerate() {
            let place = format!("{place}.clients[{index}]");
            if let Some(id) = &client.client_id {
                ids.claim(&place, "client_id", id.as_str())?;
            }
            names.claim(&place, "description", &client.description.folded())?;
            client.check(&place, &self.modules)?;
        }
        for (index, administrator) in self.administrators.iter().enumerate() {
            let place = format!("{place}.administrators[{index}]");
            names.claim(&place, "email", &administrator.email.folded())?;
            administrator.check(&place)?;
        }
        Ok(())
    }
}

impl SeedClient {
    fn check(&self, place: &str, modules: &BTreeSet<ModuleKey>) -> Result<(), SeedFault> {
        if let Some(module) = self
            .modules
            .keys()
            .find(|module| !modules.contains(module.as_str()))
        {
            return Err(SeedFault(format!(
                "at {place}.modules: the application has no module {module}"
            )));
        }
        match &self.client_secret {
            Some(secret) if secret.expose().is_empty() => Err(SeedFault(format!(
                "at {place}.client_secret: it is empty; leave it out and one is made"
            ))),
            Some(secret) if secret.origin() == Origin::Mistyped => Err(SeedFault(format!(
                "at {place}.client_secret: it looks like a secret made by Countersign, but its checksum does not fit"
            ))),
            _ => Ok(()),
        }
    }
}

#[derive(Default)]
struct Unique(HashSet<(&'static str, String)>);

impl Unique {
    fn claim(&mut self, place: &str, field: &'static str, value: &str) -> Result<(), SeedFault> {
        if self.0.insert((field, value.to_owned())) {
            return Ok(());
        }
        Err(SeedFault(format!(
            "at {place}.{field}: another one has it too"
        )))
    }
}

/// The application that a newcomer starts with.
#[derive(Debug)]
pub struct Demo {
    /// Its ID.
    pub application_id: ApplicationId,
    /// The ID of its owner client.
    pub client_id: ClientId,
    /// The owner client's secret.
    pub client_secret: ClientSecret,
    /// The invitation of its first administrator.
    pub invitation: Option<Invitation>,
}

impl Demo {
    /// Creates the demo application, with an owner client that may call from everywhere.
    pub async fn plant(cx: &Context) -> Result<Self> {
        let random = Random::default();
        let mut demo = Self {
            application_id: ApplicationId::generate(&random)?,
            client_id: ClientId::generate(&random)?,
            client_secret: ClientSecret::generate(&random)?,
            invitation: None,
        };
        let first = SeedAdministrator {
            email: Email::try_from("admin@example.com".to_owned()).map_err(Error::unexpected)?,
            name: None,
            password: None,
            totp_secret: None,
            privileges: Privileges::from_iter(Privilege::ALL),
        };
        let owner = SeedClient {
            client_id: Some(demo.client_id.clone()),
            client_secret: Some(demo.client_secret.clone()),
            description: Description::try_from("application owner".to_owned())
                .map_err(Error::unexpected)?,
            features: Features::from_iter([Feature::Owner]),
            whitelist: AllowList::default(),
            enabled: true,
            modules: ModuleGrants::new(),
            settings: Settings::default(),
        };
        let application = SeedApplication {
            application_id: demo.application_id.clone(),
            name: "Demo".to_owned(),
            modules: ["payments", "collections"]
                .into_iter()
                .filter_map(|key| ModuleKey::try_from(key.to_owned()).ok())
                .collect(),
            multi_admin: false,
            signatures: false,
            audiences: None,
            settings: Settings::default(),
            clients: vec![owner],
            administrators: vec![first],
        };
        let mut planted = Planted::default();
        cx.store().import(application, &mut planted).await?;
        demo.invitation = planted.invitations.pop();
        Ok(demo)
    }
}

impl SeedApplication {
    /// Whom its access tokens may be for.
    pub(crate) fn audiences(&self) -> Audiences {
        let said = self.audiences.clone();
        said.unwrap_or_else(|| Audiences::of(&self.application_id))
    }

    /// The application, under a data key.
    pub(crate) fn application(&self, data_key: crate::WrappedKey) -> Application {
        Application {
            id: self.application_id.clone(),
            name: self.name.clone(),
            modules: self
                .modules
                .iter()
                .map(|key| (key.clone(), ModuleName::from(key)))
                .collect(),
            multi_admin: self.multi_admin,
            signatures: self.signatures,
            data_key,
            version: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        Seed::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn everything_but_ids_names_and_descriptions_may_be_left_out() {
        let text = r#"{"applications":[{"application_id":"a","name":"A","clients":[{"description":"d"}]}]}"#;
        let seed = Seed::parse(text).unwrap();
        assert!(seed.applications[0].clients[0].enabled);
    }

    #[test]
    fn a_file_that_does_not_fit_is_refused_with_the_place_that_is_wrong() {
        let client = |client: &str| {
            fault(&format!(
                r#"{{"applications":[{{"application_id":"a","name":"A","clients":[{client}]}}]}}"#
            ))
        };
        assert!(
            client(r#"{"description":"d","whitelist":["1.2.3.4/33"]}"#)
                .starts_with("at applications[0].clients[0].whitelist: ")
        );
        assert!(client(r#"{"description":"d","color":"red"}"#).contains("unknown field `color`"));
        assert!(client(r#"{"features":["owner"]}"#).contains("missing field `description`"));
        assert!(
            client(r#"{"description":"d","modules":{"x":{}}}"#)
                .ends_with("the application has no module x")
        );
        assert_eq!(
            client(r#"{"description":"d"},{"description":" D "}"#),
            "at applications[0].clients[1].description: another one has it too"
        );
        assert_eq!(
            client(r#"{"client_id":"c","description":"d"},{"client_id":"c","description":"e"}"#),
            "at applications[0].clients[1].client_id: another one has it too"
        );
        assert!(fault("{").contains("EOF"));
        assert!(fault(r#"{"applications":[]} x"#).starts_with("after the document"));
    }
}
