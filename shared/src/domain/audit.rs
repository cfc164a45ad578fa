//! The company audit: one event for each change, written in the very transaction of the change.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::domain::administrator::{Administrator, PersonName, Privileges};
use crate::domain::application::Application;
use crate::domain::client::{Client, Description};
use crate::domain::kind::{ActorKind, ObjectKind};
use crate::domain::setting::Settings;
use crate::ids::{AdministratorId, ApplicationId, ClientId};

/// The actor of an event.
#[derive(Clone, Debug)]
pub(crate) enum Actor {
    /// An API client.
    Client { id: ClientId, name: Description },
    /// An administrator, as their session found them.
    Administrator {
        id: AdministratorId,
        name: PersonName,
        privileges: Privileges,
        authority: u64,
    },
    /// Someone who did not prove to be anyone.
    Nobody,
    /// Countersign itself, for instance on an import.
    System,
    /// The caller of the provisioning function.
    Provisioning,
}

impl Actor {
    /// Returns an administrator, as they stand now.
    pub(crate) fn of(administrator: &Administrator) -> Self {
        Self::Administrator {
            id: administrator.id.clone(),
            name: administrator.profile.name.clone(),
            privileges: administrator.profile.privileges.clone(),
            authority: administrator.authority,
        }
    }

    pub(crate) fn kind(&self) -> ActorKind {
        match self {
            Self::Client { .. } => ActorKind::ApiClient,
            Self::Administrator { .. } => ActorKind::Administrator,
            Self::Nobody => ActorKind::Unknown,
            Self::System | Self::Provisioning => ActorKind::System,
        }
    }

    /// Returns whether it is this client.
    pub(crate) fn is(&self, client: &ClientId) -> bool {
        matches!(self, Self::Client { id, .. } if id == client)
    }

    /// Returns its ID and its name, if it has them.
    pub(crate) fn id_and_name(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Client { id, name } => (Some(id.as_str()), Some(name.as_str())),
            Self::Administrator { id, name, .. } => (Some(id.as_str()), Some(name.as_str())),
            Self::Provisioning => (None, Some("provisioning")),
            Self::System | Self::Nobody => (None, None),
        }
    }
}

/// The facts that admission has found out about a caller, for the audit of a refusal.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// The application whose audit the refusal belongs to; none if the caller named nothing that
    /// exists.
    pub(crate) application: Option<ApplicationId>,
    pub(crate) actor: Actor,
    /// The object that the caller claimed to be, or wanted.
    pub(crate) object: Option<Object>,
}

impl About {
    /// Returns a caller who claims to be somebody that there is not.
    pub(crate) fn nobody() -> Self {
        Self {
            application: None,
            actor: Actor::Nobody,
            object: None,
        }
    }

    /// Puts the application into the span of the request, so that each further line of its log has it.
    pub(crate) fn note_in_log(&self) {
        if let Some(application) = &self.application {
            tracing::Span::current().record("application", application.as_str());
        }
    }
}

/// The source of an action: actor, address and user agent.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) actor: Actor,
    pub(crate) source_ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) action: &'static str,
    pub(crate) request_id: String,
}

/// The object of an action.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) kind: ObjectKind,
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Object {
    /// Returns the published settings of a client as an object.
    pub(crate) fn published(id: &str) -> Self {
        Self {
            kind: ObjectKind::PublishedSettings,
            id: id.to_owned(),
            name: id.to_owned(),
        }
    }

    /// Returns the layer of a client, or of an application.
    pub(crate) fn settings(id: &str) -> Self {
        Self {
            kind: ObjectKind::Settings,
            id: id.to_owned(),
            name: id.to_owned(),
        }
    }

    pub(crate) fn application(application: &Application) -> Self {
        Self {
            kind: ObjectKind::Application,
            id: application.id.as_str().to_owned(),
            name: application.name.clone(),
        }
    }

    pub(crate) fn administrator(administrator: &Administrator) -> Self {
        Self {
            kind: ObjectKind::Administrator,
            id: administrator.id.as_str().to_owned(),
            name: administrator.email.as_str().to_owned(),
        }
    }

    pub(crate) fn client(client: &Client) -> Self {
        Self {
            kind: ObjectKind::ApiClient,
            id: client.id.as_str().to_owned(),
            name: client.profile.description.as_str().to_owned(),
        }
    }
}

/// The fields that differ: each with its value before and after, `null` where there was none.
pub(crate) type Changes = BTreeMap<String, (Value, Value)>;

/// Returns the differences between two states of a client.
///
/// Of a secret they only tell that it was replaced, and until when the old one works.
pub(crate) fn changes(before: Option<&Client>, after: Option<&Client>) -> Changes {
    differences(fields(before), fields(after))
}

/// Returns the differences between two states of an administrator, without their credentials.
pub(crate) fn administrator_changes(
    before: Option<&Administrator>,
    after: Option<&Administrator>,
) -> Changes {
    let fields = |administrator: Option<&Administrator>| {
        let Some(administrator) = administrator else {
            return Fields::new();
        };
        let beside = [
            ("email", administrator.email.as_str().into()),
            ("has_mfa", administrator.has_mfa.into()),
            ("has_password", administrator.has_password.into()),
        ];
        fields_of(&administrator.profile, beside)
    };
    differences(fields(before), fields(after))
}

/// Returns what differs between two states of multi admin.
pub(crate) fn multi_admin_changes(before: bool, after: bool) -> Changes {
    if before == after {
        return Changes::new();
    }
    Changes::from([("multi_admin".to_owned(), (before.into(), after.into()))])
}

type Fields = BTreeMap<String, Value>;

/// Every attribute of a profile, by its own name, and what is audited beside it.
fn fields_of<const N: usize>(profile: &impl Serialize, beside: [(&str, Value); N]) -> Fields {
    let attributes = match serde_json::json!(profile) {
        Value::Object(attributes) => attributes,
        // No struct with named fields is anything else.
        other => serde_json::Map::from_iter([("profile".to_owned(), other)]),
    };
    let beside = beside.map(|(name, value)| (name.to_owned(), value));
    attributes.into_iter().chain(beside).collect()
}

fn differences(mut before: Fields, mut after: Fields) -> Changes {
    let names: Vec<_> = before.keys().chain(after.keys()).cloned().collect();
    names
        .into_iter()
        .filter_map(|name| {
            let pair = (
                before.remove(&name).unwrap_or_default(),
                after.remove(&name).unwrap_or_default(),
            );
            (pair.0 != pair.1).then_some((name, pair))
        })
        .collect()
}

fn fields(client: Option<&Client>) -> Fields {
    let Some(client) = client else {
        return Fields::new();
    };
    let previous = client.previous.as_ref();
    let beside = [
        ("secret_serial", client.secret.serial.into()),
        (
            "previous_secret_until",
            previous
                .map(|previous| previous.grace.end().millis())
                .into(),
        ),
    ];
    fields_of(&client.profile, beside)
}

/// Most bytes of keys and values that an event of a settings change shows.
///
/// The history of the layer has all of them.
const SHOWN_BYTES: usize = 64_000;
/// Beside its own bytes, a change costs the event about so many.
const OVERHEAD: usize = 40;
/// And of one value this many characters.
const SHOWN_CHARS: usize = 1_000;

/// Returns the differences between two states of a layer of settings.
pub(crate) fn setting_changes(before: &Settings, after: &Settings) -> Changes {
    let shown = |value: Option<&String>| value.map(|value| shortened(value)).into();
    let mut changes = Changes::new();
    let mut bytes = 0;
    let mut left_out = 0_u64;
    for key in before.keys_that_differ(after) {
        let pair: (Value, Value) = (shown(before.get(key)), shown(after.get(key)));
        bytes += OVERHEAD
            + key.as_str().len()
            + pair.0.as_str().map_or(0, str::len)
            + pair.1.as_str().map_or(0, str::len);
        if bytes > SHOWN_BYTES {
            left_out += 1;
        } else {
            changes.insert(key.as_str().to_owned(), pair);
        }
    }
    if left_out > 0 {
        changes.insert("(further keys)".to_owned(), (Value::Null, left_out.into()));
    }
    changes
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
