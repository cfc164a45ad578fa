//! The one road from a request to its response: read, admit the caller, decode, run, render, log.

use std::net::IpAddr;
use std::time::Instant;

use http::HeaderMap;
use tracing::Instrument;

use crate::envelope::Rendered;
use crate::operation::{Endpoint, Envelope};
use crate::{Arguments, Context, Error};

/// The largest body that an operation reads: 1 MB.
pub const MAX_BODY_BYTES: usize = 1_048_576;

/// A request, as a gateway reports it.
#[derive(Clone, Default)]
pub struct Request {
    /// The HTTP method, for the log.
    pub method: String,
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
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) request: &'a Request,
    pub(crate) arguments: &'a Arguments,
    pub(crate) request_id: &'a str,
}

/// Takes `request` to `endpoint` and brings the response back. Never fails: faults are responses.
pub async fn answer(endpoint: &Endpoint, cx: &Context, request: &Request) -> Response {
    let started = Instant::now();
    let request_id = cx.random().id(16).unwrap_or_else(|_| "2".repeat(16));
    let span = tracing::info_span!("request", request_id);
    let rendered = travel(endpoint, cx, request, &request_id)
        .instrument(span.clone())
        .await;
    let Rendered { status, code, body } = rendered;
    span.in_scope(|| {
        tracing::info!(
            method = request.method,
            path = endpoint.route.path,
            status,
            code,
            milliseconds = started.elapsed().as_secs_f64() * 1000.0,
            "answered"
        );
    });
    Response {
        status,
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-request-id", request_id),
        ],
        body,
    }
}

async fn travel(
    endpoint: &Endpoint,
    cx: &Context,
    request: &Request,
    request_id: &str,
) -> Rendered {
    let outcome = if request.body.len() > MAX_BODY_BYTES {
        Err(Error::TooLarge)
    } else {
        let arguments = &match endpoint.route.envelope {
            Envelope::Machine => Arguments::of(request),
            Envelope::Document => Arguments::default(),
        };
        (endpoint.answer)(&Call {
            cx,
            endpoint,
            request,
            arguments,
            request_id,
        })
        .await
    };
    match outcome {
        Ok(body) => Rendered {
            status: 200,
            code: 0,
            body,
        },
        Err(error) => {
            if let Error::Unexpected(cause) = &error {
                tracing::error!(cause = cause.for_the_log(), "unexpected error");
            }
            endpoint.route.envelope.error(&error, request_id)
        }
    }
}
