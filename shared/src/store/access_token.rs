//! Access tokens: which keys sign them, whom they may be for, which were issued, and which revoked.
//!
//! Nothing is kept of a token but that it was revoked. Everything that signing needs is in one item,
//! the *issuer* of an application. It is read for every token, so that a rotation takes effect at once.
//! The public halves of its keys are stored once more, where one query finds those of all applications.

mod count;
mod inspect;
mod issue;
mod keys;
mod policy;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::domain::application::Application;
use crate::domain::audience::{Audiences, RotationDays};
use crate::domain::client::ModuleGrants;
use crate::error::{Error, Result};
use crate::ids::{ApplicationId, ClientId};
use crate::secrets::data_key::WrappedKey;
use crate::secrets::sealing::Sealer;
use crate::secrets::signing_key::{KeyRing, PublicKey, RingKey, SigningKey, TOKEN_LIFE};
use crate::store::dynamodb::Bytes;
use crate::store::key::Key;
use crate::store::outcome::OnConflict;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Store, Table};

pub use inspect::{TokenInspector, TokenRevoker};
pub use issue::{Issued, TokenIssuer};
pub use keys::{KeyCustodian, KeyReader, KeySet, KeyShown};
pub use policy::{TokenPolicy, TokenPolicyEditor, TokenPolicyReader};

/// The store as a client sees it that asks for tokens, or about them.
#[derive(Debug)]
pub struct ClientScope {
    pub(crate) scope: Scope,
    pub(crate) client: ClientId,
    /// The modules.
    pub(crate) modules: ModuleGrants,
    /// The serial number of the secret that it has used.
    pub(crate) serial: u32,
    /// The issuer of the tokens: the URL of the API.
    pub(crate) issuer: String,
}

/// The stored issuer: everything that is needed to issue an application's tokens.
#[derive(Serialize, Deserialize)]
struct StoredIssuer {
    data_key: Bytes,
    audiences: Audiences,
    key_rotation_days: RotationDays,
    keys: Vec<StoredSigningKey>,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredSigningKey {
    public: Bytes,
    /// The whole key as PKCS #8.
    sealed: Bytes,
    published: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signs_from: Option<Timestamp>,
}

/// The public half of a key, for everyone.
#[derive(Serialize, Deserialize)]
struct StoredPublicKey {
    public: Bytes,
    /// From when on it is nobody's business any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    /// Seconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
}

/// The owner of an audience.
#[derive(Serialize, Deserialize)]
struct StoredAudience {
    application_id: ApplicationId,
    /// Seconds since the epoch; only of one that was let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
}

/// Time for which an audience stays with its application after its last token has expired.
const AUDIENCE_MARGIN: Duration = Duration::from_mins(5);

impl StoredPublicKey {
    fn of(key: &PublicKey, until: Option<Timestamp>) -> Self {
        const DAY: i64 = 86_400;
        Self {
            public: Bytes(key.bytes().to_vec()),
            until,
            expires: until.map(|until| until.seconds() + DAY),
        }
    }
}

/// The issuer: everything that is needed to issue an application's tokens.
#[derive(Clone, Debug)]
struct Issuer {
    data_key: WrappedKey,
    audiences: Audiences,
    key_rotation_days: RotationDays,
    ring: KeyRing,
    version: u64,
}

impl From<&Issuer> for StoredIssuer {
    fn from(issuer: &Issuer) -> Self {
        let stored = |key: &RingKey| StoredSigningKey {
            public: Bytes(key.public.bytes().to_vec()),
            sealed: Bytes(key.sealed.clone()),
            published: key.published,
            signs_from: key.signs_from,
        };
        Self {
            data_key: Bytes(issuer.data_key.0.clone()),
            audiences: issuer.audiences.clone(),
            key_rotation_days: issuer.key_rotation_days,
            keys: issuer.ring.keys().iter().map(stored).collect(),
            version: issuer.version,
        }
    }
}

impl TryFrom<StoredIssuer> for Issuer {
    type Error = Error;

    fn try_from(stored: StoredIssuer) -> Result<Self> {
        let key = |key: StoredSigningKey| {
            Ok(RingKey {
                public: PublicKey::try_from(key.public.0.as_slice())?,
                sealed: key.sealed.0,
                published: key.published,
                signs_from: key.signs_from,
            })
        };
        let keys = stored.keys.into_iter().map(key).collect::<Result<_>>()?;
        Ok(Self {
            data_key: WrappedKey(stored.data_key.0),
            audiences: stored.audiences,
            key_rotation_days: stored.key_rotation_days,
            ring: KeyRing::of(keys),
            version: stored.version,
        })
    }
}

/// The context that the sealing of a signing key is bound to, beside the key's name.
const SIGNING_KEY: &str = "signing-key";

/// Returns a new key, published at `now`, that waits.
fn fresh_key(sealer: &Sealer, now: Timestamp) -> Result<RingKey> {
    let (public, document) = SigningKey::generate()?;
    Ok(RingKey {
        public,
        sealed: sealer.seal_other([SIGNING_KEY, public.id().as_str()], 0, &document)?,
        published: now,
        signs_from: None,
    })
}

impl Store {
    async fn issuer(&self, application: &ApplicationId) -> Result<Issuer> {
        let stored: Option<StoredIssuer> =
            self.get(Table::Tokens, &Key::issuer(application)).await?;
        stored
            .ok_or_else(|| Error::unexpected("an application has no signing keys"))?
            .try_into()
    }

    /// Returns whether all of these audiences could become an application's own now.
    pub(super) async fn audiences_are_free(
        &self,
        application: &ApplicationId,
        audiences: &Audiences,
    ) -> Result<bool> {
        let now = self.clock.now().seconds();
        let keys = audiences.as_slice().iter().map(Key::audience);
        let keys: Vec<_> = keys.map(|key| (Table::Tokens, key)).collect();
        let mut found = self.get_all(&keys).await?;
        for (table, key) in keys {
            let owner: Option<StoredAudience> = found.take(table, &key)?;
            let is_free = owner.is_none_or(|owner| {
                owner.application_id == *application
                    || owner.expires.is_some_and(|expires| expires <= now)
            });
            if !is_free {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn sealer_for_keys(
        &self,
        application: &ApplicationId,
        issuer: &Issuer,
    ) -> Result<Sealer> {
        self.keys.sealer(application, &issuer.data_key).await
    }

    /// Returns the key of an application's ring that signs at `now`, open.
    async fn signing_key(
        &self,
        application: &ApplicationId,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<Arc<SigningKey>> {
        let signing = issuer.ring.signing(now);
        let signing = signing.ok_or_else(|| Error::unexpected("an application's ring is empty"))?;
        let id = signing.public.id();
        if let Some(open) = self.opened.get(&id, now) {
            return Ok(open);
        }
        let sealer = self.sealer_for_keys(application, issuer).await?;
        let document = sealer.open_other([SIGNING_KEY, id.as_str()], 0, &signing.sealed)?;
        let open = SigningKey::open(&document)?;
        Ok(self.opened.remember(id, open, now))
    }
}

impl Transaction<'_> {
    /// Gives a new application its signing keys.
    pub(in crate::store) fn create_issuer(
        self,
        application: &Application,
        sealer: &Sealer,
        audiences: Audiences,
        now: Timestamp,
    ) -> Result<Self> {
        let [first, next] = [fresh_key(sealer, now)?, fresh_key(sealer, now)?];
        let issuer = Issuer {
            data_key: application.data_key.clone(),
            audiences,
            key_rotation_days: RotationDays::default(),
            ring: KeyRing::begin(first, next, now),
            version: 1,
        };
        let created = self.create(
            Table::Tokens,
            Key::issuer(&application.id),
            &StoredIssuer::from(&issuer),
            OnConflict::Retry,
        )?;
        let created = created.claim_audiences(&application.id, None, &issuer.audiences, now)?;
        issuer.ring.keys().iter().try_fold(created, |created, key| {
            created.publish_key(&application.id, &key.public, None)
        })
    }

    /// Makes audiences the application's own, so that no other application has them too.
    ///
    /// It releases former ones some time after their last tokens have expired.
    fn claim_audiences(
        mut self,
        application: &ApplicationId,
        before: Option<&Audiences>,
        after: &Audiences,
        now: Timestamp,
    ) -> Result<Self> {
        let before = before.map_or(&[][..], Audiences::as_slice);
        let after = after.as_slice();
        let whose = |expires| StoredAudience {
            application_id: application.clone(),
            expires,
        };
        let holder = Some(("application_id", application.as_str()));
        for new in after.iter().filter(|new| !before.contains(new)) {
            let on_conflict = OnConflict::AudienceTaken;
            let place = Key::audience(new);
            self = self.claim(Table::Tokens, place, &whose(None), now, holder, on_conflict)?;
        }
        for old in before.iter().filter(|old| !after.contains(old)) {
            let expires = (now + TOKEN_LIFE + AUDIENCE_MARGIN).second().seconds();
            let place = Key::audience(old);
            self = self.overwrite(Table::Tokens, place, &whose(Some(expires)))?;
        }
        Ok(self)
    }

    /// Writes the public half of a key where everyone finds it, until it is dead.
    fn publish_key(
        self,
        application: &ApplicationId,
        key: &PublicKey,
        until: Option<Timestamp>,
    ) -> Result<Self> {
        let place = Key::public_key(application, &key.id());
        self.overwrite(Table::Tokens, place, &StoredPublicKey::of(key, until))
    }

    /// Writes an issuer in the place of the version that was read.
    fn replace_issuer(
        self,
        application: &ApplicationId,
        before: &Issuer,
        after: &Issuer,
    ) -> Result<Self> {
        let place = Key::issuer(application);
        let after = StoredIssuer::from(after);
        self.replace(Table::Tokens, place, &after, before.version)
    }
}
