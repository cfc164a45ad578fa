//! The wire: requests, arguments, replies and errors, as each API has them.
//!
//! # Why it is as it is
//!
//! *Four envelopes, one core.* The machine API copies a published contract: HTTP 200 for everything,
//! `stat` in the body, forms. The admin API has statuses, JSON and RFC 9457 problems. OAuth 2 has its
//! own RFCs. Public files have none of that. The route names its envelope, and the operation does not
//! know it. So the same error has three forms, each in one file, matched exhaustively.
//!
//! *Strict at the edge.* Arguments are parsed into types that carry their rules, before an operation
//! runs. A fault names its argument. A value that two readers could understand differently is
//! refused. Examples are an argument given twice and an invalid encoding.
//!
//! *The store is not known here*, nor is the wire known there. What both need stands in the domain.
//!
//! # Reading order
//!
//! `request`, `route` and `envelope`. In: `arguments`, `json_body`, `precondition`, `correlation`.
//! Out: `reply` and `rendered`, then an API each: `machine`, `admin`, `oauth`, `file` with
//! `published_file`.

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
