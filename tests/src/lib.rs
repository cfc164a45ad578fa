//! The harness of the suite: a running Countersign, callers of every kind, and their replies.
//!
//! Every test has a server of its own, on the embedded store. `COUNTERSIGN_TEST_DYNAMODB` names the
//! URL of another DynamoDB. There each test has a table prefix of its own.

pub mod access_tokens;
pub mod admin_clients;
pub mod administrators;
mod app;
pub mod audit;
pub mod binary;
pub mod call_hooks;
mod caller;
pub mod captured_log;
pub mod change_requests;
pub mod derived;
mod described;
pub mod gate;
pub mod interleaving;
pub mod machine_api;
pub mod measure;
mod person;
pub mod published;
pub mod resets;
pub mod runtime_api;
pub mod settings;
pub mod signatures;
pub mod signing_keys;

pub use app::{APPLICATION, App, Setup, random_name, remote_dynamodb, secret_of};
pub use caller::{Caller, Reply, form, http_from};
pub use person::{Authenticator, PASSWORD, PEOPLE, Person, base32, email_of, from_base32};
