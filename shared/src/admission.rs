//! Admission: who a caller is, and what they may do.

pub(crate) mod authentication;
pub(crate) mod authorization;
pub(crate) mod call;
pub(crate) mod session;
