//! Steps of a history: the attempts of people and API clients.

use countersign_tests::{Person, Reply};
use reqwest::Method;
use serde_json::{Value, json};

use super::world::World;
use crate::models::chance::Chance;

/// Something that somebody tries.
#[derive(Clone, Debug)]
pub enum Attempt {
    Create {
        by: usize,
        body: Value,
    },
    Change {
        by: usize,
        client: String,
        body: Value,
    },
    Delete {
        by: usize,
        client: String,
    },
    Regenerate {
        by: usize,
        client: String,
    },
    /// By the machine API.
    Rename {
        client: String,
        name: String,
    },
    Approve {
        by: usize,
        request: String,
    },
    Reject {
        by: usize,
        request: String,
    },
    Switch {
        by: usize,
        on: bool,
    },
    Privileges {
        by: usize,
        whose: usize,
        privileges: Value,
    },
}

impl Attempt {
    /// Any of them, weighted so that most histories have something to decide.
    pub fn any(chance: &Chance, world: &World) -> Self {
        let by = chance.below(world.people.len() as u64).try_into().unwrap();
        let client = || {
            let known = &world.clients;
            (!known.is_empty()).then(|| chance.pick(known).clone())
        };
        let request = || {
            let known = &world.waiting;
            (!known.is_empty()).then(|| chance.pick(known).clone())
        };
        match chance.below(20) {
            0..=1 => Self::create(chance, by),
            2..=4 => match client() {
                Some(client) => Self::change(chance, by, client),
                None => Self::create(chance, by),
            },
            5 => match client() {
                Some(client) => Self::Delete { by, client },
                None => Self::create(chance, by),
            },
            6 => match client() {
                Some(client) => Self::Regenerate { by, client },
                None => Self::create(chance, by),
            },
            7..=8 => match client() {
                Some(client) => Self::Rename {
                    client,
                    name: format!("m{}", chance.below(1 << 40)),
                },
                None => Self::create(chance, by),
            },
            9..=14 => match request() {
                Some(request) => Self::Approve { by, request },
                None => Self::Switch { by, on: true },
            },
            15 => match request() {
                Some(request) => Self::Reject { by, request },
                None => Self::create(chance, by),
            },
            16..=17 => Self::Switch {
                by,
                on: chance.below(3) > 0,
            },
            _ => {
                // The first one stays as she is: she looks on.
                let whose =
                    1 + usize::try_from(chance.below(world.people.len() as u64 - 1)).unwrap();
                let all = [
                    json!([]),
                    json!(["manage_users"]),
                    json!(["manage_modules"]),
                    json!(["manage_modules", "manage_users"]),
                ];
                Self::Privileges {
                    by,
                    whose,
                    privileges: chance.pick(&all).clone(),
                }
            }
        }
    }

    fn create(chance: &Chance, by: usize) -> Self {
        let mut body = json!({"name": format!("c{}", chance.below(1 << 40))});
        if chance.below(3) == 0 {
            body["modules"] = json!({"payments": {"administrator": chance.below(2) == 0}});
        }
        Self::Create { by, body }
    }

    fn change(chance: &Chance, by: usize, client: String) -> Self {
        let body = match chance.below(4) {
            0 => json!({"enabled": chance.below(2) == 0}),
            1 => json!({"name": format!("n{}", chance.below(1 << 40))}),
            2 => json!({"features": ["login_client"]}),
            _ => json!({"modules": {"payments": {"administrator": chance.below(2) == 0}}}),
        };
        Self::Change { by, client, body }
    }

    /// Returns the person who tries it; `None` is the API client.
    pub fn by(&self) -> Option<usize> {
        match self {
            Self::Create { by, .. }
            | Self::Change { by, .. }
            | Self::Delete { by, .. }
            | Self::Regenerate { by, .. }
            | Self::Approve { by, .. }
            | Self::Reject { by, .. }
            | Self::Switch { by, .. }
            | Self::Privileges { by, .. } => Some(*by),
            Self::Rename { .. } => None,
        }
    }

    /// Does it need approval while multi admin is on?
    pub fn is_covered(&self) -> bool {
        match self {
            Self::Approve { .. } | Self::Reject { .. } => false,
            Self::Switch { on, .. } => !on,
            _ => true,
        }
    }

    /// Tries it.
    pub async fn call(
        &self,
        person: Option<&Person>,
        owner: &countersign_tests::Caller,
        ids: &[String],
    ) -> Reply {
        let of_client = |id: &str| format!("/admin/clients/{id}");
        let of_request = |id: &str| format!("/admin/change-requests/{id}");
        let Some(person) = person else {
            let Self::Rename { client, name } = self else {
                unreachable!("only the API client is nobody");
            };
            let arguments = [("for_client_id", client.as_str()), ("description", name)];
            return owner.post("/clients/set_description", &arguments).await;
        };
        match self {
            Self::Create { body, .. } => person.post("/admin/clients", body).await,
            Self::Change { client, body, .. } => person.patch(&of_client(client), body).await,
            Self::Delete { client, .. } => person.delete(&of_client(client)).await,
            Self::Regenerate { client, .. } => {
                let path = format!("{}/secret/regenerate", of_client(client));
                person
                    .post(&path, &json!({"code": person.next_code()}))
                    .await
            }
            Self::Approve { request, .. } => {
                // A code does no harm where none is needed.
                let path = format!("{}/approve", of_request(request));
                person
                    .post(&path, &json!({"code": person.next_code()}))
                    .await
            }
            Self::Reject { request, .. } => {
                let path = format!("{}/reject", of_request(request));
                person.post(&path, &json!({})).await
            }
            Self::Switch { on, .. } => {
                let body = json!({"enabled": on, "code": person.next_code()});
                person.put("/admin/multi-admin", &body).await
            }
            Self::Privileges {
                whose, privileges, ..
            } => {
                let path = format!("/admin/administrators/{}", ids[*whose]);
                let body = json!({"privileges": privileges});
                person.send(Method::PATCH, &path, Some(&body)).await
            }
            Self::Rename { .. } => unreachable!("that is the API client's"),
        }
    }
}
