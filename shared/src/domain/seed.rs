//! The seed format: applications with their clients and settings, for the first start and imports.

mod founding;

use std::collections::{BTreeSet, HashSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use founding::{Founded, Founding};

use crate::clock::Timestamp;
use crate::domain::administrator::{Email, PersonName, Privileges};
use crate::domain::allow_list::AllowList;
use crate::domain::application::{Application, ModuleKey, ModuleName};
use crate::domain::audience::Audiences;
use crate::domain::client::{Description, ModuleGrants};
use crate::domain::feature::Features;
use crate::domain::setting::Settings;
use crate::error::{Cause, Error, Result, quoted};
use crate::ids::{ApplicationId, ClientId};
use crate::secrets::client_secret::{ClientSecret, Origin};
use crate::secrets::invitation_token::InvitationToken;
use crate::secrets::one_time_code::TotpKey;
use crate::secrets::password::Password;

/// A checked seed: every reference resolves, and nothing is there twice.
#[derive(Debug)]
pub struct Seed {
    pub(crate) applications: Vec<SeedApplication>,
}

/// The reason why a seed, or a part of it, cannot be used.
///
/// The text says where in the file. It quotes names at most, never a value that may be a secret in a
/// wrong place.
#[derive(Debug, thiserror::Error)]
pub enum SeedFault {
    /// It does not fit, in itself or to what is there.
    #[error("{0}")]
    Unfit(String),
    /// Others changed the same thing at once, or the store or KMS is throttling. It may be tried again.
    #[error("at {place}: too many others change the same, or the store is throttling; try again")]
    Busy {
        /// The place in the file.
        place: String,
    },
    /// A fault on our side.
    #[error("at {place}: {}", cause.for_the_log())]
    Unexpected {
        /// The place in the file.
        place: String,
        /// The cause.
        cause: Cause,
    },
}

impl SeedFault {
    fn unfit(place: &str, why: &str) -> Self {
        Self::Unfit(format!("at {place}: {why}"))
    }

    /// Returns the fault for an error of the store at `place`.
    pub(crate) fn of(place: &str, error: Error) -> Self {
        let place = place.to_owned();
        match error {
            Error::Invalid { argument, reason } => {
                Self::Unfit(format!("at {place}: {argument}: {reason}"))
            }
            Error::Busy => Self::Busy { place },
            Error::Unexpected(cause) => Self::Unexpected { place, cause },
            other => Self::Unexpected {
                place,
                cause: Cause::new(format!("{other:?}")),
            },
        }
    }
}

/// In whose name something is planted, as the audit tells it.
#[derive(Clone, Debug)]
pub enum Planter {
    /// The start of the local binary.
    Start,
    /// The caller of the provisioning function.
    Provisioning {
        /// Lambda's ID of the invocation.
        request_id: String,
    },
}

/// Returns a document's text as what it should hold, or the place that is wrong.
fn read<T: DeserializeOwned>(text: &str) -> Result<T, SeedFault> {
    let mut json = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|fault| {
        let words = fault.inner().to_string();
        SeedFault::unfit(&fault.path().to_string(), &without_values(&words))
    })?;
    json.end()
        .map_err(|fault| SeedFault::Unfit(format!("after the document: {fault}")))?;
    Ok(read)
}

/// Removes the value from the text of a parser's error, because it may be a secret in a wrong place.
fn without_values(words: &str) -> String {
    const QUOTING: [(&str, &str); 6] = [
        ("invalid type: ", ", expected "),
        ("invalid value: ", ", expected "),
        ("invalid length ", ", expected "),
        ("unknown variant ", ", expected "),
        ("invalid cidr address: ", "; "),
        ("there is no feature ", "; "),
    ];
    let quoting = QUOTING.iter().find_map(|(begin, end)| {
        let rest = words.strip_prefix(begin)?;
        // What follows the value is ours, and the value may hold anything.
        let (_, after) = rest.rsplit_once(end)?;
        Some(format!(
            "{}{end}{after}",
            begin.trim_end_matches([':', ' '])
        ))
    });
    quoting.unwrap_or_else(|| words.to_owned())
}

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
    /// The audiences of access tokens; the application alone, if left out.
    audiences: Option<Audiences>,
    #[serde(default)]
    pub(crate) settings: Settings,
    #[serde(default)]
    pub(crate) clients: Vec<SeedClient>,
    #[serde(default)]
    pub(crate) administrators: Vec<SeedAdministrator>,
}

#[derive(Clone, Debug, Deserialize)]
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

#[derive(Clone, Debug, Deserialize)]
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
    /// Returns the key of their one-time codes.
    pub(crate) fn totp_key(&self) -> Option<TotpKey> {
        TotpKey::from_base32(self.totp_secret.as_ref()?.expose())
    }

    fn check(&self, place: &str) -> Result<(), SeedFault> {
        if self.totp_secret.is_some() && self.totp_key().is_none() {
            return Err(SeedFault::unfit(
                &format!("{place}.totp_secret"),
                "it takes at least 80 bits in base 32, as authenticators show it",
            ));
        }
        if self.password.as_ref().is_some_and(Password::is_empty) {
            return Err(SeedFault::unfit(
                &format!("{place}.password"),
                "it is empty; leave it out and the person is invited to choose one",
            ));
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
        let file: SeedFile = read(text)?;
        let mut ids = Unique::default();
        for (index, application) in file.applications.iter().enumerate() {
            let place = place_of(index);
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
}

pub(crate) fn place_of(application: usize) -> String {
    format!("applications[{application}]")
}

/// The result of planting a seed.
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
    /// The end of its link.
    pub token: InvitationToken,
    /// The moment from which on it is refused.
    pub until: Timestamp,
}

impl Invitation {
    /// Returns its path.
    pub fn path(&self) -> String {
        self.token.path()
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
            return Err(SeedFault::unfit(
                &format!("{place}.modules"),
                &format!("the application has no module {}", quoted(module)),
            ));
        }
        let secret = |why| Err(SeedFault::unfit(&format!("{place}.client_secret"), why));
        match &self.client_secret {
            Some(given) if given.expose().is_empty() => {
                secret("it is empty; leave it out and one is made")
            }
            Some(given) if given.origin() == Origin::Mistyped => {
                secret("it looks like a secret made by Countersign, but its checksum does not fit")
            }
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
        Err(SeedFault::unfit(
            &format!("{place}.{field}"),
            "another one has it too",
        ))
    }
}

impl SeedApplication {
    /// Returns the audiences of its access tokens.
    pub(crate) fn audiences(&self) -> Audiences {
        let said = self.audiences.clone();
        said.unwrap_or_else(|| Audiences::of(&self.application_id))
    }

    /// Returns the application, under a data key.
    pub(crate) fn application(
        &self,
        data_key: crate::secrets::data_key::WrappedKey,
    ) -> Application {
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

    #[test]
    fn what_stands_in_a_wrong_place_is_not_quoted() {
        const SECRET: &str = "s3cret, expected ; 77";
        let wrong = [
            r#"{"description":"d","features":"S"}"#,
            r#"{"description":"d","features":["S"]}"#,
            r#"{"description":"d","whitelist":"S"}"#,
            r#"{"description":"d","whitelist":["S"]}"#,
            r#"{"description":"d","whitelist":["10.0.0.0/S"]}"#,
            r#"{"description":"d","enabled":"S"}"#,
            r#"{"description":"d","modules":{"m":"S"}}"#,
            r#"{"description":"d","settings":"S"}"#,
            r#"{"description":["S"]}"#,
            r#"{"description":"d","client_secret":["S"]}"#,
            r#""S""#,
        ];
        for client in wrong {
            let client = client.replace('S', SECRET);
            let text = format!(
                r#"{{"applications":[{{"application_id":"a","name":"A","modules":["m"],"clients":[{client}]}}]}}"#
            );
            let words = fault(&text);
            assert!(
                words.starts_with("at applications[0].clients[0]"),
                "{words}"
            );
            assert!(
                !words.contains("s3cret") && !words.contains("77"),
                "{words}"
            );
        }
        let number = r#"{"applications":[{"application_id":"a","name":"A","clients":[{"description":"d","client_secret":774411}]}]}"#;
        let words = fault(number);
        assert!(
            words.contains("client_secret: invalid type, expected"),
            "{words}"
        );
        assert!(!words.contains("774411"), "{words}");
    }
}
