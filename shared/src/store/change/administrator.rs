//! Writes of a change of an administrator, and its guard rails.

use crate::domain::administrator::Administrator;
use crate::domain::application::Application;
use crate::error::{Error, Result};
use crate::ids::ApplicationId;
use crate::store::administrator::{
    Authenticator, Loaded, StoredAdministrator, StoredAuthenticator, StoredLogin, StoredStanding,
};
use crate::store::key::Key;
use crate::store::outcome::OnConflict;
use crate::store::table::REQUEST;
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// Checks that a manager remains when `after` replaces the loaded administrator.
pub(super) fn check_change(
    owner: &Application,
    loaded: &Loaded,
    after: &Administrator,
) -> Result<()> {
    if after.is_eligible() {
        return Ok(());
    }
    check_leaving(owner, loaded, "demoted")
}

/// Checks that a manager remains when this one is deleted.
pub(super) fn check_deletion(owner: &Application, loaded: &Loaded) -> Result<()> {
    check_leaving(owner, loaded, "deleted")
}

fn check_leaving(owner: &Application, loaded: &Loaded, done: &str) -> Result<()> {
    // Under multi admin two must remain: one alone could approve nothing, not even another invitation.
    let least = if owner.multi_admin { 2 } else { 1 };
    match loaded.left_without() {
        Some(left) if left < least => Err(last_one(least, done)),
        _ => Ok(()),
    }
}

/// Returns the error for a change that would leave too few.
pub(in crate::store) fn last_one(least: usize, done: &str) -> Error {
    let who = if least == 1 {
        "the only administrator who can sign in and holds manage_users"
    } else {
        "one of the only two administrators who can sign in and hold manage_users, while multi admin is on,"
    };
    Error::conflict(
        "last-administrator",
        format!("{who} cannot be {done}; let another one in first"),
    )
}

impl Transaction<'_> {
    /// Adds all items of a new administrator.
    pub(super) fn create_administrator(
        self,
        scope: &Scope,
        administrator: &Administrator,
        authenticator: &Authenticator,
        request: Option<&str>,
    ) -> Result<Self> {
        let (table, id, application) =
            (Table::Administrators, &administrator.id, &scope.application);
        self.create(
            table,
            Key::administrator(application, id),
            &StoredAdministrator::from(administrator),
            OnConflict::Retry,
        )?
        .create(
            table,
            Key::authenticator(application, id),
            &StoredAuthenticator::of(id, authenticator),
            OnConflict::Retry,
        )?
        .create(
            table,
            Key::standing(id),
            &StoredStanding::of(application, administrator),
            OnConflict::Retry,
        )?
        .claim(
            table,
            Key::login(&administrator.email, application),
            &StoredLogin::of(application, administrator),
            scope.store.clock.now(),
            request.map(|request| (REQUEST, request)),
            OnConflict::EmailTaken,
        )
    }

    /// Adds the new record of an administrator, and the items that follow from it.
    pub(in crate::store) fn replace_administrator(
        self,
        application: &ApplicationId,
        loaded: &Loaded,
        after: &Administrator,
    ) -> Result<Self> {
        let before = &loaded.administrator;
        self.replace(
            Table::Administrators,
            Key::administrator(application, &after.id),
            &StoredAdministrator::from(after),
            before.version,
        )?
        .replace(
            Table::Administrators,
            Key::standing(&after.id),
            &StoredStanding::of(application, after),
            before.authority,
        )?
        .keep_roster(application, &loaded.roster, &after.id, after.is_eligible())
    }

    /// Ends an administrator: sessions and links are dead at once, the address is free.
    pub(super) fn delete_administrator(
        self,
        application: &ApplicationId,
        loaded: &Loaded,
    ) -> Result<Self> {
        let (table, administrator) = (Table::Administrators, &loaded.administrator);
        let id = &administrator.id;
        let deletion = self
            .delete_version(
                table,
                Key::administrator(application, id),
                administrator.version,
            )?
            .delete(table, Key::authenticator(application, id))?
            .delete_version(table, Key::standing(id), administrator.authority)?
            .delete(table, Key::login(&administrator.email, application))?
            .keep_roster(application, &loaded.roster, id, false)?;
        match &administrator.invitation {
            Some(open) => deletion.delete(table, Key::invitation(&open.digest)),
            None => Ok(deletion),
        }
    }
}
