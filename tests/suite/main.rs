//! The suite: everything through the front door, each test with a server of its own.

mod admin_bodies;
mod admin_clients;
mod approvals_model;
mod authentication;
mod bad_input;
mod bootstrap;
mod concurrency;
mod contract;
mod cross_site;
mod deletion;
mod derived;
mod faults;
mod idempotency;
mod local_binary;
mod measures;
mod model;
mod newcomer;
mod permissions;
mod preconditions;
mod publishing;
mod secrecy;
mod settings;
mod settings_at_once;
mod signatures;
mod vendor_style;
