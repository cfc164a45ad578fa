//! An API client as the admin API shows it: never with its secret.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::Uses;
use shared::{
    AllowList, Client, ClientId, ClientProfile, Description, Features, ModuleGrants, Moment,
    Timestamp,
};

/// An API client, without its secret.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ApiClient")]
pub(crate) struct ShownClient {
    pub(crate) client_id: ClientId,
    /// Its display name.
    name: Description,
    /// Whether it may call at all. A client that is not enabled is refused like an unknown one.
    enabled: bool,
    features: Features,
    allow_list: AllowList,
    /// The modules that it is let into.
    modules: ModuleGrants,
    created_at: Moment,
    /// Until when the secret before the present one works; `null` if none does.
    previous_secret_expires_at: Option<Moment>,
    /// When its present secret was last used, to the minute; `null` if it never was.
    secret_last_used_at: Option<Moment>,
    /// When the secret before it was last used, as long as that one works: whether it can end.
    previous_secret_last_used_at: Option<Moment>,
}

impl ShownClient {
    pub(crate) fn of(client: &Client, uses: &Uses, now: Timestamp) -> Self {
        let ClientProfile {
            description,
            enabled,
            features,
            allow_list,
            modules,
        } = client.profile.clone();
        Self {
            client_id: client.id.clone(),
            name: description,
            enabled,
            features,
            allow_list,
            modules,
            created_at: Moment(client.created),
            previous_secret_expires_at: client.previous_secret_until(now).map(Moment),
            secret_last_used_at: uses.of_present_secret(client).map(Moment),
            previous_secret_last_used_at: uses.of_previous_secret(client, now).map(Moment),
        }
    }
}

/// Returns the path of a client.
pub(crate) fn path(id: &ClientId) -> String {
    let part =
        percent_encoding::utf8_percent_encode(id.as_str(), percent_encoding::NON_ALPHANUMERIC);
    format!("/admin/clients/{part}")
}
