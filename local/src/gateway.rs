//! API Gateway's part: turns an HTTP request into the event that a Lambda function gets.

mod event;
mod integration;

use std::borrow::Cow;
use std::net::SocketAddr;

use axum::response::{IntoResponse, Response};
use functions::AnswerBody;
use http::StatusCode;
use http::header::{self, HeaderValue};
use http::request::Parts;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::request::LambdaRequest;
use percent_encoding::percent_decode_str;
use url::Url;

pub(crate) use self::event::event;
pub(crate) use self::integration::integrate;
use crate::lambda::Failure;

/// The largest body that API Gateway passes on.
pub const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;
/// The most that API Gateway takes for the request line and the values of all headers together.
pub const MAX_HEAD_BYTES: usize = 10_240;

/// An error that API Gateway answers by itself, without asking a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    BadRequest,
    NotFound,
    BodyTooLarge,
    HeadTooLarge,
    FunctionFailed,
    FunctionTooSlow,
}

impl Refusal {
    /// Returns the error that a caller gets when a function does not answer.
    pub(crate) fn of(failure: &Failure) -> Self {
        match failure {
            Failure::EventTooLarge => Self::BodyTooLarge,
            Failure::GatewayTimeout(_) => Self::FunctionTooSlow,
            _ => Self::FunctionFailed,
        }
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::FunctionFailed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::FunctionTooSlow => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::NotFound => "Not Found",
            Self::BodyTooLarge => "Request Entity Too Large",
            Self::HeadTooLarge => "Request Header Fields Too Large",
            Self::FunctionFailed => "Internal Server Error",
            Self::FunctionTooSlow => "Service Unavailable",
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = format!(r#"{{"message":"{}"}}"#, self.message());
        let content_type = (header::CONTENT_TYPE, "application/json");
        (self.status(), [content_type], body).into_response()
    }
}

/// The facts about a request that are not in the request itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    /// The address at the other end of the connection.
    pub(crate) peer: SocketAddr,
    /// The port that it came to.
    pub(crate) port: u16,
    /// The time, in milliseconds since the epoch.
    pub(crate) at: i64,
    /// The gateway's own ID of it.
    pub(crate) request_id: &'a str,
}

/// Returns the path that routes are found by, percent-decoded as in a `rawPath`.
///
/// Refuses a head that cannot be put together to a URL again. `lambda_http` would panic on one, for
/// instance on an invalid host.
pub(crate) fn path(head: &Parts) -> Result<String, Refusal> {
    let values: usize = head.headers.values().map(HeaderValue::len).sum();
    let line = head.uri.path().len() + head.uri.query().map_or(0, str::len);
    if values + line > MAX_HEAD_BYTES {
        return Err(Refusal::HeadTooLarge);
    }
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let host = hosts.next().map(HeaderValue::to_str);
    if hosts.next().is_some() || !host.is_none_or(|host| host.is_ok_and(is_host)) {
        return Err(Refusal::BadRequest);
    }
    let path = percent_decode_str(head.uri.path()).decode_utf8();
    path.map(Cow::into_owned).map_err(|_| Refusal::BadRequest)
}

fn is_host(host: &str) -> bool {
    // A stricter alphabet than RFC 3986 has: all names and addresses, but no user, no escapes.
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b);
    let is_url = |host| Url::parse(&format!("http://{host}/")).is_ok();
    host.bytes().all(is_plain) && is_url(host)
}

/// Returns the request that a function gets for an event.
pub(crate) fn request(event: ApiGatewayV2httpRequest) -> lambda_http::Request {
    LambdaRequest::ApiGatewayV2(event).into()
}

/// Turns a function's answer into a response. A stream goes out piece by piece, as from a function URL.
pub(crate) fn response(answer: http::Response<AnswerBody>) -> Response {
    answer
        .map(|body| match body {
            AnswerBody::Whole(lambda_http::Body::Text(text)) => axum::body::Body::from(text),
            AnswerBody::Whole(lambda_http::Body::Binary(bytes)) => axum::body::Body::from(bytes),
            AnswerBody::Whole(_) => axum::body::Body::empty(),
            AnswerBody::Pieces(pieces) => axum::body::Body::new(pieces),
        })
        .into_response()
}

#[cfg(test)]
mod tests;
