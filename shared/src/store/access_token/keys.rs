//! Signing keys: seen, rotated, and published.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::clock::{Moment, Timestamp};
use crate::domain::audit::{Changes, Object};
use crate::domain::kind::ObjectKind;
use crate::error::{Error, Result};
use crate::secrets::signing_key::{Jwk, KeyId, KeyRing, KeyState, PublicKey};
use crate::store::access_token::{Issuer, StoredPublicKey, fresh_key};
use crate::store::administrator::FreshCode;
use crate::store::dynamodb::{SortRange, from_item};
use crate::store::key::Key;
use crate::store::outcome::Outcome;
use crate::store::retry::until_done;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Store, Table};

/// The audit's name of a rotation, whoever causes it.
pub(super) const ROTATION: &str = "admin.signing_keys.rotate";

/// A signing key, as administrators see it.
#[derive(Clone, Debug)]
pub struct KeyShown {
    /// Its name in the key set.
    pub id: KeyId,
    /// The state.
    pub state: KeyState,
    /// Since when it is in the key set.
    pub published: Timestamp,
    /// From when on it signs; `None` while it waits for a rotation.
    pub signs_from: Option<Timestamp>,
    /// When it leaves the key set, if that is known.
    pub ends: Option<Timestamp>,
}

fn shown(ring: &KeyRing, now: Timestamp) -> Vec<KeyShown> {
    let keys = ring.keys().iter().enumerate();
    keys.filter_map(|(place, key)| {
        Some(KeyShown {
            id: key.public.id(),
            state: ring.state(place, now)?,
            published: key.published,
            signs_from: key.signs_from,
            ends: ring.ends(place),
        })
    })
    .collect()
}

/// Sees the signing keys of one application.
#[derive(Debug)]
pub struct KeyReader {
    scope: Scope,
}

impl From<Scope> for KeyReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl KeyReader {
    /// Returns the keys of the key set, in the order in which they sign.
    pub async fn list(&self) -> Result<Vec<KeyShown>> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let issuer = store.issuer(application).await?;
        Ok(shown(&issuer.ring, store.clock.now()))
    }
}

/// Rotates the signing keys of one application.
#[derive(Debug)]
pub struct KeyCustodian {
    scope: Scope,
}

impl From<Scope> for KeyCustodian {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl KeyCustodian {
    /// Checks that a rotation is possible, before a code is spent for it.
    pub async fn look(&self, compromised: bool) -> Result<()> {
        if compromised {
            return Ok(());
        }
        let Scope {
            store, application, ..
        } = &self.scope;
        let issuer = store.issuer(application).await?;
        free_to_rotate(&issuer, store.clock.now())
    }

    /// Rotates the signing keys: the next key signs as soon as it has been published for long enough.
    ///
    /// If keys may be compromised, new ones replace all of them at once. Their tokens are then refused.
    pub async fn rotate(&self, compromised: bool, _: FreshCode) -> Result<Vec<KeyShown>> {
        let Scope {
            store, application, ..
        } = &self.scope;
        until_done(&store.random, || async {
            let now = store.clock.now();
            let before = store.issuer(application).await?;
            if !compromised {
                free_to_rotate(&before, now)?;
            }
            let (after, outcome) = store
                .turn_key_ring(&self.scope, &before, compromised, now)
                .await?;
            outcome.settle(&self.scope, shown(&after.ring, now))
        })
        .await
    }
}

fn free_to_rotate(issuer: &Issuer, now: Timestamp) -> Result<()> {
    let Some(from) = issuer.ring.is_rotating(now) else {
        return Ok(());
    };
    Err(Error::conflict(
        "rotation-pending",
        format!(
            "the next key was published a short time ago, and signs from {} on: those who verify tokens may not know it before",
            String::from(Moment(from))
        ),
    ))
}

/// Returns the differences between two rings, by the keys' names.
fn changes(before: &KeyRing, after: &KeyRing, compromised: bool, now: Timestamp) -> Changes {
    let last = |ring: &KeyRing| ring.keys().last().map(|key| key.public.id());
    let signing = |ring: &KeyRing| ring.signing(now).map(|key| key.public.id());
    let mut changes = Changes::from([(
        "next_key".to_owned(),
        (json!(last(before)), json!(last(after))),
    )]);
    let (old, new) = (signing(before), signing(after));
    if old != new {
        changes.insert("signing_key".to_owned(), (json!(old), json!(new)));
    }
    if compromised {
        changes.insert("compromised".to_owned(), (json!(null), json!(true)));
    }
    if let Some(from) = after.is_rotating(now) {
        let from = String::from(Moment(from));
        changes.insert("signs_from".to_owned(), (json!(null), json!(from)));
    }
    changes
}

impl Store {
    /// Tries once to write a rotated ring over the one that was read, with the event.
    ///
    /// Usually the waiting key signs and a fresh one waits. If keys may be compromised, both are fresh.
    /// Keys that are not in the new ring leave the key set at once.
    pub(super) async fn turn_key_ring(
        &self,
        scope: &Scope,
        before: &Issuer,
        compromised: bool,
        now: Timestamp,
    ) -> Result<(Issuer, Outcome)> {
        let application = &scope.application;
        let sealer = self.sealer_for_keys(application, before).await?;
        let fresh = || fresh_key(&sealer, now);
        let ring = if compromised {
            KeyRing::begin(fresh()?, fresh()?, now)
        } else {
            before.ring.rotated(fresh()?, now)
        };
        let after = Issuer {
            ring,
            version: before.version + 1,
            ..before.clone()
        };
        let mut writing = Transaction::on(self).replace_issuer(application, before, &after)?;
        for (place, key) in after.ring.keys().iter().enumerate() {
            writing = writing.publish_key(application, &key.public, after.ring.ends(place))?;
        }
        let gone = before.ring.keys().iter();
        for key in gone.filter(|key| !after.ring.holds(&key.public)) {
            writing = writing.publish_key(application, &key.public, Some(now))?;
        }
        let name = after.ring.keys().last().map(|key| key.public.id());
        let name = name.map_or_else(String::new, |name| name.as_str().to_owned());
        let object = Object {
            kind: ObjectKind::SigningKey,
            id: name.clone(),
            name,
        };
        let differences = changes(&before.ring, &after.ring, compromised, now);
        let outcome = writing
            .audit(scope, &object, &differences, now)?
            .commit()
            .await?;
        Ok((after, outcome))
    }
}

/// The public keys of all applications (RFC 7517, section 5).
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "JsonWebKeySet")]
pub struct KeySet {
    keys: Vec<Jwk>,
}

impl Store {
    /// Returns the keys that may have signed a valid token, or will sign soon.
    pub(crate) async fn key_set(&self) -> Result<KeySet> {
        let now = self.clock.now();
        let partition = Key::KEY_SET.to_owned();
        let mut keys = Vec::new();
        for item in self.query(Table::Tokens, partition, SortRange::All).await? {
            let stored: StoredPublicKey = from_item(item)?;
            if stored.until.is_none_or(|until| now < until) {
                keys.push(PublicKey::try_from(stored.public.0.as_slice())?.jwk());
            }
        }
        Ok(KeySet { keys })
    }
}
