//! API clients in the store: their listing, creation, change and deletion.

mod delete;
mod list;
mod modules;
mod record;
mod secret;
mod view;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::application::StoredApplication;
use super::dynamodb::Item;
use super::key::{Key, SORT};
use super::race::Race;
use super::transaction::{Otherwise, Outcome, Transaction};
use super::{Scope, Store, Table};
use crate::audit::{Actor, Object, changes};
use crate::sealing::Sealer;
use crate::secret::{StoredSecret, Verifier};
use crate::{
    Application, Client, ClientId, ClientSecret, Description, Error, Result, Target, Timestamp,
};
pub use list::{ClientReader, Listed};
pub use modules::{ModuleEditor, ModuleReader};
pub(crate) use record::Credential;
pub(super) use record::{Nothing, StoredClient, StoredCredential, StoredName};
pub use secret::SecretKeeper;
pub use view::ClientViewer;

impl Store {
    /// What authentication needs of a client: the one read that every call makes.
    pub(crate) async fn credential(&self, id: &ClientId) -> Result<Option<Credential>> {
        let stored: Option<StoredCredential> =
            self.get(Table::Clients, &Key::credential(id)).await?;
        Ok(stored.map(|stored| stored.of(id.clone())))
    }

    /// A client and its application, in one round trip.
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

fn no_application() -> Error {
    Error::unexpected("a client's application is not there")
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
    /// Creates a client as `fill` makes it. A description that another client of the application has,
    /// compared without case, is refused. What `shown` makes of the client is the answer, also to the
    /// same request made again.
    pub async fn create<T: Serialize + DeserializeOwned>(
        &self,
        id: ClientId,
        description: Description,
        secret: &ClientSecret,
        fill: impl Fn(&mut Client) + Send + Sync,
        shown: impl Fn(&Client) -> T + Send + Sync,
    ) -> Result<T> {
        let store = &self.scope.store;
        let mut race = Race::begin(&store.random);
        loop {
            let (application, replayed) = self.scope.application_or_replay().await?;
            if let Some(replayed) = replayed {
                return Ok(replayed);
            }
            one_person_may_change(&application)?;
            let sealer = store.sealer_of(&application).await?;
            let now = store.clock.now();
            let sealed = seal(&sealer, &id, 1, secret, Verifier::Digest(secret.digest()))?;
            let blank = Client::new(id.clone(), description.clone(), sealed, now);
            let mut client = blank.clone();
            fill(&mut client);
            let reply = shown(&client);
            let creation = Transaction::on(store)
                .create_client(&self.scope, &application, &client, now)?
                .grant_modules(&self.scope, &application, &blank, &client)?
                .remember_reply(&self.scope, &sealer, &reply)?;
            match creation.commit().await? {
                Outcome::Committed => return Ok(reply),
                Outcome::Lost | Outcome::Refused(Otherwise::Replayed) => race.again().await?,
                Outcome::Refused(otherwise) => return Err(self.scope.refusal(otherwise, &client)),
            }
        }
    }

    /// Changes a client by `edit`, which may refuse. When somebody else was faster, it is read and
    /// edited anew.
    pub async fn change(
        &self,
        target: &Target,
        edit: impl Fn(&mut Client) -> Result<()> + Send + Sync,
    ) -> Result<Client> {
        let mut race = Race::begin(&self.scope.store.random);
        loop {
            let (application, before) = self.scope.changeable(target).await?;
            let mut after = before.clone();
            edit(&mut after)?;
            after.version = before.version + 1;
            match self.scope.save(&application, &before, &after).await? {
                Outcome::Committed => return Ok(after),
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => {
                    return Err(self.scope.refusal(otherwise, &before));
                }
            }
        }
    }

    /// Gives a client `secret`; the old one keeps working until `old_until`.
    pub async fn replace_secret(
        &self,
        target: &Target,
        secret: &ClientSecret,
        old_until: Timestamp,
    ) -> Result<()> {
        self.scope
            .replace_secret(target, secret, old_until)
            .await
            .map(|_| ())
    }
}

impl Scope {
    /// The target, in the version that the caller wants to change, in an application whose policy
    /// lets one caller change it.
    async fn changeable(&self, target: &Target) -> Result<(Application, Client)> {
        let (application, client) = self.store.client(self, &target.id).await?;
        let client = client.ok_or_else(|| target.unknown())?;
        self.if_match.check(client.version)?;
        one_person_may_change(&application)?;
        Ok((application, client))
    }

    /// Puts `secret` in the place of a client's present one; gives the client as it is then.
    async fn replace_secret(
        &self,
        target: &Target,
        secret: &ClientSecret,
        old_until: Timestamp,
    ) -> Result<Client> {
        let store = &self.store;
        let mut race = Race::begin(&store.random);
        loop {
            let (application, before) = self.changeable(target).await?;
            let sealer = store.sealer_of(&application).await?;
            let serial = before.secret.serial + 1;
            let verifier = Verifier::Digest(secret.digest());
            let sealed = seal(&sealer, &before.id, serial, secret, verifier)?;
            let mut after = before.clone();
            after.replace_secret(sealed, old_until, store.clock.now());
            after.version = before.version + 1;
            match self.save(&application, &before, &after).await? {
                Outcome::Committed => return Ok(after),
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => return Err(self.refusal(otherwise, &before)),
            }
        }
    }

    /// Writes `after` in the place of `before`.
    async fn save(&self, owner: &Application, before: &Client, after: &Client) -> Result<Outcome> {
        let Self {
            store, application, ..
        } = self;
        let record = Key::client(application, &after.id);
        let mut change = Transaction::on(store)
            .replace(
                Table::Clients,
                record,
                &StoredClient::from(after),
                before.version,
            )?
            .overwrite(
                Table::Clients,
                Key::credential(&after.id),
                &StoredCredential::new(owner, after),
            )?
            .grant_modules(self, owner, before, after)?
            .audit(
                self,
                &Object::client(before),
                &changes(Some(before), Some(after)),
                store.clock.now(),
            )?;
        let (old, new) = (
            Key::name(application, &before.description),
            Key::name(application, &after.description),
        );
        // Another case of the same text is the same item, and no item may stand in a transaction twice.
        if old != new {
            change = change.delete(Table::Clients, old)?.create(
                Table::Clients,
                new,
                &StoredName::of(after),
                Otherwise::NameTaken,
            )?;
        }
        change.commit().await
    }

    /// What to answer when a transaction on a client was refused.
    fn refusal(&self, otherwise: Otherwise, client: &Client) -> Error {
        match otherwise {
            Otherwise::NameTaken => Error::Taken {
                // What either API calls it.
                argument: match self.origin.actor {
                    Actor::Administrator { .. } => "name",
                    _ => "description",
                },
                by: "another client of this application",
            },
            Otherwise::NotEntitled => Error::SignedOut,
            Otherwise::IdTaken => {
                Error::unexpected(format!("the client ID {} is taken", client.id.as_str()))
            }
            Otherwise::Retry | Otherwise::Replayed | Otherwise::EmailTaken => Error::Busy,
        }
    }
}

impl Transaction<'_> {
    /// All that a new client consists of, and its event.
    pub(super) fn create_client(
        self,
        scope: &Scope,
        application: &Application,
        client: &Client,
        now: Timestamp,
    ) -> Result<Self> {
        let id = &application.id;
        self.create(
            Table::Clients,
            Key::credential(&client.id),
            &StoredCredential::new(application, client),
            Otherwise::IdTaken,
        )?
        .create(
            Table::Clients,
            Key::client(id, &client.id),
            &StoredClient::from(client),
            Otherwise::IdTaken,
        )?
        .create(
            Table::Clients,
            Key::name(id, &client.description),
            &StoredName::of(client),
            Otherwise::NameTaken,
        )?
        .audit(
            scope,
            &Object::client(client),
            &changes(None, Some(client)),
            now,
        )
    }
}

/// While multi admin is on, no change takes effect on one caller's word. Asking for approval does
/// not exist yet, so such a change is refused.
pub(super) fn one_person_may_change(application: &Application) -> Result<()> {
    if application.multi_admin {
        return Err(Error::HeldBack(
            "multi admin is on for this application: changes to its clients need an approval, which can not be asked for yet",
        ));
    }
    Ok(())
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

/// A client's modules, as stored.
pub(super) type StoredModules = crate::client::ModuleGrants;
