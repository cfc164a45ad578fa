//! The contexts of the operations. As on AWS, each function has its own client and rights.

use std::sync::{Arc, OnceLock};

use functions::OPERATIONS;
use shared::{Clock, Context, KeyWrapper, Parts, Random, WarmSecrets};

use super::storage::Opened;
use crate::dynamodb::{Backend, Door, Witness};
use crate::fault::StartError;
use crate::iam::Policies;
use crate::keys::KeyDoor;
use crate::lambda::Doors;

/// The contexts of all operations, made when they are first called.
#[derive(Debug)]
pub(super) struct Contexts {
    pub(super) opened: Opened,
    pub(super) policies: Policies,
    pub(super) table_prefix: String,
    pub(super) warm: WarmSecrets,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) witness: Option<Arc<dyn Witness>>,
    /// The server's URL.
    pub(super) public_url: String,
    pub(super) of_operation: Vec<OnceLock<Context>>,
}

impl Contexts {
    /// Returns the context of the operation at this place in the list.
    pub(super) fn of(&self, place: usize) -> &Context {
        self.of_operation[place].get_or_init(|| {
            let Doors { dynamodb, keys } = self.doors(OPERATIONS[place].id);
            self.behind(dynamodb, Arc::new(keys))
        })
    }

    /// Returns the guards of a function.
    pub(super) fn doors(&self, function: &str) -> Doors {
        let function: Arc<str> = function.into();
        // A function that the template does not have may do nothing.
        let policy = self.policies.of(&function).unwrap_or_default();
        Doors {
            keys: KeyDoor {
                function: Arc::clone(&function),
                keys: Arc::clone(&self.opened.keys),
                policy: Arc::clone(&policy),
                witness: self.witness.clone(),
            },
            dynamodb: Door {
                function,
                backend: self.opened.backend.clone(),
                policy: Some(policy),
                witness: self.witness.clone(),
            },
        }
    }

    /// Lets every function write what it keeps in memory.
    pub(super) async fn settle(&self) {
        for context in self.of_operation.iter().filter_map(OnceLock::get) {
            context.settle().await;
        }
    }

    /// Returns the context for the work before the first request. No policy limits it.
    pub(super) async fn housekeeping(&self) -> Result<Context, StartError> {
        let door = Door {
            function: "housekeeping".into(),
            backend: self.opened.backend.clone(),
            policy: None,
            witness: None,
        };
        if let Backend::Endpoint(endpoint) = &self.opened.backend {
            endpoint.reach(&door.clone().client()).await?;
        }
        Ok(self.behind(door, Arc::clone(&self.opened.keys)))
    }

    fn behind(&self, door: Door, keys: Arc<dyn KeyWrapper>) -> Context {
        Context::new(Parts {
            dynamodb: door.client(),
            table_prefix: self.table_prefix.clone(),
            keys,
            warm: self.warm.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            public_url: Some(self.public_url.clone()),
        })
    }
}
