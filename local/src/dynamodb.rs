//! DynamoDB as one Lambda function reaches it here: behind a guard that enforces its IAM policy.

mod call_hook;
mod client;
mod connector;
mod endpoint;
mod needs;

use std::sync::Arc;

pub use self::call_hook::{AnswerView, Call, CallHook, Intervention};
pub use self::endpoint::{Endpoint, EndpointFault};
pub use self::needs::Need;
use crate::embedded::{Answer, Embedded};
use crate::iam::{ACCOUNT, Policy};

/// The database that a guard forwards allowed calls to.
#[derive(Clone, Debug)]
pub enum Backend {
    /// The `DynamoDB` in this process.
    Embedded(Embedded),
    /// `DynamoDB` at a URL: Amazon's own, or its `DynamoDB` Local.
    Endpoint(Endpoint),
}

/// A guard of the tables: forwards the calls that a function's policy grants, and refuses the others.
#[derive(Clone, Debug)]
pub struct TableGuard {
    /// The function's name, which is its `Handler`.
    pub function: Arc<str>,
    /// The database behind it.
    pub backend: Backend,
    /// The function's policy. `None` is for the binary's own housekeeping, which may do all.
    pub policy: Option<Arc<Policy>>,
    /// A test's hook, which sees each call and may fail it.
    pub hook: Option<Arc<dyn CallHook>>,
}

impl TableGuard {
    /// Returns the SDK client for the function. All its calls go through this guard.
    #[must_use]
    pub fn client(self) -> aws_sdk_dynamodb::Client {
        client::client(self)
    }

    /// Returns AWS's refusal for the first permission that a call needs and the policy does not grant.
    fn refusal(&self, needs: &[Need]) -> Option<Answer> {
        let policy = self.policy.as_ref()?;
        let missing = needs
            .iter()
            .find(|need| !policy.allows(&need.action, &need.resource()))?;
        let (function, action) = (&self.function, &missing.action);
        tracing::warn!(%function, %action, table = %missing.table, "not granted by template.yaml");
        let message = format!(
            "User: arn:aws:sts::{ACCOUNT}:assumed-role/{function}/{function} is not authorized to \
             perform: {action} on resource: {} because no identity-based policy allows the \
             {action} action",
            missing.resource(),
        );
        let body = serde_json::json!({
            "__type": "com.amazon.coral.service#AccessDeniedException",
            "Message": message,
        });
        Some(Answer {
            status: 400,
            body: body.to_string().into_bytes(),
        })
    }
}

#[cfg(test)]
mod tests;
