//! A request as a gateway reports it, the response to it, and what becomes of it on the way.

use std::net::IpAddr;

use http::HeaderMap;

use crate::{Arguments, Context};

/// The largest body that an operation reads: 1 MB.
pub const MAX_BODY_BYTES: usize = 1_048_576;

/// A request, as a gateway reports it.
#[derive(Clone, Default)]
pub struct Request {
    /// The HTTP method, for the log.
    pub method: String,
    /// The path, unescaped.
    pub path: String,
    /// What stands in the place of each `{name}` of the route's path.
    pub path_parameters: Vec<(String, String)>,
    /// The query string, without its question mark, still escaped.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decoded if the gateway had encoded it.
    pub body: Vec<u8>,
    /// The caller's address as the gateway saw it. Headers are never asked for it.
    pub source_ip: Option<IpAddr>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Request(..)")
    }
}

/// A response, on its way out.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A request on the road: what admission, decoding and the store need to know of it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub(crate) cx: &'a Context,
    /// The operation's ID, which is also the action that the audit tells.
    pub(crate) operation: &'static str,
    pub(crate) request: &'a Request,
    pub(crate) arguments: &'a Arguments,
    pub(crate) request_id: &'a str,
}
