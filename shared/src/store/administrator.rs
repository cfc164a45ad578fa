//! Administrators in the store: who they are, how they sign in, and how they are managed.

mod edit;
mod enrolment;
mod read;
mod record;
mod session;
mod sign_in;
mod spend_code;

pub use edit::{AdministratorEditor, Reset};
pub use enrolment::Enrolment;
pub use read::{AdministratorReader, Seen};
pub use session::OwnSession;
pub use sign_in::{FrontDoor, SecondFactor, SignIn, SignedInSession};
pub use spend_code::FreshCode;

use crate::domain::administrator::Administrator;
use crate::domain::application::Application;
use crate::error::{Error, Result};
use crate::ids::{AdministratorId, ApplicationId};
use crate::secrets::sealing::Sealer;
use crate::store::application::StoredApplication;
use crate::store::key::Key;
use crate::store::transaction::Transaction;
use crate::store::{Store, Table};
pub(super) use record::{
    Authenticator, StoredAdministrator, StoredAuthenticator, StoredLogin, StoredRoster,
    StoredStanding,
};

/// An administrator with all that a change of them needs, read consistently in one round trip.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) application: Application,
    pub(super) administrator: Administrator,
    pub(super) authenticator: Authenticator,
    pub(super) roster: Roster,
}

impl Loaded {
    /// Returns the number of managers without this one; `None` if they are not one.
    pub(super) fn left_without(&self) -> Option<usize> {
        let Roster(eligible, _) = &self.roster;
        eligible
            .contains(&self.administrator.id)
            .then(|| eligible.len() - 1)
    }
}

/// The roster: the administrators who look after the application.
#[derive(Debug, Default)]
pub(super) struct Roster(std::collections::BTreeSet<AdministratorId>, u64);

impl From<StoredRoster> for Roster {
    fn from(stored: StoredRoster) -> Self {
        Self(stored.eligible, stored.version)
    }
}

impl Store {
    /// Returns an administrator of `application`, if there is one.
    pub(super) async fn administrator(
        &self,
        application: &ApplicationId,
        id: &AdministratorId,
    ) -> Result<Option<Loaded>> {
        let keys = [
            (Table::Clients, Key::application(application)),
            (Table::Administrators, Key::administrator(application, id)),
            (Table::Administrators, Key::authenticator(application, id)),
            (Table::Administrators, Key::roster(application)),
        ];
        let mut found = self.get_all(&keys).await?;
        let [
            (_, of_application),
            (_, of_record),
            (_, of_authenticator),
            (_, of_roster),
        ] = &keys;
        let stored: Option<StoredApplication> = found.take(Table::Clients, of_application)?;
        let record: Option<StoredAdministrator> = found.take(Table::Administrators, of_record)?;
        let authenticator: Option<StoredAuthenticator> =
            found.take(Table::Administrators, of_authenticator)?;
        let roster: Option<StoredRoster> = found.take(Table::Administrators, of_roster)?;
        let (Some(application), Some(record), Some(authenticator)) =
            (stored, record, authenticator)
        else {
            return Ok(None);
        };
        Ok(Some(Loaded {
            application: application.into(),
            administrator: record.into(),
            authenticator: authenticator.try_into()?,
            roster: roster.map(Roster::from).unwrap_or_default(),
        }))
    }

    /// Returns an application, how many look after it, and the version of their roster.
    pub(super) async fn application_and_roster(
        &self,
        id: &ApplicationId,
    ) -> Result<(Application, usize, u64)> {
        let (of_application, of_roster) = (Key::application(id), Key::roster(id));
        let keys = [
            (Table::Clients, of_application.clone()),
            (Table::Administrators, of_roster.clone()),
        ];
        let mut found = self.get_all(&keys).await?;
        let stored: Option<StoredApplication> = found.take(Table::Clients, &of_application)?;
        let roster: Option<StoredRoster> = found.take(Table::Administrators, &of_roster)?;
        let Roster(eligible, version) = roster.map(Roster::from).unwrap_or_default();
        let stored =
            stored.ok_or_else(|| Error::unexpected("a caller's application is not there"))?;
        Ok((stored.into(), eligible.len(), version))
    }

    /// Returns the sealer of an application that was read.
    pub(super) async fn sealer_of(&self, application: &Application) -> Result<Sealer> {
        self.keys
            .sealer(&application.id, &application.data_key)
            .await
    }
}

impl Transaction<'_> {
    /// Keeps the roster true: is this one eligible from now on?
    pub(super) fn keep_roster(
        self,
        application: &ApplicationId,
        roster: &Roster,
        id: &AdministratorId,
        is_eligible: bool,
    ) -> Result<Self> {
        if roster.0.contains(id) == is_eligible {
            return Ok(self);
        }
        let mut eligible = roster.0.clone();
        if is_eligible {
            eligible.insert(id.clone());
        } else {
            eligible.remove(id);
        }
        let stored = StoredRoster {
            eligible,
            version: roster.1 + 1,
        };
        let key = Key::roster(application);
        self.succeed(Table::Administrators, key, &stored, roster.1)
    }

    /// Adds somebody to the roster as it stands now.
    pub(super) async fn join_roster(
        self,
        store: &Store,
        application: &ApplicationId,
        id: &AdministratorId,
    ) -> Result<Self> {
        let key = Key::roster(application);
        let stored: Option<StoredRoster> = store.get(Table::Administrators, &key).await?;
        let roster = stored.map(Roster::from).unwrap_or_default();
        self.keep_roster(application, &roster, id, true)
    }
}
