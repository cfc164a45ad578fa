//! Countersign on one machine: an HTTP server that runs the operations as AWS would run them.
//!
//! A request goes the way it goes on AWS. [`server`] takes it as API Gateway would, and hands it to
//! the operation's own function. Every call of that function to DynamoDB goes through its
//! [`dynamodb::TableGuard`]. It forwards what `template.yaml` grants and refuses the rest. Behind the
//! guards is the [`embedded::Embedded`] DynamoDB, or a real one.

pub mod dynamodb;
pub mod embedded;
mod fault;
mod gateway;
pub mod iam;
pub mod keys;
mod lambda;
pub mod options;
mod routes;
pub mod server;

pub use dynamodb::{AnswerView, Call, CallHook, Intervention, Need};
pub use embedded::Embedded;
pub use fault::StartError;
pub use gateway::{MAX_BODY_BYTES, MAX_HEAD_BYTES};
pub use lambda::{Bootstrap, MAX_PAYLOAD_BYTES};
pub use server::{Options, Running, Storage, start};

/// The SAM template that this was built with.
pub const TEMPLATE: &str = include_str!("../../template.yaml");
