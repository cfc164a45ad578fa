//! The tags of the OpenAPI document: the areas of the API.

use serde_json::{Value, json};
use shared::Endpoint;

/// A tag: the beginning of the IDs of its operations, its name, and its text.
type Tag = (&'static str, &'static str, &'static str);

// The first one that fits counts.
const TAGS: &[Tag] = &[
    (
        "clients.",
        "clients",
        "The API clients of an application, for machines.",
    ),
    (
        "settings.widget.",
        "published-settings",
        "Snapshots of settings that anyone may read, for machines.",
    ),
    (
        "settings.",
        "settings",
        "The settings of an application and of its clients, for machines.",
    ),
    (
        "widget_data.",
        "public-files",
        "The published settings as files, for anyone.",
    ),
    (
        "oauth2.",
        "access-tokens",
        "Access tokens (OAuth 2), and the keys that verify them.",
    ),
    (
        "admin.sessions.",
        "admin-sessions",
        "Signing in and out, for administrators.",
    ),
    ("admin.me", "admin-sessions", ""),
    (
        "admin.invitations.",
        "admin-invitations",
        "Taking up an invitation or a reset: password and authenticator.",
    ),
    (
        "admin.administrators.",
        "admin-administrators",
        "The administrators of an application.",
    ),
    (
        "admin.clients.",
        "admin-clients",
        "The API clients of an application, for administrators.",
    ),
    (
        "admin.modules.",
        "admin-modules",
        "The modules of an application.",
    ),
    (
        "admin.change_requests.",
        "admin-change-requests",
        "Changes that wait for the approval of a second administrator.",
    ),
    (
        "admin.multi_admin.",
        "admin-multi-admin",
        "Multi admin: whether changes need a second administrator.",
    ),
    (
        "admin.token_policy.",
        "admin-token-policy",
        "The audiences of access tokens, and the rotation of their keys.",
    ),
    (
        "admin.signing_keys.",
        "admin-signing-keys",
        "The keys that sign access tokens.",
    ),
    (
        "admin.audit.",
        "admin-audit",
        "The audit: every change and every refusal.",
    ),
    ("documents.", "description", "This description."),
];

/// Returns the tag of an operation.
pub(super) fn of(endpoint: &Endpoint) -> &'static str {
    let tag = TAGS
        .iter()
        .find(|(prefix, ..)| endpoint.id.starts_with(prefix));
    tag.map_or("other", |(_, name, _)| name)
}

/// Describes all tags.
pub(super) fn described() -> Vec<Value> {
    let with_text = TAGS.iter().filter(|(.., text)| !text.is_empty());
    with_text
        .map(|(_, name, text)| json!({ "name": name, "description": text }))
        .collect()
}
