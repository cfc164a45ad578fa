//! The suite: everything through the front door, each test with a server of its own.
//!
//! - [`contract`]: one file for each operation, with the bytes of its success and of each of its refusals.
//! - [`rules`]: what holds for more than one operation, a file or folder for each rule.
//! - [`attacks`]: what strangers, colleagues and other applications try, and bad input of every kind.
//! - [`models`]: random histories, each held to a model of clients, approvals or signing keys.
//! - [`aws`]: the template, the bootstrap as Lambda runs it, and what operations cost and are granted.
//! - [`local`]: the local binary as a process, and its faithful mode.
//! - [`derived`]: the files that are made from the declarations, and the lints of the house.
//!
//! What more than one of them calls stands in `tests/src`, the harness.

mod attacks;
mod aws;
mod contract;
mod derived;
mod local;
mod models;
mod rules;
