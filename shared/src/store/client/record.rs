//! Clients, as they are stored: the record, and the credential that is made from it.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::application::Application;
use crate::domain::client::{Client, ClientProfile};
use crate::domain::credential::{Credential, Signing};
use crate::error::Result;
use crate::ids::{ApplicationId, ClientId};
use crate::secrets::client_secret::{
    ClientSecret, GracePeriod, PreviousSecret, StoredSecret, Verifier,
};
use crate::secrets::data_key::WrappedKey;
use crate::store::Store;
use crate::store::dynamodb::Bytes;

/// A record of which nothing is wanted but whether it is there.
#[derive(Deserialize)]
pub(in crate::store) struct Nothing {}

/// The item that keeps a description unique.
#[derive(Serialize)]
pub(in crate::store) struct StoredName {
    client_id: String,
}

impl StoredName {
    pub(in crate::store) fn of(client: &Client) -> Self {
        Self {
            client_id: client.id.as_str().to_owned(),
        }
    }
}

/// The whole client.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredClient {
    client_id: ClientId,
    #[serde(flatten)]
    profile: ClientProfile,
    created: Timestamp,
    secret: StoredKey,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<StoredPreviousKey>,
    version: u64,
}

/// A secret: how it is recognised, and itself, sealed.
#[derive(Serialize, Deserialize)]
struct StoredKey {
    serial: u32,
    verifier: StoredVerifier,
    sealed: Bytes,
}

#[derive(Serialize, Deserialize)]
struct StoredPreviousKey {
    secret: StoredKey,
    until: Timestamp,
}

impl From<&Client> for StoredClient {
    fn from(client: &Client) -> Self {
        Self {
            client_id: client.id.clone(),
            profile: client.profile.clone(),
            created: client.created,
            secret: StoredKey::from(&client.secret),
            previous: client.previous.as_ref().map(|previous| StoredPreviousKey {
                secret: StoredKey::from(&previous.secret),
                until: previous.grace.end(),
            }),
            version: client.version,
        }
    }
}

impl From<StoredClient> for Client {
    fn from(stored: StoredClient) -> Self {
        Self {
            id: stored.client_id,
            profile: stored.profile,
            created: stored.created,
            secret: stored.secret.into(),
            previous: stored.previous.map(|previous| PreviousSecret {
                secret: previous.secret.into(),
                grace: GracePeriod::until(previous.until),
            }),
            version: stored.version,
        }
    }
}

impl From<&StoredSecret> for StoredKey {
    fn from(secret: &StoredSecret) -> Self {
        Self {
            serial: secret.serial,
            verifier: StoredVerifier::from(&secret.verifier),
            sealed: Bytes(secret.sealed.clone()),
        }
    }
}

impl From<StoredKey> for StoredSecret {
    fn from(stored: StoredKey) -> Self {
        Self {
            serial: stored.serial,
            verifier: stored.verifier.into(),
            sealed: stored.sealed.0,
        }
    }
}

/// The part of a client that authentication reads for every call.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredCredential {
    application_id: ApplicationId,
    #[serde(flatten)]
    profile: ClientProfile,
    secret: StoredVerifier,
    serial: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<StoredPreviousVerifier>,
    /// Only in an application that accepts signed requests: checking one needs the secret itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signing: Option<StoredSigning>,
}

/// The client's secrets, sealed, and the wrapped key that opens them.
#[derive(Serialize, Deserialize)]
struct StoredSigning {
    data_key: Bytes,
    secrets: Vec<StoredSealed>,
}

#[derive(Serialize, Deserialize)]
struct StoredSealed {
    serial: u32,
    sealed: Bytes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct StoredPreviousVerifier {
    serial: u32,
    verifier: StoredVerifier,
    until: Timestamp,
}

impl StoredCredential {
    pub(in crate::store) fn new(application: &Application, client: &Client) -> Self {
        Self {
            application_id: application.id.clone(),
            profile: client.profile.clone(),
            secret: StoredVerifier::from(&client.secret.verifier),
            serial: client.secret.serial,
            previous: client
                .previous
                .as_ref()
                .map(|previous| StoredPreviousVerifier {
                    serial: previous.secret.serial,
                    verifier: StoredVerifier::from(&previous.secret.verifier),
                    until: previous.grace.end(),
                }),
            signing: application
                .signatures
                .then(|| StoredSigning::of(application, client)),
        }
    }

    pub(in crate::store) fn of(self, client: ClientId) -> Credential {
        Credential {
            application: self.application_id,
            client,
            profile: self.profile,
            current: (self.serial, self.secret.into()),
            previous: self.previous.map(|previous| {
                let secret = (previous.serial, previous.verifier.into());
                (secret, GracePeriod::until(previous.until))
            }),
            signing: self.signing.map(Signing::from),
        }
    }
}

impl StoredSigning {
    fn of(application: &Application, client: &Client) -> Self {
        let sealed = |secret: &StoredSecret, until| StoredSealed {
            serial: secret.serial,
            sealed: Bytes(secret.sealed.clone()),
            until,
        };
        let previous = client.previous.as_ref();
        let previous =
            previous.map(|previous| sealed(&previous.secret, Some(previous.grace.end())));
        Self {
            data_key: Bytes(application.data_key.0.clone()),
            secrets: [sealed(&client.secret, None)]
                .into_iter()
                .chain(previous)
                .collect(),
        }
    }
}

impl From<StoredSigning> for Signing {
    fn from(stored: StoredSigning) -> Self {
        let secret = |stored: StoredSealed| {
            (
                stored.serial,
                stored.sealed.0,
                stored.until.map(GracePeriod::until),
            )
        };
        Self {
            data_key: WrappedKey(stored.data_key.0),
            secrets: stored.secrets.into_iter().map(secret).collect(),
        }
    }
}

impl Store {
    /// Opens the secrets that a client may sign with at `now`, with their serial numbers. There are
    /// none if the application does not accept signed requests.
    pub(crate) async fn signing_secrets(
        &self,
        credential: &Credential,
        now: Timestamp,
    ) -> Result<Vec<(u32, ClientSecret)>> {
        let Some(signing) = &credential.signing else {
            return Ok(Vec::new());
        };
        let sealer = self
            .keys
            .sealer(&credential.application, &signing.data_key)
            .await?;
        signing.open(&sealer, &credential.client, now)
    }
}

/// A deleted client of which something may still be left.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StoredRemains {
    pub(super) client_id: ClientId,
}

impl StoredRemains {
    pub(in crate::store) fn of(client: &ClientId) -> Self {
        Self {
            client_id: client.clone(),
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredVerifier {
    Sha256(StoredDigest),
    Argon2(String),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Bytes", into = "Bytes")]
struct StoredDigest([u8; 32]);

impl From<StoredDigest> for Bytes {
    fn from(digest: StoredDigest) -> Self {
        Self(digest.0.to_vec())
    }
}

impl TryFrom<Bytes> for StoredDigest {
    type Error = &'static str;

    fn try_from(bytes: Bytes) -> Result<Self, &'static str> {
        bytes
            .0
            .try_into()
            .map(Self)
            .map_err(|_| "a digest is 32 bytes long")
    }
}

impl From<&Verifier> for StoredVerifier {
    fn from(verifier: &Verifier) -> Self {
        match verifier {
            Verifier::Digest(digest) => Self::Sha256(StoredDigest(*digest)),
            Verifier::Argon2(hash) => Self::Argon2(hash.clone()),
        }
    }
}

impl From<StoredVerifier> for Verifier {
    fn from(stored: StoredVerifier) -> Self {
        match stored {
            StoredVerifier::Sha256(digest) => Self::Digest(digest.0),
            StoredVerifier::Argon2(hash) => Self::Argon2(hash),
        }
    }
}
