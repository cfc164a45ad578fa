//! Seeing an application's administrators.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::domain::administrator::{Administrator, AdministratorState};
use crate::error::{Error, Result};
use crate::ids::AdministratorId;
use crate::store::administrator::{Loaded, StoredAdministrator, StoredAuthenticator};
use crate::store::dynamodb::{SortRange, from_item, key_of};
use crate::store::key::Key;
use crate::store::{Scope, Table};

/// An administrator as others see them.
#[derive(Debug)]
pub struct Seen {
    /// The administrator.
    pub administrator: Administrator,
    /// The state.
    pub state: AdministratorState,
    /// Until when the open invitation or reset link can be used.
    pub invited_until: Option<Timestamp>,
    /// Their version.
    pub version: u64,
}

impl Seen {
    pub(super) fn of(
        administrator: Administrator,
        locked_until: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let open = administrator.invitation.as_ref().map(|open| open.until);
        Self {
            state: administrator.state(locked_until, now),
            invited_until: open.filter(|until| now < *until),
            version: administrator.version,
            administrator,
        }
    }
}

/// Sees the administrators of one application.
#[derive(Debug)]
pub struct AdministratorReader {
    scope: Scope,
}

impl From<Scope> for AdministratorReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl AdministratorReader {
    /// Returns an administrator.
    pub async fn get(&self, id: &AdministratorId) -> Result<Seen> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let loaded = store.administrator(application, id).await?;
        let Loaded {
            administrator,
            authenticator,
            ..
        } = loaded.ok_or(Error::NotFound)?;
        Ok(Seen::of(
            administrator,
            authenticator.locked_until,
            store.clock.now(),
        ))
    }

    /// Returns all of them, read consistently, in the order of their addresses. They are people who
    /// know one another: few enough for one answer.
    pub async fn list(&self) -> Result<Vec<Seen>> {
        let Scope {
            store, application, ..
        } = &self.scope;
        let (first, last) = Key::ADMINISTRATORS;
        let partition = Key::application_partition(application);
        let range = SortRange::Between(first, last);
        let items = store.query(Table::Administrators, partition, range).await?;
        let mut administrators = Vec::new();
        let mut locks = HashMap::new();
        for item in items {
            let is_record = key_of(&item).is_some_and(|key| key.sort.starts_with(first));
            if is_record {
                administrators.push(Administrator::from(from_item::<StoredAdministrator>(item)?));
            } else {
                let authenticator: StoredAuthenticator = from_item(item)?;
                locks.insert(authenticator.id().clone(), authenticator.locked_until);
            }
        }
        administrators.sort_by_key(|administrator| administrator.email.folded());
        let now = store.clock.now();
        let seen = administrators.into_iter().map(|administrator| {
            let locked_until = locks.get(&administrator.id).copied().flatten();
            Seen::of(administrator, locked_until, now)
        });
        Ok(seen.collect())
    }
}
