//! API clients in the store: their listing, creation, change and deletion.

mod delete;
mod list;
mod record;

use std::collections::BTreeMap;

use super::application::StoredApplication;
use super::dynamodb::Item;
use super::key::{Key, SORT};
use super::race::Race;
use super::transaction::{Otherwise, Outcome, Transaction};
use super::{Scope, Store, Table};
use crate::audit::{Object, changes};
use crate::sealing::Sealer;
use crate::secret::{StoredSecret, Verifier};
use crate::{
    Application, Client, ClientId, ClientSecret, Description, Error, Features, Result, Target,
    Timestamp,
};
pub use list::{ClientReader, Listed};
pub(crate) use record::Credential;
pub(super) use record::{Nothing, StoredClient, StoredCredential, StoredName};

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
    /// Creates a client. A description that another client of the application has, compared without
    /// case, is refused.
    pub async fn create(
        &self,
        id: ClientId,
        description: Description,
        features: Features,
        secret: &ClientSecret,
    ) -> Result<Client> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let application = store
            .application(application)
            .await?
            .ok_or_else(no_application)?;
        one_person_may_change(&application)?;
        let sealer = store
            .keys
            .sealer(&application.id, &application.data_key)
            .await?;
        let now = store.clock.now();
        let secret = seal(&sealer, &id, 1, secret, Verifier::Digest(secret.digest()))?;
        let client = Client {
            features,
            ..Client::new(id, description, secret, now)
        };
        let mut race = Race::begin(&store.random);
        loop {
            let creation =
                Transaction::on(store).create_client(&self.scope, &application, &client, now)?;
            match creation.commit().await? {
                Outcome::Committed => return Ok(client),
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => return Err(refusal(otherwise, &client)),
            }
        }
    }

    /// Changes a client by `edit`, which may refuse. When somebody else was faster, it is read and
    /// edited anew.
    pub async fn change(
        &self,
        target: &Target,
        edit: impl Fn(&mut Client) -> Result<()> + Send + Sync,
    ) -> Result<()> {
        let mut race = Race::begin(&self.scope.store.random);
        loop {
            let (application, before) = self.changeable(target).await?;
            let mut after = before.clone();
            edit(&mut after)?;
            match self.save(&application, &before, after).await? {
                Outcome::Committed => return Ok(()),
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => return Err(refusal(otherwise, &before)),
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
        let store = &self.scope.store;
        let mut race = Race::begin(&store.random);
        loop {
            let (application, before) = self.changeable(target).await?;
            let sealer = store
                .keys
                .sealer(&application.id, &application.data_key)
                .await?;
            let serial = before.secret.serial + 1;
            let sealed = seal(
                &sealer,
                &before.id,
                serial,
                secret,
                Verifier::Digest(secret.digest()),
            )?;
            let mut after = before.clone();
            after.replace_secret(sealed, old_until, store.clock.now());
            match self.save(&application, &before, after).await? {
                Outcome::Committed => return Ok(()),
                Outcome::Lost => race.again().await?,
                Outcome::Refused(otherwise) => return Err(refusal(otherwise, &before)),
            }
        }
    }

    /// The target, in an application whose policy lets one caller change it.
    async fn changeable(&self, target: &Target) -> Result<(Application, Client)> {
        let (application, client) = self.scope.store.client(&self.scope, &target.id).await?;
        one_person_may_change(&application)?;
        Ok((application, client.ok_or_else(|| target.unknown())?))
    }

    /// Writes `after` in the place of `before`.
    async fn save(
        &self,
        owner: &Application,
        before: &Client,
        mut after: Client,
    ) -> Result<Outcome> {
        let Scope {
            store, application, ..
        } = &self.scope;
        after.version = before.version + 1;
        let record = Key::client(application, &after.id);
        let mut change = Transaction::on(store)
            .replace(
                Table::Clients,
                record,
                &StoredClient::from(&after),
                before.version,
            )?
            .overwrite(
                Table::Clients,
                Key::credential(&after.id),
                &StoredCredential::new(owner, &after),
            )?
            .audit(
                &self.scope,
                &Object::client(before),
                &changes(Some(before), Some(&after)),
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
                &StoredName::of(&after),
                Otherwise::NameTaken,
            )?;
        }
        change.commit().await
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
fn one_person_may_change(application: &Application) -> Result<()> {
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

fn refusal(otherwise: Otherwise, client: &Client) -> Error {
    match otherwise {
        Otherwise::Retry => Error::Busy,
        Otherwise::NameTaken => {
            Error::invalid("description", "another client of this application has it")
        }
        Otherwise::IdTaken => {
            Error::unexpected(format!("the client ID {} is taken", client.id.as_str()))
        }
    }
}

/// A client's modules, as stored.
pub(super) type StoredModules = BTreeMap<String, crate::client::ModuleGrant>;
