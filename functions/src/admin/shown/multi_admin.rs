//! Multi admin as the admin API shows it.

use schemars::JsonSchema;
use serde::Serialize;
use shared::store::Policy;

/// Whether changes need a second administrator.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MultiAdmin")]
pub(crate) struct ShownPolicy {
    enabled: bool,
    /// The number of administrators who can sign in and hold `manage_users`.
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
