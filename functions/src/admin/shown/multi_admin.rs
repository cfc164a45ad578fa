//! Multi admin as the admin API shows it.

use schemars::JsonSchema;
use serde::Serialize;
use shared::store::Policy;

/// Whether changes need a second administrator.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ShownPolicy {
    enabled: bool,
    /// How many administrators can sign in and hold `manage_users`.
    eligible_administrators: usize,
}

impl From<Policy> for ShownPolicy {
    fn from(policy: Policy) -> Self {
        Self {
            enabled: policy.enabled,
            eligible_administrators: policy.eligible,
        }
    }
}
