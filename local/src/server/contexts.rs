//! The contexts of the operations. As on AWS, each function has its own client and rights.

use std::sync::{Arc, OnceLock};

use functions::OPERATIONS;
use shared::{Clock, Housekeeping, KeyWrapper, Parts, Random, WarmSecrets};

use super::storage::OpenStorage;
use crate::dynamodb::{Backend, CallHook, TableGuard};
use crate::fault::StartError;
use crate::iam::Policies;
use crate::keys::KeyGuard;
use crate::lambda::Guards;

/// The contexts of all operations, made when they are first called.
#[derive(Debug)]
pub(super) struct Contexts {
    pub(super) storage: OpenStorage,
    pub(super) policies: Policies,
    pub(super) table_prefix: String,
    pub(super) warm: WarmSecrets,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) hook: Option<Arc<dyn CallHook>>,
    /// The server's URL.
    pub(super) public_url: String,
    pub(super) of_operation: Vec<OnceLock<Housekeeping>>,
}

impl Contexts {
    /// Returns the context of the operation at this place in the list.
    pub(super) fn of(&self, place: usize) -> &Housekeeping {
        self.of_operation[place].get_or_init(|| {
            let Guards { dynamodb, keys } = self.guards(OPERATIONS[place].id);
            self.context_behind(dynamodb, Arc::new(keys))
        })
    }

    /// Returns the guards of a function.
    pub(super) fn guards(&self, function: &str) -> Guards {
        let function: Arc<str> = function.into();
        // A function that the template does not have may do nothing.
        let policy = self.policies.of(&function).unwrap_or_default();
        Guards {
            keys: KeyGuard {
                function: Arc::clone(&function),
                keys: Arc::clone(&self.storage.keys),
                policy: Arc::clone(&policy),
                hook: self.hook.clone(),
            },
            dynamodb: TableGuard {
                function,
                backend: self.storage.backend.clone(),
                policy: Some(policy),
                hook: self.hook.clone(),
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
    pub(super) async fn housekeeping(&self) -> Result<Housekeeping, StartError> {
        let guard = TableGuard {
            function: "housekeeping".into(),
            backend: self.storage.backend.clone(),
            policy: None,
            hook: None,
        };
        if let Backend::Endpoint(endpoint) = &self.storage.backend {
            endpoint.reach(&guard.clone().client()).await?;
        }
        Ok(self.context_behind(guard, Arc::clone(&self.storage.keys)))
    }

    fn context_behind(&self, guard: TableGuard, keys: Arc<dyn KeyWrapper>) -> Housekeeping {
        Housekeeping::new(Parts {
            dynamodb: guard.client(),
            table_prefix: self.table_prefix.clone(),
            keys,
            warm: self.warm.clone(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            public_url: Some(self.public_url.clone()),
        })
    }
}
