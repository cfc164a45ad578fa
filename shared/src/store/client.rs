//! API clients in the store: their listing, creation, change and deletion.

mod delete;
pub(crate) mod last_use;
mod list;
pub(super) mod record;
mod secret;
mod view;

use std::sync::OnceLock;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::application::Application;
use crate::domain::client::{Client, ClientProfile};
use crate::domain::credential::Credential;
use crate::domain::target::Target;
use crate::error::{Error, Result};
use crate::ids::ClientId;
use crate::secrets::client_secret::{ClientSecret, GraceHours, StoredSecret, Verifier};
use crate::secrets::sealing::Sealer;
use crate::store::application::StoredApplication;
use crate::store::application::no_application;
use crate::store::change::Change;
use crate::store::dynamodb::Item;
use crate::store::key::{Key, SORT};
use crate::store::retry::{Attempt, until_done};
use crate::store::transaction::Transaction;
use crate::store::{Scope, Store, Table};
pub(crate) use last_use::PendingWrite;
pub use last_use::Uses;
pub use list::{ClientReader, Listed};
pub(super) use record::{Nothing, StoredClient, StoredCredential};
pub use secret::SecretKeeper;
pub use view::ClientViewer;

impl Store {
    /// Reads the part of a client that authentication needs: the one read of every call.
    pub(crate) async fn credential(&self, id: &ClientId) -> Result<Option<Credential>> {
        let stored: Option<StoredCredential> =
            self.get(Table::Clients, &Key::credential(id)).await?;
        Ok(stored.map(|stored| stored.of(id.clone())))
    }

    /// Returns a client and its application, in one round trip.
    async fn client(&self, scope: &Scope, id: &ClientId) -> Result<(Application, Option<Client>)> {
        let application_key = Key::application(&scope.application);
        let client_key = Key::client(&scope.application, id);
        let keys = [
            (Table::Clients, application_key.clone()),
            (Table::Clients, client_key.clone()),
        ];
        let mut found = self.get_all(&keys).await?;
        let application: StoredApplication = found
            .take(Table::Clients, &application_key)?
            .ok_or_else(no_application)?;
        let client: Option<StoredClient> = found.take(Table::Clients, &client_key)?;
        Ok((application.into(), client.map(Client::from)))
    }
}

fn is_application(item: &Item) -> bool {
    item.get(SORT)
        .and_then(|sort| sort.as_s().ok())
        .is_some_and(|sort| sort == "application")
}

/// Changes the clients of one application. Every method is one transaction that holds its audit
/// event.
#[derive(Debug)]
pub struct ClientEditor {
    scope: Scope,
}

impl From<Scope> for ClientEditor {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl ClientEditor {
    /// Creates a client with this profile. A description that another client of the application has,
    /// compared without case, is refused. What `shown` makes of the client is the answer, also to the
    /// same request made again.
    pub async fn create<'a, T: Serialize + DeserializeOwned + Send + Sync>(
        &'a self,
        id: ClientId,
        profile: ClientProfile,
        secret: &ClientSecret,
        shown: impl Fn(&Client) -> T + Send + Sync,
    ) -> Result<T> {
        let store = &self.scope.store;
        until_done(&store.random, || async {
            let (application, replayed) = self.scope.application_or_replay().await?;
            if let Some(replayed) = replayed {
                return Ok(Attempt::Done(replayed));
            }
            let sealer = store.sealer_of(&application).await?;
            let now = store.clock.now();
            let sealed = seal(&sealer, &id, 1, secret, Verifier::Digest(secret.digest()))?;
            let client = Client::new(id.clone(), profile.clone(), sealed, now);
            let reply = shown(&client);
            let kept =
                |creation: Transaction<'a>| creation.remember_reply(&self.scope, &sealer, &reply);
            let change = Change::CreateClient { client };
            self.scope
                .apply_or_hold(&application, change, kept)
                .await?
                .settle(&self.scope, reply)
        })
        .await
    }

    /// Returns the last uses of a client's secrets.
    pub async fn uses(&self, target: &Target) -> Result<Uses> {
        let uses = self.scope.store.last_uses(&[&target.id]).await?.pop();
        Ok(uses.unwrap_or_default())
    }

    /// Changes the profile of a client by `edit`, which may refuse. When somebody else was faster, it is read and
    /// edited anew.
    pub async fn change(
        &self,
        target: &Target,
        edit: impl Fn(&mut ClientProfile) -> Result<()> + Send + Sync,
    ) -> Result<Client> {
        let edited = |before: Client| {
            let mut after = before.clone();
            edit(&mut after.profile)?;
            after.version = before.version + 1;
            Ok((after.clone(), Change::EditClient { before, after }))
        };
        self.scope.change_client(target, edited).await
    }

    /// Ends the secret before the present one, which would go on working for a while. When somebody
    /// else was faster, it is read again. If the old secret is another one then, it is not the one that
    /// was to end. More likely everybody still works with it.
    pub async fn retire_secret(&self, target: &Target) -> Result<Client> {
        let clock = &self.scope.store.clock;
        let to_end = OnceLock::new();
        let retired = |before: Client| {
            let old = before.previous.as_ref();
            let old = old.map(|previous| previous.secret.serial);
            if *to_end.get_or_init(|| old) != old {
                return Err(Error::conflict(
                    "no-previous-secret",
                    "it was replaced meanwhile: look at which secrets work now",
                ));
            }
            let after = before.without_previous_secret(clock.now());
            let after = after.ok_or_else(|| {
                Error::conflict("no-previous-secret", "only its present secret works")
            })?;
            Ok((after.clone(), Change::RetireSecret { before, after }))
        };
        self.scope.change_client(target, retired).await
    }

    /// Gives a client `secret`; the old one keeps working for `hours`.
    pub async fn replace_secret(
        &self,
        target: &Target,
        secret: &ClientSecret,
        hours: GraceHours,
    ) -> Result<()> {
        self.scope
            .replace_secret(target, secret, hours)
            .await
            .map(|_| ())
    }
}

impl Scope {
    /// Applies a change to the target, or holds it back, and tries again after a conflict.
    async fn change_client(
        &self,
        target: &Target,
        make: impl Fn(Client) -> Result<(Client, Change)> + Send + Sync,
    ) -> Result<Client> {
        until_done(&self.store.random, || async {
            let (application, before) = self.changeable_client(target).await?;
            let (after, change) = make(before)?;
            self.apply_or_hold(&application, change, Ok)
                .await?
                .settle(self, after)
        })
        .await
    }

    /// Returns the target, in the version that the caller wants to change, and its application.
    async fn changeable_client(&self, target: &Target) -> Result<(Application, Client)> {
        let (application, client) = self.store.client(self, &target.id).await?;
        let client = client.ok_or_else(|| target.unknown())?;
        self.if_match.check(client.version)?;
        Ok((application, client))
    }

    /// Puts `secret` in the place of a client's present one; gives the client as it is then.
    async fn replace_secret(
        &self,
        target: &Target,
        secret: &ClientSecret,
        hours: GraceHours,
    ) -> Result<Client> {
        let store = &self.store;
        until_done(&store.random, || async {
            let (application, before) = self.changeable_client(target).await?;
            let sealer = store.sealer_of(&application).await?;
            let serial = before.secret.serial + 1;
            let verifier = Verifier::Digest(secret.digest());
            let sealed = seal(&sealer, &before.id, serial, secret, verifier)?;
            let mut after = before.clone();
            let now = store.clock.now();
            after.replace_secret(sealed, now + hours, now);
            after.version = before.version + 1;
            let change = Change::ReplaceSecret {
                before,
                after: after.clone(),
                hours,
            };
            self.apply_or_hold(&application, change, Ok)
                .await?
                .settle(self, after)
        })
        .await
    }
}

pub(super) fn seal(
    sealer: &Sealer,
    client: &ClientId,
    serial: u32,
    secret: &ClientSecret,
    verifier: Verifier,
) -> Result<StoredSecret> {
    Ok(StoredSecret {
        serial,
        verifier,
        sealed: sealer.seal(client, serial, secret)?,
    })
}
