//! The rules that hold for more than one operation, a file or folder for each.

mod access_tokens;
mod admin_clients;
mod administrators;
mod audiences;
mod audit;
mod authentication;
pub(crate) mod change_requests;
mod clients_at_once;
mod deletion;
mod idempotency;
mod last_use;
mod log_lines;
mod oauth_metadata;
mod permissions;
mod preconditions;
mod publishing;
mod settings_at_once;
mod signatures;
mod signing_keys;
mod vendor_style;
