//! The model: which clients there should be, and the operations that change them.

use std::collections::BTreeMap;

use countersign_tests::{App, Caller, Reply};
use serde_json::{Value, json};

use crate::models::chance::Chance;

/// A change that someone asks for.
#[derive(Clone, Debug)]
pub enum Operation {
    Add {
        description: String,
        features: Value,
    },
    Delete {
        id: String,
    },
    Rename {
        id: String,
        description: String,
    },
    SetFeatures {
        id: String,
        features: Value,
    },
    SetWhitelist {
        id: String,
        whitelist: Value,
    },
    ClearWhitelist {
        id: String,
    },
    Reset {
        id: String,
        hours: u64,
    },
}

impl Operation {
    pub const KINDS: usize = 7;

    /// Any operation; `id` is the client that it is about, unless it creates one.
    pub fn any(chance: &Chance, id: &str) -> Self {
        let id = id.to_owned();
        // Few names, some of which differ in case alone, so that they are often taken.
        let description = (*chance
            .pick::<&str>(&["alpha", "Alpha", "beta", "BETA", "gamma", "delta"]))
        .to_owned();
        let features = chance
            .pick(&[
                json!([]),
                json!(["login_client"]),
                json!(["access_issuer", "owner"]),
            ])
            .clone();
        match chance.below(Self::KINDS as u64) {
            0 => Self::Add {
                description,
                features,
            },
            1 => Self::Delete { id },
            2 => Self::Rename { id, description },
            3 => Self::SetFeatures { id, features },
            4 => Self::SetWhitelist {
                id,
                whitelist: json!(["10.0.0.0/8"]),
            },
            5 => Self::ClearWhitelist { id },
            _ => Self::Reset {
                id,
                hours: chance.below(3),
            },
        }
    }

    pub fn kind(&self) -> std::mem::Discriminant<Self> {
        std::mem::discriminant(self)
    }

    pub async fn call(&self, owner: &Caller) -> Reply {
        match self {
            Self::Add {
                description,
                features,
            } => {
                let arguments = [
                    ("description", description.as_str()),
                    ("features", &features.to_string()),
                ];
                owner.post("/clients/add", &arguments).await
            }
            Self::Delete { id } => {
                owner
                    .post("/clients/delete", &[("client_id_for_deletion", id)])
                    .await
            }
            Self::Rename { id, description } => {
                owner
                    .post(
                        "/clients/set_description",
                        &[("for_client_id", id), ("description", description)],
                    )
                    .await
            }
            Self::SetFeatures { id, features } => {
                let arguments = [
                    ("for_client_id", id.as_str()),
                    ("features", &features.to_string()),
                ];
                owner.post("/clients/set_features", &arguments).await
            }
            Self::SetWhitelist { id, whitelist } => {
                let arguments = [
                    ("for_client_id", id.as_str()),
                    ("whitelist", &whitelist.to_string()),
                ];
                owner.post("/clients/set_whitelist", &arguments).await
            }
            Self::ClearWhitelist { id } => {
                owner
                    .post("/clients/clear_whitelist", &[("for_client_id", id)])
                    .await
            }
            Self::Reset { id, hours } => {
                let arguments = [
                    ("for_client_id", id.as_str()),
                    ("hours_to_live", &hours.to_string()),
                ];
                owner.post("/clients/reset_secret", &arguments).await
            }
        }
    }

    /// Applies the step to the model's client.
    fn change(&self, client: &mut Value, reply: Option<&Value>) {
        match self {
            Self::Rename { description, .. } => client["description"] = json!(description),
            Self::SetFeatures { features, .. } => client["features"] = features.clone(),
            Self::SetWhitelist { whitelist, .. } => client["whitelist"] = whitelist.clone(),
            Self::ClearWhitelist { .. } => client["whitelist"] = json!(["0.0.0.0/0"]),
            Self::Reset { .. } => {
                if let Some(reply) = reply {
                    client["client_secret"] = reply["new_secret"].clone();
                }
            }
            Self::Add { .. } | Self::Delete { .. } => {}
        }
    }

    fn id(&self) -> Option<&str> {
        match self {
            Self::Add { .. } => None,
            Self::Delete { id }
            | Self::Rename { id, .. }
            | Self::SetFeatures { id, .. }
            | Self::SetWhitelist { id, .. }
            | Self::ClearWhitelist { id }
            | Self::Reset { id, .. } => Some(id),
        }
    }
}

/// Clients by ID, as the list shows them.
type Clients = BTreeMap<String, Value>;

/// The expected state.
#[derive(Debug)]
pub struct World {
    clients: Clients,
    /// The clients of the seed. They stay unchanged, so that there is always a caller.
    seeded: Clients,
    /// Changes that were made, each of which the audit tells once.
    changes: usize,
    imported: usize,
}

impl World {
    pub async fn begin(app: &App) -> Self {
        let seeded = Self::observe(app).await;
        let imported = app.dump("audit").await.len();
        Self {
            clients: seeded.clone(),
            seeded,
            changes: 0,
            imported,
        }
    }

    /// Returns the actual state.
    pub async fn observe(app: &App) -> Clients {
        let list = app.owner().post("/clients/list", &[]).await.ok();
        let clients = list["results"].as_array().unwrap().iter();
        clients
            .map(|client| {
                (
                    client["client_id"].as_str().unwrap().to_owned(),
                    client.clone(),
                )
            })
            .collect()
    }

    /// The operations of a round: each on a client of its own.
    pub fn round(&self, chance: &Chance) -> Vec<Operation> {
        let mut ids: Vec<_> = self
            .clients
            .keys()
            .filter(|id| !self.seeded.contains_key(*id))
            .cloned()
            .collect();
        ids.push("there is no such client".to_owned());
        let mut operations: Vec<Operation> = Vec::new();
        for _ in 0..=chance.below(3) {
            let operation = Operation::any(chance, chance.pick::<String>(&ids));
            let busy = |other: &Operation| operation.id().is_some() && other.id() == operation.id();
            if !operations.iter().any(busy) {
                operations.push(operation);
            }
        }
        operations
    }

    /// Takes an outcome into account. Where a caller cannot know, because the store broke, what
    /// was observed decides between the only two possibilities.
    pub fn apply(&mut self, operation: &Operation, reply: &Reply, actual: &Clients) {
        let json = reply.json();
        match (json["stat"].as_str(), json["code"].as_u64()) {
            (Some("ok"), _) => self.succeed(operation, Some(&json)),
            (_, Some(200)) => {}
            (_, Some(500 | 510)) => self.resolve(operation, actual),
            _ => panic!("{operation:?}: {}", reply.body),
        }
    }

    fn succeed(&mut self, operation: &Operation, reply: Option<&Value>) {
        self.changes += 1;
        match (operation, operation.id()) {
            (Operation::Add { .. }, _) => {
                let mut client = reply.unwrap().clone();
                client.as_object_mut().unwrap().remove("stat");
                self.clients
                    .insert(client["client_id"].as_str().unwrap().to_owned(), client);
            }
            (Operation::Delete { id }, _) => {
                assert!(
                    self.clients.remove(id).is_some(),
                    "a client was deleted that was not there"
                );
            }
            (_, Some(id)) => operation.change(self.clients.get_mut(id).unwrap(), reply),
            _ => unreachable!(),
        }
    }

    fn resolve(&mut self, operation: &Operation, actual: &Clients) {
        match operation.id() {
            // A creation that nobody was told of: a client that is there and not accounted for.
            None => {
                let unknown: Vec<_> = actual
                    .iter()
                    .filter(|(id, _)| !self.clients.contains_key(*id))
                    .collect();
                let Operation::Add {
                    description,
                    features,
                } = operation
                else {
                    unreachable!()
                };
                let made = unknown.iter().find(|(_, client)| {
                    client["description"] == **description && client["features"] == *features
                });
                if let Some((id, client)) = made {
                    self.changes += 1;
                    self.clients.insert((*id).clone(), (*client).clone());
                }
            }
            Some(id) => {
                let Some(before) = self.clients.get(id).cloned() else {
                    return;
                };
                let after = actual.get(id);
                if after == Some(&before) && !matches!(operation, Operation::Reset { .. }) {
                    // Nothing to see. That it was made and changed nothing shows in the audit alone.
                    return;
                }
                match after {
                    None => assert!(
                        matches!(operation, Operation::Delete { .. }),
                        "{operation:?}"
                    ),
                    Some(after) => {
                        let mut wanted = before.clone();
                        operation.change(&mut wanted, None);
                        if matches!(operation, Operation::Reset { .. }) {
                            wanted["client_secret"] = after["client_secret"].clone();
                        }
                        assert_eq!(*after, wanted, "half of {operation:?}");
                    }
                }
                match after {
                    None => self.clients.remove(id),
                    Some(after) => self.clients.insert(id.to_owned(), after.clone()),
                };
            }
        }
    }

    pub fn agrees_with(&self, actual: &Clients) {
        assert_eq!(*actual, self.clients);
    }

    /// The audit is the history; every client has its record, its credential and its name, and
    /// nothing else is there.
    pub async fn agrees_with_the_tables(&self, app: &App) {
        let mut audit = app.dump("audit").await;
        assert!(
            audit.len() >= self.imported + self.changes,
            "changes without an event"
        );
        audit.sort_by_key(|event| event["sk"]["S"].as_str().unwrap().to_owned());
        let mut told: BTreeMap<(String, String), Value> = BTreeMap::new();
        for event in &audit {
            let id = event["object_id"]["S"].as_str().unwrap();
            for change in event["changes"]["L"].as_array().unwrap() {
                let change = &change["M"];
                let field = (
                    id.to_owned(),
                    change["field"]["S"].as_str().unwrap().to_owned(),
                );
                let before = told.insert(field, change["after"].clone());
                let before = before.unwrap_or_else(|| json!({"NULL": true}));
                assert_eq!(
                    before, change["before"],
                    "the audit leaves something out: {event}"
                );
            }
        }
        for ((id, field), value) in &told {
            let Some(client) = self.clients.get(id) else {
                continue;
            };
            match field.as_str() {
                "description" => assert_eq!(value["S"], client["description"]),
                "features" => assert_eq!(texts(value), client["features"]),
                "allow_list" => assert_eq!(texts(value), client["whitelist"]),
                _ => {}
            }
        }
        let clients = app.dump("clients").await;
        let under = |prefix: &str, attribute: &str| {
            clients
                .iter()
                .filter(|item| item[attribute]["S"].as_str().unwrap().starts_with(prefix))
                .count()
        };
        let foreign = 1;
        assert_eq!(
            under("client#", "sk"),
            self.clients.len() + foreign,
            "records"
        );
        assert_eq!(
            under("credential", "sk"),
            self.clients.len() + foreign,
            "credentials"
        );
        assert_eq!(under("name#", "sk"), self.clients.len() + foreign, "names");
    }
}

/// A list of texts, from DynamoDB's JSON.
fn texts(list: &Value) -> Value {
    list["L"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|text| text["S"].clone())
        .collect()
}
