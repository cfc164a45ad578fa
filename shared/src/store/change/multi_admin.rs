//! The policy of multi admin: an administrator switches it on with a code; off takes two.

use crate::domain::application::Application;
use crate::domain::audit::{Object, multi_admin_changes};
use crate::error::{Error, Result};
use crate::store::administrator::FreshCode;
use crate::store::application::StoredApplication;
use crate::store::change::Change;
use crate::store::key::Key;
use crate::store::outcome::OnConflict;
use crate::store::retry::{Attempt, until_done};
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

impl Transaction<'_> {
    /// Writes the application as it was read, in a new version.
    pub(super) fn bump_version(self, owner: &Application) -> Result<Self> {
        self.switch_multi_admin(owner, owner.multi_admin)
    }

    /// Writes the application with another policy, in the place of the version that was read.
    pub(super) fn switch_multi_admin(self, owner: &Application, multi_admin: bool) -> Result<Self> {
        let after = Application {
            multi_admin,
            version: owner.version + 1,
            ..owner.clone()
        };
        self.replace(
            Table::Clients,
            Key::application(&owner.id),
            &StoredApplication::from(&after),
            owner.version,
        )
    }
}

/// Multi admin, and how many could decide.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Is it on?
    pub enabled: bool,
    /// Administrators who can sign in and hold `manage_users`.
    pub eligible: usize,
    /// The version of the application.
    pub version: u64,
}

impl Scope {
    async fn policy(&self) -> Result<(Application, Policy)> {
        let (owner, eligible, _) = self.store.application_and_roster(&self.application).await?;
        let policy = Policy {
            enabled: owner.multi_admin,
            eligible,
            version: owner.version,
        };
        Ok((owner, policy))
    }
}

/// Sees whether multi admin is on.
#[derive(Debug)]
pub struct PolicyReader {
    scope: Scope,
}

impl From<Scope> for PolicyReader {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl PolicyReader {
    /// Returns whether multi admin is on.
    pub async fn get(&self) -> Result<Policy> {
        Ok(self.scope.policy().await?.1)
    }
}

/// Switches multi admin on and off.
#[derive(Debug)]
pub struct PolicyEditor {
    scope: Scope,
}

impl From<Scope> for PolicyEditor {
    fn from(scope: Scope) -> Self {
        Self { scope }
    }
}

impl PolicyEditor {
    /// Switches multi admin. On takes two who can decide, and is done at once; off waits for a second
    /// administrator.
    pub async fn switch(&self, enabled: bool, _: FreshCode) -> Result<Policy> {
        let store = &self.scope.store;
        until_done(&store.random, || async {
            let (owner, eligible, roster) = store
                .application_and_roster(&self.scope.application)
                .await?;
            self.scope.if_match.check(owner.version)?;
            let policy = Policy {
                enabled,
                eligible,
                version: owner.version,
            };
            let outcome = match (owner.multi_admin, enabled) {
                (true, false) => self.scope.apply_or_hold(&owner, Change::SwitchOff, Ok).await?,
                // Alone, nobody could approve anything any more, not even switching it off.
                (false, true) if eligible < 2 => {
                    return Err(Error::conflict(
                        "too-few-administrators",
                        format!(
                            "it takes two administrators who can sign in and hold manage_users; there are {eligible}"
                        ),
                    ));
                }
                (false, true) => {
                    let now = store.clock.now();
                    Transaction::on(store)
                        .switch_multi_admin(&owner, true)?
                        .require_version(
                            Table::Administrators,
                            Key::roster(&owner.id),
                            roster,
                            OnConflict::Retry,
                        )?
                        .audit(
                            &self.scope,
                            &Object::application(&owner),
                            &multi_admin_changes(false, true),
                            now,
                        )?
                        .commit()
                        .await?
                }
                (true, true) | (false, false) => return Ok(Attempt::Done(policy)),
            };
            outcome.settle(&self.scope, Policy {
                        version: owner.version + 1,
                        ..policy
                    })
        })
        .await
    }
}
