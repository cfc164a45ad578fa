//! Writes of a change of a client.

use serde::Serialize;

use crate::domain::administrator::Privilege;
use crate::domain::application::Application;
use crate::domain::audit::Actor;
use crate::domain::client::{Client, ModuleGrants};
use crate::error::{Error, Result};
use crate::store::client::record::{StoredClient, StoredCredential, StoredName, StoredRemains};
use crate::store::dynamodb::Found;
use crate::store::key::Key;
use crate::store::outcome::OnConflict;
use crate::store::table::REQUEST;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// Checks a change of a client's modules (administration contract, section 2).
///
/// Only people who hold `manage_modules` may change them. Only existing modules may be granted, also at
/// the time of the write.
pub(super) fn check_modules(
    owner: &Application,
    actor: &Actor,
    before: &ModuleGrants,
    after: &ModuleGrants,
) -> Result<()> {
    if before == after {
        return Ok(());
    }
    let may = match actor {
        Actor::Administrator { privileges, .. } => privileges.contains(Privilege::ManageModules),
        Actor::System | Actor::Provisioning => true,
        Actor::Client { .. } | Actor::Nobody => false,
    };
    if !may {
        return Err(Error::NotPermitted);
    }
    let unknown = |module: &&String| !owner.modules.contains_key(module.as_str());
    match after.keys().find(unknown) {
        None => Ok(()),
        Some(module) => Err(Error::invalid(
            "modules",
            format!(
                "there is no module {}; PUT /admin/modules says which there are",
                crate::error::quoted(module)
            ),
        )),
    }
}

impl Transaction<'_> {
    /// Adds all items of a new client.
    pub(super) fn create_client(
        self,
        scope: &Scope,
        owner: &Application,
        client: &Client,
        request: Option<&str>,
    ) -> Result<Self> {
        self.create(
            Table::Clients,
            Key::credential(&client.id),
            &StoredCredential::new(owner, client),
            OnConflict::IdTaken,
        )?
        .create(
            Table::Clients,
            Key::client(&owner.id, &client.id),
            &StoredClient::from(client),
            OnConflict::IdTaken,
        )?
        .claim_name(scope, owner, client, request)
    }

    /// Writes `after` in the place of `before`.
    pub(super) fn replace_client(
        self,
        scope: &Scope,
        owner: &Application,
        before: &Client,
        after: &Client,
        request: Option<&str>,
    ) -> Result<Self> {
        let change = self
            .replace(
                Table::Clients,
                Key::client(&owner.id, &after.id),
                &StoredClient::from(after),
                before.version,
            )?
            .overwrite(
                Table::Clients,
                Key::credential(&after.id),
                &StoredCredential::new(owner, after),
            )?;
        let (old, new) = (
            Key::name(&owner.id, &before.profile.description),
            Key::name(&owner.id, &after.profile.description),
        );
        // Another case of the same text is the same item, and no item may stand in a transaction twice.
        if old == new {
            return Ok(change);
        }
        change
            .delete(Table::Clients, old)?
            .claim_name(scope, owner, after, request)
    }

    fn claim_name(
        self,
        scope: &Scope,
        owner: &Application,
        client: &Client,
        request: Option<&str>,
    ) -> Result<Self> {
        self.claim(
            Table::Clients,
            Key::name(&owner.id, &client.profile.description),
            &StoredName::of(client),
            scope.store.clock.now(),
            request.map(|request| (REQUEST, request)),
            OnConflict::NameTaken,
        )
    }

    /// Ends a client, its settings and its published files for everyone. What is left of them is
    /// cleared away later.
    pub(super) fn delete_client(
        self,
        scope: &Scope,
        client: &Client,
        found: &mut Found,
    ) -> Result<Self> {
        let application = &scope.application;
        self.delete_version(
            Table::Clients,
            Key::client(application, &client.id),
            client.version,
        )?
        .delete(Table::Clients, Key::credential(&client.id))?
        .delete(
            Table::Clients,
            Key::name(application, &client.profile.description),
        )?
        .delete(
            Table::Settings,
            Key::client_settings(application, &client.id),
        )?
        .withdraw_published(scope, &client.id, found)?
        .overwrite(
            Table::Clients,
            Key::remains(application, &client.id),
            &StoredRemains::of(&client.id),
        )
    }

    /// Keeps a name for a change that waits.
    pub(super) fn hold_name<T: Serialize>(
        self,
        (table, key): (Table, Key),
        held: &T,
        scope: &Scope,
    ) -> Result<Self> {
        let on_conflict = match table {
            Table::Administrators => OnConflict::EmailTaken,
            Table::Clients
            | Table::Settings
            | Table::Published
            | Table::ChangeRequests
            | Table::Attempts
            | Table::Tokens
            | Table::Audit => OnConflict::NameTaken,
        };
        self.claim(table, key, held, scope.store.clock.now(), None, on_conflict)
    }
}
