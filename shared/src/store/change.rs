//! Changes that one person decides, or two: the only place where clients and administrators are
//! written. Whether a change takes effect or becomes a change request is decided here, by the
//! application's policy as it was read with what is changed; what writes is private to this module,
//! so that a change that goes past the decision does not compile.

mod administrator;
mod client;
mod decide;
mod policy;
mod request;

pub(super) use administrator::last_one;
pub use decide::{Approved, Reviewer};
pub use policy::{Policy, PolicyEditor, PolicyReader};
pub use request::RequestReader;

use serde::{Deserialize, Serialize};

use super::administrator::{Authenticator, Loaded};
use super::dynamodb::Found;
use super::key::Key;
use super::transaction::{Otherwise, Outcome, Transaction};
use super::{Scope, Table};
use crate::audit::{Actor, Changes, Object, administrator_changes, changes};
use crate::change_request::ProposedChange;
use crate::client::ModuleGrants;
use crate::token::InvitationToken;
use crate::{
    Administrator, AllowList, Application, Client, ClientId, Description, Email, Error, Feature,
    Features, GraceHours, PersonName, Privileges, Result,
};

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
    DeleteClient {
        client: Client,
        /// What was read with it: which of its published versions count.
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

/// A change as it waits for approval: exactly the values that are proposed, and nothing secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Proposal {
    CreateClient {
        client_id: ClientId,
        values: ClientValues,
    },
    EditClient {
        values: ClientValues,
    },
    ReplaceSecret {
        hours: GraceHours,
    },
    DeleteClient,
    InviteAdministrator {
        email: Email,
        name: PersonName,
        privileges: Privileges,
    },
    EditAdministrator {
        name: PersonName,
        privileges: Privileges,
    },
    DeleteAdministrator,
    SwitchOff,
}

/// What of a client is proposed.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ClientValues {
    description: Description,
    enabled: bool,
    features: Features,
    allow_list: AllowList,
    modules: ModuleGrants,
}

impl ClientValues {
    fn of(client: &Client) -> Self {
        Self {
            description: client.description.clone(),
            enabled: client.enabled,
            features: client.features.clone(),
            allow_list: client.allow_list.clone(),
            modules: client.modules.clone(),
        }
    }

    fn put_into(self, client: &mut Client) {
        client.description = self.description;
        client.enabled = self.enabled;
        client.features = self.features;
        client.allow_list = self.allow_list;
        client.modules = self.modules;
    }
}

impl Scope {
    /// Makes a change take effect, with its audit event, or holds it back as a change request where
    /// one person's word is not enough ([`Error::HeldBack`]). `beside` adds what belongs to the
    /// caller's answer.
    pub(in crate::store) async fn enact<'a>(
        &'a self,
        owner: &Application,
        mut change: Change,
        beside: impl FnOnce(Transaction<'a>) -> Result<Transaction<'a>> + Send,
    ) -> Result<Outcome> {
        change.check(owner, &self.origin.actor)?;
        if owner.multi_admin {
            return self.ask(owner, &change).await;
        }
        let begun = Transaction::on(&self.store).under(owner, &change)?;
        let written = change.write(begun, self, owner, None)?;
        let (object, differences) = (change.object(owner), change.differences());
        beside(written)?
            .audit(self, &object, &differences, self.store.clock.now())?
            .commit()
            .await
    }
}

impl Transaction<'_> {
    /// Demands that the application is as it was read, its policy above all, when `change` happens.
    fn under(self, owner: &Application, change: &Change) -> Result<Self> {
        match change {
            // It writes the application itself.
            Change::SwitchOff => Ok(self),
            // A new version, so that of a grant and a removal at the same time one reads what the
            // other has written: to see that the version is the same would not stop a removal that
            // has looked at the clients before.
            _ if change.grants_modules() => self.touch(owner),
            _ => self.unchanged(owner),
        }
    }

    /// Demands that the application is as it was read.
    fn unchanged(self, owner: &Application) -> Result<Self> {
        let key = Key::application(&owner.id);
        self.require_version(Table::Clients, key, owner.version, Otherwise::Retry)
    }

    /// What an import writes: no policy speaks of it, because whoever may import may do anything.
    pub(in crate::store) fn import(
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
    /// Is it one that may be asked for: do its modules exist, may the asker grant them, and does
    /// somebody look after the application afterwards?
    fn check(&self, owner: &Application, actor: &Actor) -> Result<()> {
        match self {
            Self::CreateClient { client } => {
                client::check_modules(owner, actor, &ModuleGrants::new(), &client.modules)
            }
            Self::EditClient { before, after } => {
                client::check_modules(owner, actor, &before.modules, &after.modules)
            }
            Self::EditAdministrator { loaded, after } => {
                administrator::check_change(owner, loaded, after)
            }
            Self::DeleteAdministrator { loaded } => administrator::check_deletion(owner, loaded),
            Self::ReplaceSecret { .. }
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
            Self::EditClient { before, after } | Self::ReplaceSecret { before, after, .. } => {
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
            Self::SwitchOff => transaction.switch(owner, false),
        }
    }

    /// What it is about.
    fn object(&self, owner: &Application) -> Object {
        match self {
            Self::CreateClient { client } | Self::DeleteClient { client, .. } => {
                Object::client(client)
            }
            Self::EditClient { before, .. } | Self::ReplaceSecret { before, .. } => {
                Object::client(before)
            }
            Self::InviteAdministrator { administrator, .. } => Object::administrator(administrator),
            Self::EditAdministrator { loaded, .. } | Self::DeleteAdministrator { loaded } => {
                Object::administrator(&loaded.administrator)
            }
            Self::SwitchOff => Object::application(owner),
        }
    }

    /// Which version of its object it starts from; 0 of one that is not there yet.
    fn version(&self) -> u64 {
        match self {
            // What matters of the application is whether it is still on.
            Self::CreateClient { .. } | Self::InviteAdministrator { .. } | Self::SwitchOff => 0,
            Self::EditClient { before, .. } | Self::ReplaceSecret { before, .. } => before.version,
            Self::DeleteClient { client, .. } => client.version,
            Self::EditAdministrator { loaded, .. } | Self::DeleteAdministrator { loaded } => {
                loaded.administrator.version
            }
        }
    }

    /// The fields that differ, for the audit.
    fn differences(&self) -> Changes {
        match self {
            Self::CreateClient { client } => changes(None, Some(client)),
            Self::EditClient { before, after } | Self::ReplaceSecret { before, after, .. } => {
                changes(Some(before), Some(after))
            }
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
            Self::SwitchOff => policy::switched(true, false),
        }
    }

    /// The fields that differ, for a reviewer: escalations first, and of a secret only that it will
    /// be replaced.
    fn proposed(&self) -> Vec<ProposedChange> {
        let mut shown: Vec<_> = self
            .differences()
            .into_iter()
            .filter(|(field, _)| field != "secret_serial" && field != "previous_secret_until")
            .map(|(field, (before, after))| ProposedChange {
                escalation: self.escalates(&field),
                field,
                before,
                after,
            })
            .collect();
        if let Self::ReplaceSecret { hours, .. } = self {
            shown.push(ProposedChange {
                field: "secret".to_owned(),
                before: serde_json::Value::Null,
                after: "will be replaced".into(),
                escalation: false,
            });
            shown.push(ProposedChange {
                field: "hours_to_live".to_owned(),
                before: serde_json::Value::Null,
                after: serde_json::json!(hours),
                escalation: false,
            });
        }
        shown.sort_by_key(|change| !change.escalation);
        shown
    }

    /// Does what it does to `field` let somebody do more than before?
    fn escalates(&self, field: &str) -> bool {
        match self {
            Self::CreateClient { client } => match field {
                "features" => client.features.contains(Feature::Owner),
                "modules" => !client.modules.is_empty(),
                _ => false,
            },
            Self::EditClient { before, after } => match field {
                "enabled" => after.enabled,
                "features" => after
                    .features
                    .iter()
                    .any(|new| !before.features.contains(new)),
                "modules" => client::grants_more(&before.modules, &after.modules),
                "allow_list" => !after.allow_list.is_within(&before.allow_list),
                _ => false,
            },
            Self::InviteAdministrator { .. } => field == "privileges",
            Self::EditAdministrator { loaded, after } => {
                field == "privileges"
                    && !loaded.administrator.privileges.includes(&after.privileges)
            }
            Self::SwitchOff => true,
            Self::ReplaceSecret { .. }
            | Self::DeleteClient { .. }
            | Self::DeleteAdministrator { .. } => false,
        }
    }

    /// Does approving it take a code of the approver (administration contract, section 5)?
    fn needs_code(&self) -> bool {
        match self {
            Self::ReplaceSecret { .. } | Self::SwitchOff => true,
            Self::CreateClient { client } => {
                client.features.contains(Feature::Owner) || !client.modules.is_empty()
            }
            Self::EditClient { before, after } => {
                client::grants_more(&before.modules, &after.modules)
                    || (after.features.contains(Feature::Owner)
                        && !before.features.contains(Feature::Owner))
            }
            Self::DeleteClient { .. }
            | Self::InviteAdministrator { .. }
            | Self::EditAdministrator { .. }
            | Self::DeleteAdministrator { .. } => false,
        }
    }

    /// Does it let a client into a module that it was not let into before?
    fn grants_modules(&self) -> bool {
        match self {
            Self::CreateClient { client } => !client.modules.is_empty(),
            Self::EditClient { before, after } => {
                let mut modules = after.modules.keys();
                modules.any(|module| !before.modules.contains_key(module))
            }
            _ => false,
        }
    }

    /// Does it change what a client is let into?
    fn touches_modules(&self) -> bool {
        match self {
            Self::CreateClient { client } => !client.modules.is_empty(),
            Self::EditClient { before, after } => before.modules != after.modules,
            _ => false,
        }
    }

    fn proposal(&self) -> Proposal {
        match self {
            Self::CreateClient { client } => Proposal::CreateClient {
                client_id: client.id.clone(),
                values: ClientValues::of(client),
            },
            Self::EditClient { after, .. } => Proposal::EditClient {
                values: ClientValues::of(after),
            },
            Self::ReplaceSecret { hours, .. } => Proposal::ReplaceSecret { hours: *hours },
            Self::DeleteClient { .. } => Proposal::DeleteClient,
            Self::InviteAdministrator { administrator, .. } => Proposal::InviteAdministrator {
                email: administrator.email.clone(),
                name: administrator.name.clone(),
                privileges: administrator.privileges.clone(),
            },
            Self::EditAdministrator { after, .. } => Proposal::EditAdministrator {
                name: after.name.clone(),
                privileges: after.privileges.clone(),
            },
            Self::DeleteAdministrator { .. } => Proposal::DeleteAdministrator,
            Self::SwitchOff => Proposal::SwitchOff,
        }
    }

    /// Names that it keeps for itself while it waits.
    fn holds(&self, owner: &Application) -> Option<(Table, Key)> {
        match self {
            Self::CreateClient { client } => {
                Some((Table::Clients, Key::name(&owner.id, &client.description)))
            }
            Self::EditClient { before, after } => {
                let key = Key::name(&owner.id, &after.description);
                (key != Key::name(&owner.id, &before.description)).then_some((Table::Clients, key))
            }
            Self::InviteAdministrator { administrator, .. } => Some((
                Table::Administrators,
                Key::login(&administrator.email, &owner.id),
            )),
            _ => None,
        }
    }
}

impl Scope {
    /// What to answer when the transaction of a change was refused.
    pub(in crate::store) fn refused(&self, otherwise: Otherwise) -> Error {
        match otherwise {
            Otherwise::NameTaken => Error::Taken {
                // What either API calls it.
                argument: match self.origin.actor {
                    Actor::Administrator { .. } => "name",
                    _ => "description",
                },
                by: "another client of this application",
            },
            Otherwise::EmailTaken => Error::Taken {
                argument: "email",
                by: "another administrator of this application",
            },
            Otherwise::NotEntitled => Error::SignedOut,
            Otherwise::IdTaken => Error::unexpected("a new ID is taken"),
            Otherwise::Retry | Otherwise::Replayed | Otherwise::Locked => Error::Busy,
        }
    }
}
