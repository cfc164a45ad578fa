//! The company audit: one event for each change, written in the very transaction of the change.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Client, ClientId, Description, Feature};

/// Who did it.
#[derive(Clone, Debug)]
pub(crate) enum Actor {
    /// An API client.
    Client { id: ClientId, name: Description },
    /// Countersign itself, for instance on an import.
    System,
}

impl Actor {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Client { .. } => "api_client",
            Self::System => "system",
        }
    }
}

/// Where an action came from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) actor: Actor,
    pub(crate) source_ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) action: &'static str,
    pub(crate) request_id: String,
}

/// What an action was done to.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Object {
    pub(crate) fn client(client: &Client) -> Self {
        Self {
            kind: "api_client",
            id: client.id.as_str().to_owned(),
            name: client.description.as_str().to_owned(),
        }
    }
}

/// The fields that differ: each with its value before and after, `null` where there was none.
pub(crate) type Changes = BTreeMap<&'static str, (Value, Value)>;

/// What differs between two states of a client. Of a secret only that it was replaced, and until
/// when the old one works.
pub(crate) fn changes(before: Option<&Client>, after: Option<&Client>) -> Changes {
    let (mut before, mut after) = (fields(before), fields(after));
    let names: Vec<_> = before.keys().chain(after.keys()).copied().collect();
    names
        .into_iter()
        .filter_map(|name| {
            let pair = (
                before.remove(name).unwrap_or_default(),
                after.remove(name).unwrap_or_default(),
            );
            (pair.0 != pair.1).then_some((name, pair))
        })
        .collect()
}

fn fields(client: Option<&Client>) -> BTreeMap<&'static str, Value> {
    let Some(client) = client else {
        return BTreeMap::new();
    };
    let modules: BTreeMap<_, _> = client
        .modules
        .iter()
        .map(|(module, grant)| {
            (
                module,
                serde_json::json!({"administrator": grant.administrator}),
            )
        })
        .collect();
    BTreeMap::from([
        ("description", client.description.as_str().into()),
        ("enabled", client.enabled.into()),
        (
            "features",
            client.features.iter().map(Feature::name).collect(),
        ),
        (
            "allow_list",
            Vec::<String>::from(client.allow_list.clone()).into(),
        ),
        ("modules", serde_json::json!(modules)),
        ("secret_serial", client.secret.serial.into()),
        (
            "previous_secret_until",
            client
                .previous
                .as_ref()
                .map(|previous| previous.until.millis())
                .into(),
        ),
    ])
}
