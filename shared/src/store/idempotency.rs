//! Creations that happen once: the same `Idempotency-Key` gets the same answer for a day.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::application::Application;
use crate::domain::change_request::ChangeRequest;
use crate::error::{Error, Result};
use crate::random::hexadecimal;
use crate::secrets::sealing::Sealer;
use crate::store::application::StoredApplication;
use crate::store::dynamodb::Bytes;
use crate::store::key::Key;
use crate::store::outcome::OnConflict;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// For so long a key is remembered.
const REMEMBERED: Duration = Duration::from_hours(24);

/// A kept answer of a creation. It is sealed, because it may contain a secret link.
#[derive(Serialize, Deserialize)]
struct StoredReply {
    fingerprint: Bytes,
    sealed: Bytes,
    /// It waits for approval, as this change request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held: Option<String>,
    /// Seconds since the epoch.
    expires: i64,
}

impl Scope {
    /// Returns the caller's application, and what this very creation answered when it was made before.
    pub(super) async fn application_or_replay<T: DeserializeOwned>(
        &self,
    ) -> Result<(Application, Option<T>)> {
        let Self {
            store, application, ..
        } = self;
        let application_key = Key::application(application);
        let mut keys = vec![(Table::Clients, application_key.clone())];
        keys.extend(
            self.once
                .as_ref()
                .map(|once| (Table::Administrators, Key::once(&once.place))),
        );
        let mut found = store.get_all(&keys).await?;
        let stored: Option<StoredApplication> = found.take(Table::Clients, &application_key)?;
        let stored =
            stored.ok_or_else(|| Error::unexpected("a caller's application is not there"))?;
        let owner = Application::from(stored);
        let Some(once) = &self.once else {
            return Ok((owner, None));
        };
        let reply: Option<StoredReply> =
            found.take(Table::Administrators, &Key::once(&once.place))?;
        let live = reply.filter(|reply| store.clock.now().seconds() < reply.expires);
        let Some(reply) = live else {
            return Ok((owner, None));
        };
        // The same key for another request: the kept reply would hide that this one was not done.
        if reply.fingerprint.0 != once.fingerprint {
            return Err(Error::KeyReused);
        }
        let sealer = store.sealer_of(&owner).await?;
        let plain = sealer.open_other(["reply", &hexadecimal(&once.place)], 1, &reply.sealed.0)?;
        let broken = |fault| Error::unexpected(format!("a kept reply does not parse: {fault}"));
        if reply.held.is_some() {
            let request: ChangeRequest = serde_json::from_slice(&plain).map_err(broken)?;
            return Err(Error::HeldBack(Box::new(request)));
        }
        let reply = serde_json::from_slice(&plain).map_err(broken)?;
        Ok((owner, Some(reply)))
    }
}

impl Transaction<'_> {
    /// Keeps what a creation answers, where its caller has given it a key.
    pub(super) fn remember_reply<T: Serialize>(
        self,
        scope: &Scope,
        sealer: &Sealer,
        reply: &T,
    ) -> Result<Self> {
        self.remember(scope, sealer, reply, None)
    }

    /// Keeps that a creation waits for approval, where its caller has given it a key.
    pub(super) fn remember_held(
        self,
        scope: &Scope,
        sealer: &Sealer,
        held: &ChangeRequest,
    ) -> Result<Self> {
        let id = held.id.as_str().to_owned();
        self.remember(scope, sealer, held, Some(id))
    }

    fn remember<T: Serialize>(
        self,
        scope: &Scope,
        sealer: &Sealer,
        reply: &T,
        held: Option<String>,
    ) -> Result<Self> {
        let Some(once) = &scope.once else {
            return Ok(self);
        };
        let plain = serde_json::to_vec(reply)
            .map(zeroize::Zeroizing::new)
            .map_err(|fault| Error::unexpected(format!("a reply does not serialise: {fault}")))?;
        let sealed = sealer.seal_other(["reply", &hexadecimal(&once.place)], 1, &plain)?;
        let now = scope.store.clock.now();
        let stored = StoredReply {
            fingerprint: Bytes(once.fingerprint.to_vec()),
            sealed: Bytes(sealed),
            held,
            expires: (now + REMEMBERED).seconds(),
        };
        let key = Key::once(&once.place);
        self.claim(
            Table::Administrators,
            key,
            &stored,
            now,
            None,
            OnConflict::Replayed,
        )
    }
}
