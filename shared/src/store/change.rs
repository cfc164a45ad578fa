//! Changes of clients and administrators: the only place where they are written.
//!
//! # Why it is as it is
//!
//! Under multi admin no such change may happen on the word of one person. A question that each
//! operation asks is one that some operation forgets. So the question is asked here, once (decision
//! 0020). Everything that writes a client or an administrator is private to this module. A change
//! that goes past it does not compile.
//!
//! A `Change` is a value: the object as it was read, and as it is to be. `apply_or_hold` takes it, checks it,
//! and either writes it or writes a change request. The application that was read with the object
//! decides which. The transaction demands that the application is still in that version. So nobody
//! can switch multi admin in between.
//!
//! A change request keeps the proposed values and the version of the object. At the decision the
//! change is made again, from these values and the object as it is then. The same code writes it. So
//! an approved change cannot differ from a direct one, and a stale one fails.
//!
//! A waiting request holds the lock of its object, and its names. Both end with the request's time,
//! by a condition on the clock. No sweeper is needed, and none can be late.
//!
//! # Reading order
//!
//! This file, then `proposal` (the values that wait), `request` (asking), `review` (the reviewer's
//! view), `decide` (deciding), `policy` (the switch itself). `client` and `administrator` write.

mod administrator;
mod client;
mod decide;
mod multi_admin;
mod proposal;
mod read;
mod request;
mod review;

pub(super) use administrator::last_one;
pub use decide::{Approved, Reviewer};
pub use multi_admin::{Policy, PolicyEditor, PolicyReader};
pub use read::RequestReader;

use crate::domain::administrator::Administrator;
use crate::domain::application::Application;
use crate::domain::audit::{
    Actor, Changes, Object, administrator_changes, changes, multi_admin_changes,
};
use crate::domain::client::{Client, ModuleGrants};
use crate::error::Result;
use crate::secrets::client_secret::GraceHours;
use crate::secrets::invitation_token::InvitationToken;
use crate::store::administrator::{Authenticator, Loaded};
use crate::store::dynamodb::Found;
use crate::store::key::Key;
use crate::store::outcome::{OnConflict, Outcome};
use crate::store::transaction::Transaction;
use crate::store::{Scope, Table};

/// A change of something that multi admin covers.
pub(in crate::store) enum Change {
    CreateClient {
        client: Client,
    },
    EditClient {
        before: Client,
        after: Client,
    },
    ReplaceSecret {
        before: Client,
        after: Client,
        hours: GraceHours,
    },
    /// The secret before the present one ends now.
    RetireSecret {
        before: Client,
        after: Client,
    },
    DeleteClient {
        client: Client,
        /// The published versions that were read with it.
        found: Found,
    },
    InviteAdministrator {
        administrator: Administrator,
        authenticator: Authenticator,
        token: InvitationToken,
    },
    EditAdministrator {
        loaded: Loaded,
        after: Administrator,
    },
    DeleteAdministrator {
        loaded: Loaded,
    },
    /// Multi admin itself is switched off.
    SwitchOff,
}

impl Scope {
    /// Applies a change with its audit event, or holds it back as a change request
    /// ([`Error::HeldBack`]).
    ///
    /// Multi admin decides which. `beside` adds the items of the caller's answer.
    pub(in crate::store) async fn apply_or_hold<'a>(
        &'a self,
        owner: &Application,
        mut change: Change,
        beside: impl FnOnce(Transaction<'a>) -> Result<Transaction<'a>> + Send,
    ) -> Result<Outcome> {
        change.check(owner, &self.origin.actor)?;
        if owner.multi_admin {
            return self.request_change(owner, &change).await;
        }
        let begun = Transaction::on(&self.store).require_unchanged_policy(owner, &change)?;
        let written = change.write(begun, self, owner, None)?;
        let (object, differences) = (change.object(owner), change.differences());
        beside(written)?
            .audit(self, &object, &differences, self.store.clock.now())?
            .commit()
            .await
    }
}

impl Transaction<'_> {
    /// Fails the transaction if the application changed since it was read, its policy above all.
    fn require_unchanged_policy(self, owner: &Application, change: &Change) -> Result<Self> {
        match change {
            // It writes the application itself.
            Change::SwitchOff => Ok(self),
            // A new version: a grant and a removal at the same time must not miss each other. A
            // condition on the version alone would not stop a removal that has looked at the clients
            // before.
            Change::CreateClient { .. } | Change::EditClient { .. } if change.grants_modules() => {
                self.bump_version(owner)
            }
            Change::CreateClient { .. }
            | Change::EditClient { .. }
            | Change::ReplaceSecret { .. }
            | Change::RetireSecret { .. }
            | Change::DeleteClient { .. }
            | Change::InviteAdministrator { .. }
            | Change::EditAdministrator { .. }
            | Change::DeleteAdministrator { .. } => self.require_unchanged_application(owner),
        }
    }

    /// Fails the transaction if the application changed since it was read.
    fn require_unchanged_application(self, owner: &Application) -> Result<Self> {
        let key = Key::application(&owner.id);
        self.require_version(Table::Clients, key, owner.version, OnConflict::Retry)
    }

    /// Adds a change of an import. Multi admin does not apply, because an importer may do anything.
    pub(in crate::store) fn import_change(
        self,
        scope: &Scope,
        owner: &Application,
        mut change: Change,
    ) -> Result<Self> {
        change.check(owner, &scope.origin.actor)?;
        let (object, differences) = (change.object(owner), change.differences());
        change.write(self, scope, owner, None)?.audit(
            scope,
            &object,
            &differences,
            scope.store.clock.now(),
        )
    }
}

impl Change {
    /// Validates: the modules exist, the actor may grant them, and a manager remains.
    fn check(&self, owner: &Application, actor: &Actor) -> Result<()> {
        match self {
            Self::CreateClient { client } => {
                client::check_modules(owner, actor, &ModuleGrants::new(), &client.profile.modules)
            }
            Self::EditClient { before, after } => client::check_modules(
                owner,
                actor,
                &before.profile.modules,
                &after.profile.modules,
            ),
            Self::EditAdministrator { loaded, after } => {
                administrator::check_change(owner, loaded, after)
            }
            Self::DeleteAdministrator { loaded } => administrator::check_deletion(owner, loaded),
            Self::ReplaceSecret { .. }
            | Self::RetireSecret { .. }
            | Self::DeleteClient { .. }
            | Self::InviteAdministrator { .. }
            | Self::SwitchOff => Ok(()),
        }
    }

    /// Adds all that it consists of. What it holds back for itself while it waits, names above all,
    /// `request` may claim.
    fn write<'a>(
        &mut self,
        transaction: Transaction<'a>,
        scope: &Scope,
        owner: &Application,
        request: Option<&str>,
    ) -> Result<Transaction<'a>> {
        match self {
            Self::CreateClient { client } => {
                transaction.create_client(scope, owner, client, request)
            }
            Self::EditClient { before, after }
            | Self::ReplaceSecret { before, after, .. }
            | Self::RetireSecret { before, after } => {
                transaction.replace_client(scope, owner, before, after, request)
            }
            Self::DeleteClient { client, found } => transaction.delete_client(scope, client, found),
            Self::InviteAdministrator {
                administrator,
                authenticator,
                token,
            } => {
                let created = transaction.create_administrator(
                    scope,
                    administrator,
                    authenticator,
                    request,
                )?;
                match administrator.invitation {
                    Some(_) => created.create_invitation(scope, administrator, token),
                    None => Ok(created),
                }
            }
            Self::EditAdministrator { loaded, after } => {
                transaction.replace_administrator(&scope.application, loaded, after)
            }
            Self::DeleteAdministrator { loaded } => {
                transaction.delete_administrator(&scope.application, loaded)
            }
            Self::SwitchOff => transaction.switch_multi_admin(owner, false),
        }
    }

    /// Returns the object of the change.
    fn object(&self, owner: &Application) -> Object {
        match self {
            Self::CreateClient { client } | Self::DeleteClient { client, .. } => {
                Object::client(client)
            }
            Self::EditClient { before, .. }
            | Self::ReplaceSecret { before, .. }
            | Self::RetireSecret { before, .. } => Object::client(before),
            Self::InviteAdministrator { administrator, .. } => Object::administrator(administrator),
            Self::EditAdministrator { loaded, .. } | Self::DeleteAdministrator { loaded } => {
                Object::administrator(&loaded.administrator)
            }
            Self::SwitchOff => Object::application(owner),
        }
    }

    /// Returns the version of the object that it starts from; 0 for a new one.
    fn version(&self) -> u64 {
        match self {
            // What matters of the application is whether it is still on.
            Self::CreateClient { .. } | Self::InviteAdministrator { .. } | Self::SwitchOff => 0,
            Self::EditClient { before, .. }
            | Self::ReplaceSecret { before, .. }
            | Self::RetireSecret { before, .. } => before.version,
            Self::DeleteClient { client, .. } => client.version,
            Self::EditAdministrator { loaded, .. } | Self::DeleteAdministrator { loaded } => {
                loaded.administrator.version
            }
        }
    }

    /// Returns the fields that differ, for the audit.
    fn differences(&self) -> Changes {
        match self {
            Self::CreateClient { client } => changes(None, Some(client)),
            Self::EditClient { before, after }
            | Self::ReplaceSecret { before, after, .. }
            | Self::RetireSecret { before, after } => changes(Some(before), Some(after)),
            Self::DeleteClient { client, .. } => changes(Some(client), None),
            Self::InviteAdministrator { administrator, .. } => {
                administrator_changes(None, Some(administrator))
            }
            Self::EditAdministrator { loaded, after } => {
                administrator_changes(Some(&loaded.administrator), Some(after))
            }
            Self::DeleteAdministrator { loaded } => {
                administrator_changes(Some(&loaded.administrator), None)
            }
            Self::SwitchOff => multi_admin_changes(true, false),
        }
    }

    /// Names that it keeps for itself while it waits.
    fn holds(&self, owner: &Application) -> Option<(Table, Key)> {
        match self {
            Self::CreateClient { client } => Some((
                Table::Clients,
                Key::name(&owner.id, &client.profile.description),
            )),
            Self::EditClient { before, after } => {
                let key = Key::name(&owner.id, &after.profile.description);
                (key != Key::name(&owner.id, &before.profile.description))
                    .then_some((Table::Clients, key))
            }
            Self::InviteAdministrator { administrator, .. } => Some((
                Table::Administrators,
                Key::login(&administrator.email, &owner.id),
            )),
            Self::ReplaceSecret { .. }
            | Self::RetireSecret { .. }
            | Self::DeleteClient { .. }
            | Self::EditAdministrator { .. }
            | Self::DeleteAdministrator { .. }
            | Self::SwitchOff => None,
        }
    }
}
