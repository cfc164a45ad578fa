//! Administrators in the store: who they are, how they sign in, and how they are managed.

mod door;
mod edit;
mod prompt;
mod read;
mod record;
mod session;

pub use door::{Enrolment, FrontDoor, SecondFactor, SignIn, SignedInSession};
pub use edit::{AdministratorEditor, Reset};
pub use prompt::FreshCode;
pub use read::{AdministratorReader, Seen};
pub use session::OwnSession;

use super::application::StoredApplication;
use super::key::Key;
use super::transaction::Transaction;
use super::{Store, Table};
use crate::sealing::Sealer;
use crate::{Administrator, AdministratorId, Application, ApplicationId, Result};
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
    roster: Roster,
}

/// Who looks after the application.
#[derive(Debug, Default)]
pub(super) struct Roster(std::collections::BTreeSet<AdministratorId>, u64);

impl From<StoredRoster> for Roster {
    fn from(stored: StoredRoster) -> Self {
        Self(stored.eligible, stored.version)
    }
}

impl Store {
    /// An administrator of `application`, if there is one.
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

    /// The sealer of an application that was read.
    pub(super) async fn sealer_of(&self, application: &Application) -> Result<Sealer> {
        self.keys
            .sealer(&application.id, &application.data_key)
            .await
    }
}

impl Roster {
    /// Would there be nobody left without this one?
    fn needs(&self, id: &AdministratorId) -> bool {
        self.0.contains(id) && self.0.len() == 1
    }
}

impl Transaction<'_> {
    /// Keeps the roster true: is this one eligible from now on?
    fn keep_roster(
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

    /// All that a new administrator consists of, but for their event.
    pub(super) fn create_administrator(
        self,
        application: &ApplicationId,
        administrator: &Administrator,
        authenticator: &Authenticator,
    ) -> Result<Self> {
        use super::transaction::Otherwise;
        let (table, id) = (Table::Administrators, &administrator.id);
        self.create(
            table,
            Key::administrator(application, id),
            &StoredAdministrator::from(administrator),
            Otherwise::Retry,
        )?
        .create(
            table,
            Key::authenticator(application, id),
            &StoredAuthenticator::of(id, authenticator),
            Otherwise::Retry,
        )?
        .create(
            table,
            Key::standing(id),
            &StoredStanding::of(application, administrator),
            Otherwise::Retry,
        )?
        .create(
            table,
            Key::login(&administrator.email, application),
            &StoredLogin::of(application, administrator),
            Otherwise::EmailTaken,
        )
    }
}
