//! The wire: requests, arguments, and the answers of each API. It names HTTP and knows no storage.

pub(crate) mod admin;
pub(crate) mod arguments;
pub(crate) mod correlation;
pub(crate) mod envelope;
pub(crate) mod file;
pub(crate) mod json_body;
pub(crate) mod json_pointer;
pub(crate) mod machine;
pub(crate) mod oauth;
pub(crate) mod precondition;
pub(crate) mod published_file;
pub(crate) mod rendered;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod route;
