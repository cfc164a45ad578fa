//! Grants of each access pattern: the source of the functions' IAM policies.

use crate::store::Table;

/// A resource of an IAM policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// A table.
    Table(Table),
    /// The key that wraps the data keys.
    SealingKey,
}

impl Resource {
    /// Returns its name in the template.
    pub const fn logical_id(self) -> &'static str {
        match self {
            Self::Table(table) => table.logical_id(),
            Self::SealingKey => "SealingKey",
        }
    }
}

/// An IAM action on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The resource.
    pub on: Resource,
    /// The action, as IAM spells it.
    pub action: &'static str,
}

macro_rules! grants {
    ($($resource:ident $action:ident),*) => {
        const { &[$(Grant { on: grants!(@on $resource), action: $action }),*] }
    };
    (@on SealingKey) => {
        Resource::SealingKey
    };
    (@on $table:ident) => {
        Resource::Table(Table::$table)
    };
}

pub(super) const GET: &str = "dynamodb:GetItem";
pub(super) const BATCH_GET: &str = "dynamodb:BatchGetItem";
pub(super) const QUERY: &str = "dynamodb:Query";
const PUT: &str = "dynamodb:PutItem";
const DELETE: &str = "dynamodb:DeleteItem";
const CHECK: &str = "dynamodb:ConditionCheckItem";
const BATCH_WRITE: &str = "dynamodb:BatchWriteItem";
const UPDATE: &str = "dynamodb:UpdateItem";
const DECRYPT: &str = "kms:Decrypt";
const GENERATE: &str = "kms:GenerateDataKey";

/// A way in which an operation uses the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessPattern {
    /// Verify a client's credentials.
    Authenticate,
    /// Verify a client's signature, for which its secret is opened.
    VerifySignature,
    /// List the clients of an application.
    ListClients,
    /// Show clients' secrets.
    ShowSecrets,
    /// See when clients have last used their secrets.
    ReadUses,
    /// Create a client.
    CreateClient,
    /// Change what a client may do, or end one of its secrets.
    ChangeClient,
    /// Give a client another secret.
    ReplaceSecret,
    /// Give a client another description.
    RenameClient,
    /// Delete a client and what belongs to it.
    DeleteClient,
    /// Read an application's settings.
    ReadApplicationSettings,
    /// Read the settings that a client sees.
    ReadSettings,
    /// Read all layers of an application.
    DumpSettings,
    /// Read the history of a layer.
    ReadHistory,
    /// Change an application's layer.
    ChangeApplicationSettings,
    /// Change a client's layer.
    ChangeClientSettings,
    /// List published versions.
    ListPublished,
    /// Read a published version of a client.
    ReadPublished,
    /// Read a published file, as anyone may.
    ReadPublishedFile,
    /// Publish a client's settings.
    Publish,
    /// Delete published versions.
    DeletePublished,
    /// Find an administrator's session.
    AdmitAdministrator,
    /// Make sure that the administrator who asks for a change may still ask for it when it happens.
    StillEntitled,
    /// Count an attempt or a refusal.
    RecordRefusal,
    /// Make sure that a creation happens once.
    CreateOnce,
    /// Sign an administrator in.
    SignIn,
    /// End a session.
    SignOut,
    /// Read what an administrator's own application is called.
    ReadApplication,
    /// See what an invitation asks for.
    ReadInvitation,
    /// Take up an invitation.
    TakeUpInvitation,
    /// Read one administrator.
    ReadAdministrator,
    /// List an application's administrators.
    ListAdministrators,
    /// Invite an administrator.
    InviteAdministrator,
    /// Change an administrator.
    ChangeAdministrator,
    /// Reset an administrator's password or authenticator.
    ResetAdministrator,
    /// Make the key of an administrator's authenticator.
    MakeAuthenticator,
    /// Delete an administrator.
    DeleteAdministrator,
    /// Read one client, with when it has last used its secrets.
    ReadClient,
    /// Spend a one-time code.
    SpendCode,
    /// See a client's secret.
    RevealSecret,
    /// Say which modules there are.
    ChangeModules,
    /// Read the audit.
    ReadAudit,
    /// Let a change wait for approval.
    AskForApproval,
    /// Let a creation wait for approval: nothing else can wait for what is not there.
    AskToCreate,
    /// Read one change request.
    ReadChangeRequest,
    /// List change requests.
    ListChangeRequests,
    /// Approve a change request, whatever it is about.
    ApproveChange,
    /// Turn a change request down.
    RejectChange,
    /// See whether multi admin is on.
    ReadPolicy,
    /// Switch multi admin.
    SwitchPolicy,
    /// Issue an access token, with a key that may be due to be succeeded by another.
    IssueToken,
    /// Find out whether an access token is active.
    InspectToken,
    /// Revoke an access token.
    RevokeToken,
    /// Read all public keys.
    ReadKeySet,
    /// See an application's signing keys, and whom its tokens may be for.
    ReadIssuer,
    /// Replace an application's signing keys.
    RotateKeys,
    /// Say whom an application's tokens may be for.
    ChangeIssuer,
    /// Create applications with all that belongs to them: the only one that makes data keys.
    Provision,
}

impl AccessPattern {
    /// Returns whether each use computes Argon2id for a person.
    ///
    /// Authenticating a client may compute it too, but only for an imported secret, and once in a
    /// process.
    pub const fn hashes_slowly(self) -> bool {
        matches!(self, Self::SignIn | Self::TakeUpInvitation)
    }

    /// Tells whether the store may refuse it: a name is taken, a request waits, the last administrator.
    pub const fn can_conflict(self) -> bool {
        matches!(
            self,
            Self::CreateClient
                | Self::ChangeClient
                | Self::RenameClient
                | Self::InviteAdministrator
                | Self::ChangeAdministrator
                | Self::ResetAdministrator
                | Self::DeleteAdministrator
                | Self::ChangeModules
                | Self::AskForApproval
                | Self::AskToCreate
                | Self::ApproveChange
                | Self::RejectChange
                | Self::SwitchPolicy
                | Self::RotateKeys
                | Self::ChangeIssuer
        )
    }

    /// Tells whether attempts at it are counted, and refused when there are too many.
    pub const fn is_limited(self) -> bool {
        matches!(
            self,
            Self::SignIn | Self::ReadInvitation | Self::TakeUpInvitation | Self::SpendCode
        )
    }

    /// Returns its grants, and nothing else.
    #[expect(clippy::too_many_lines, reason = "it is a table")]
    pub const fn grants(self) -> &'static [Grant] {
        match self {
            Self::Authenticate | Self::ReadApplication => grants![Clients GET],
            Self::ReadClient => grants![Clients BATCH_GET, Attempts BATCH_GET],
            Self::ListClients => grants![Clients QUERY],
            Self::ReadUses => grants![Attempts BATCH_GET],
            Self::VerifySignature | Self::ShowSecrets | Self::MakeAuthenticator => {
                grants![SealingKey DECRYPT]
            }
            Self::CreateClient | Self::ReplaceSecret => {
                grants![Clients BATCH_GET, Clients PUT, Audit PUT, SealingKey DECRYPT]
            }
            Self::ChangeClient => grants![Clients BATCH_GET, Clients PUT, Audit PUT],
            Self::RenameClient => {
                grants![Clients BATCH_GET, Clients PUT, Clients DELETE, Audit PUT]
            }
            Self::DeleteClient => grants![
                Clients BATCH_GET, Clients QUERY, Clients PUT, Clients DELETE, Clients BATCH_WRITE,
                Settings DELETE, Settings QUERY, Settings BATCH_WRITE,
                Published BATCH_GET, Published PUT, Published QUERY, Published BATCH_WRITE,
                Audit PUT
            ],
            Self::ReadApplicationSettings => grants![Settings GET],
            Self::ReadSettings => grants![Clients BATCH_GET, Settings BATCH_GET],
            Self::DumpSettings => grants![Settings QUERY],
            Self::ReadHistory => grants![Clients BATCH_GET, Settings BATCH_GET, Settings QUERY],
            Self::ChangeApplicationSettings => {
                grants![Settings BATCH_GET, Settings PUT, Audit PUT]
            }
            Self::ChangeClientSettings => {
                grants![Clients BATCH_GET, Clients CHECK, Settings BATCH_GET, Settings PUT, Audit PUT]
            }
            Self::ListPublished => grants![Clients BATCH_GET, Published QUERY],
            Self::ReadPublished => grants![Clients BATCH_GET, Published BATCH_GET],
            Self::ReadPublishedFile => grants![Published BATCH_GET],
            Self::Publish => grants![
                Clients BATCH_GET, Clients CHECK, Settings BATCH_GET, Published BATCH_GET, Published PUT, Audit PUT
            ],
            Self::DeletePublished => grants![
                Clients BATCH_GET, Published BATCH_GET, Published QUERY, Published PUT, Published DELETE,
                Published BATCH_WRITE, Audit PUT
            ],
            Self::AdmitAdministrator => grants![Administrators BATCH_GET, Administrators UPDATE],
            Self::StillEntitled => grants![Administrators CHECK],
            Self::RecordRefusal => grants![Attempts UPDATE],
            // What was answered is kept sealed.
            Self::CreateOnce => {
                grants![Clients BATCH_GET, Administrators BATCH_GET, Administrators PUT, SealingKey DECRYPT]
            }
            Self::SignIn => grants![
                Administrators QUERY, Administrators BATCH_GET, Administrators PUT, Clients BATCH_GET, Audit PUT,
                SealingKey DECRYPT
            ],
            Self::SignOut => grants![Administrators DELETE, Audit PUT],
            Self::ReadInvitation => {
                grants![Administrators GET, Administrators BATCH_GET, Clients BATCH_GET, SealingKey DECRYPT]
            }
            Self::TakeUpInvitation => grants![
                Administrators GET, Administrators BATCH_GET, Administrators PUT, Administrators DELETE,
                Clients BATCH_GET, Audit PUT, SealingKey DECRYPT
            ],
            Self::ReadAdministrator => grants![Administrators BATCH_GET, Clients BATCH_GET],
            Self::ListAdministrators => grants![Administrators QUERY],
            Self::InviteAdministrator => {
                grants![Administrators PUT, Clients BATCH_GET, Audit PUT, SealingKey DECRYPT]
            }
            Self::ChangeAdministrator => {
                grants![Administrators BATCH_GET, Administrators PUT, Clients BATCH_GET, Audit PUT]
            }
            Self::ResetAdministrator | Self::DeleteAdministrator => grants![
                Administrators BATCH_GET, Administrators PUT, Administrators DELETE, Clients BATCH_GET, Audit PUT
            ],
            Self::SpendCode => {
                grants![Administrators BATCH_GET, Administrators PUT, Clients BATCH_GET, SealingKey DECRYPT]
            }
            Self::RevealSecret => {
                grants![Clients BATCH_GET, Clients CHECK, Audit PUT, SealingKey DECRYPT]
            }
            Self::ChangeModules => grants![Clients QUERY, Clients PUT, Audit PUT],
            Self::ReadAudit => grants![Audit QUERY, Attempts QUERY],
            Self::AskForApproval => {
                grants![ChangeRequests PUT, ChangeRequests GET, Clients CHECK, Audit PUT]
            }
            Self::AskToCreate => grants![ChangeRequests PUT, Clients CHECK, Audit PUT],
            Self::ReadChangeRequest => grants![ChangeRequests GET],
            Self::ListChangeRequests => grants![ChangeRequests QUERY],
            Self::ApproveChange => grants![
                ChangeRequests GET, ChangeRequests PUT, ChangeRequests DELETE,
                Clients GET, Clients BATCH_GET, Clients QUERY, Clients PUT, Clients DELETE, Clients CHECK,
                Clients BATCH_WRITE, Settings DELETE, Settings QUERY, Settings BATCH_WRITE,
                Published BATCH_GET, Published PUT, Published QUERY, Published BATCH_WRITE,
                Administrators BATCH_GET, Administrators PUT, Administrators DELETE, Administrators CHECK, Audit PUT,
                SealingKey DECRYPT
            ],
            Self::RejectChange => grants![
                ChangeRequests GET, ChangeRequests PUT, ChangeRequests DELETE, Clients GET, Clients DELETE,
                Administrators DELETE, Audit PUT
            ],
            Self::ReadPolicy => grants![Clients BATCH_GET, Administrators BATCH_GET],
            Self::SwitchPolicy => grants![
                Clients BATCH_GET, Clients PUT, Administrators BATCH_GET, Administrators CHECK, Audit PUT
            ],
            Self::IssueToken | Self::RotateKeys => {
                grants![Tokens GET, Tokens PUT, Audit PUT, SealingKey DECRYPT]
            }
            Self::RevokeToken | Self::ChangeIssuer => grants![Tokens GET, Tokens PUT, Audit PUT],
            Self::InspectToken => grants![Tokens GET, Tokens BATCH_GET, Clients BATCH_GET],
            Self::ReadKeySet => grants![Tokens QUERY],
            Self::ReadIssuer => grants![Tokens GET],
            Self::Provision => grants![
                Clients GET, Clients QUERY, Clients PUT, Settings PUT, Administrators GET, Administrators PUT,
                Tokens BATCH_GET, Tokens PUT, Audit PUT, SealingKey GENERATE, SealingKey DECRYPT
            ],
        }
    }

    /// Returns the grants of several patterns, each once and sorted.
    pub(crate) fn all_grants(patterns: impl Iterator<Item = Self>) -> Vec<Grant> {
        let mut grants: Vec<_> = patterns.flat_map(Self::grants).copied().collect();
        grants.sort_unstable();
        grants.dedup();
        grants
    }
}
