//! A request as a gateway reports it, the response to it, and what becomes of it on the way.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;

use futures_util::Stream;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::error::Result;
use crate::wire::correlation::Correlation;

/// The largest body that an operation reads: 1 MB.
pub const MAX_BODY_BYTES: usize = 1_048_576;

/// A request, as a gateway reports it.
#[derive(Clone, Default)]
pub struct Request {
    /// The HTTP method, for the log.
    pub method: String,
    /// The path, unescaped.
    pub path: String,
    /// The value of each `{name}` in the route's path.
    pub path_parameters: Vec<(String, String)>,
    /// The query string, without its question mark, still escaped.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decoded if the gateway had encoded it.
    pub body: Vec<u8>,
    /// The caller's address as the gateway saw it. Headers are never asked for it.
    pub source_ip: Option<IpAddr>,
    /// The host name that the gateway was called by, as the gateway says it.
    pub domain: Option<String>,
    /// The correlation IDs, for the log.
    pub correlation: Correlation,
}

impl Request {
    /// Returns whether its body has this media type, with any parameters.
    pub(crate) fn is_of(&self, media_type: &str) -> bool {
        let kind = self.headers.get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok());
        let essence = kind.and_then(|kind| kind.split(';').next());
        essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(media_type))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    pub body: Body,
}

/// The body of a response.
pub enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// In pieces, as they are made. One that is an error ends it, and its reader sees that it was
    /// cut off.
    Stream(BodyStream),
}

/// A body in pieces.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Vec<u8>>> + Send>>;

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(..)")
    }
}
