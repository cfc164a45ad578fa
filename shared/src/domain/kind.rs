//! Kinds of objects and of actors, as the audit and change requests name them.

use serde::{Deserialize, Serialize};

/// The kind of an object in the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// An API client.
    ApiClient,
    /// An administrator.
    Administrator,
    /// An application.
    Application,
    /// A change request.
    ChangeRequest,
    /// A layer of settings.
    Settings,
    /// The published settings of a client.
    PublishedSettings,
    /// An access token.
    AccessToken,
    /// A key that signs access tokens.
    SigningKey,
    /// The token policy of an application.
    TokenPolicy,
}

impl ObjectKind {
    /// Returns the kind's name on the wire and in the tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ApiClient => "api_client",
            Self::Administrator => "administrator",
            Self::Application => "application",
            Self::ChangeRequest => "change_request",
            Self::Settings => "settings",
            Self::PublishedSettings => "published_settings",
            Self::AccessToken => "access_token",
            Self::SigningKey => "signing_key",
            Self::TokenPolicy => "token_policy",
        }
    }
}

/// The kind of an actor in the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ActorKind {
    ApiClient,
    Administrator,
    /// Nobody whose credentials were accepted.
    Unknown,
    /// Countersign itself.
    System,
}

impl ActorKind {
    /// Returns the kind's name on the wire and in the tables.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ApiClient => "api_client",
            Self::Administrator => "administrator",
            Self::Unknown => "unknown",
            Self::System => "system",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_stored_by_its_name() {
        for kind in [
            ObjectKind::ApiClient,
            ObjectKind::Administrator,
            ObjectKind::Application,
            ObjectKind::ChangeRequest,
            ObjectKind::Settings,
            ObjectKind::PublishedSettings,
            ObjectKind::AccessToken,
            ObjectKind::SigningKey,
            ObjectKind::TokenPolicy,
        ] {
            assert_eq!(serde_json::json!(kind), kind.name());
        }
        for kind in [
            ActorKind::ApiClient,
            ActorKind::Administrator,
            ActorKind::Unknown,
            ActorKind::System,
        ] {
            assert_eq!(serde_json::json!(kind), kind.name());
        }
    }
}
