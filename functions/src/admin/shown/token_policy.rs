//! The policy of access tokens, as the admin API shows it.

use schemars::JsonSchema;
use serde::Serialize;
use shared::store::TokenPolicy;
use shared::{Audiences, RotationDays, Tagged};

/// The audiences of access tokens, and the rotation of their keys.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "TokenPolicy")]
pub(crate) struct ShownTokenPolicy {
    audiences: Audiences,
    key_rotation_days: RotationDays,
}

impl ShownTokenPolicy {
    pub(crate) fn tagged(policy: TokenPolicy) -> Tagged<Self> {
        Tagged {
            version: policy.version,
            body: Self {
                audiences: policy.audiences,
                key_rotation_days: policy.key_rotation_days,
            },
        }
    }
}
