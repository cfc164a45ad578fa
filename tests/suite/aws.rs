//! The deployment on AWS: template, bootstrap, KMS, provisioning, and the costs and grants of each operation.

mod bootstrap;
mod faults;
pub(crate) mod measures;
mod provisioning;
mod template;
