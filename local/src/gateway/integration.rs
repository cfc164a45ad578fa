//! Lambda proxy integration: asks a function, and makes an HTTP response of its answer.
//!
//! Whole answers have payload format 2.0 of HTTP APIs. Streams have the format of function URLs.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::StreamExt;
use http::StatusCode;
use http::header::{self, HeaderName, HeaderValue};
use http_body_util::BodyExt;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde::Deserialize;
use serde_json::Value;

use crate::lambda::{Answer, Failure, Lambda};

/// Longest time that an HTTP API waits for a function.
const GATEWAY_TIMEOUT: Duration = Duration::from_secs(30);
/// Separator between the head and the body of a stream.
const SEPARATOR: [u8; 8] = [0; 8];
/// Largest head of a stream.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Gives an event to the function at this place, and makes a response of its answer.
///
/// A function that streams has a URL of its own, without the gateway's time limit.
pub(crate) async fn integrate(
    lambda: &Lambda,
    place: usize,
    streams: bool,
    event: &ApiGatewayV2httpRequest,
) -> Result<Response, Failure> {
    let event = serde_json::to_vec(event).map_err(|_| Failure::MalformedResponse)?;
    let asked = lambda.invoke(place, event);
    let answer = if streams {
        asked.await?
    } else {
        let answered = tokio::time::timeout(GATEWAY_TIMEOUT, asked).await;
        answered.map_err(|_| Failure::GatewayTimeout(GATEWAY_TIMEOUT))??
    };
    match answer {
        Answer::Whole(whole) => of_json(&whole),
        Answer::Stream(body) => of_stream(body).await,
    }
}

/// The JSON of a function's answer. A gateway ignores fields that it does not know.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProxyResponse {
    status_code: u16,
    #[serde(default)]
    headers: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    cookies: Option<Vec<String>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

fn of_json(answer: &[u8]) -> Result<Response, Failure> {
    let json: Value = serde_json::from_slice(answer).map_err(|_| Failure::MalformedResponse)?;
    if json.get("statusCode").is_none() {
        // Without a status, all of it is the body of a success.
        let mut response = Response::new(Body::from(match json {
            Value::String(text) => text,
            json => json.to_string(),
        }));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        return Ok(response);
    }
    let mut answer: ProxyResponse =
        serde_json::from_value(json).map_err(|_| Failure::MalformedResponse)?;
    let body = answer.body.take().unwrap_or_default();
    let body = if answer.is_base64_encoded {
        let bytes = BASE64_STANDARD.decode(body);
        bytes.map_err(|_| Failure::MalformedResponse)?
    } else {
        body.into_bytes()
    };
    answer.with(Body::from(body))
}

async fn of_stream(mut body: Body) -> Result<Response, Failure> {
    let mut begun = Vec::new();
    let place = loop {
        let separator = begun
            .windows(SEPARATOR.len())
            .position(|window| window == SEPARATOR);
        if let Some(place) = separator {
            break place;
        }
        if begun.len() > MAX_HEAD_BYTES {
            return Err(Failure::MalformedResponse);
        }
        let frame = body.frame().await.ok_or(Failure::MalformedResponse)?;
        let frame = frame.map_err(|_| Failure::NoAnswer)?;
        begun.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
    };
    let answer: ProxyResponse =
        serde_json::from_slice(&begun[..place]).map_err(|_| Failure::MalformedResponse)?;
    let first = Bytes::copy_from_slice(&begun[place + SEPARATOR.len()..]);
    let first = futures_util::stream::iter([Ok::<_, axum::Error>(first)]);
    answer.with(Body::from_stream(first.chain(body.into_data_stream())))
}

impl ProxyResponse {
    fn with(self, body: Body) -> Result<Response, Failure> {
        let mut response = Response::new(body);
        *response.status_mut() =
            StatusCode::from_u16(self.status_code).map_err(|_| Failure::MalformedResponse)?;
        for (name, value) in self.headers.into_iter().flatten() {
            let value = match value {
                Value::String(text) => text,
                value => value.to_string(),
            };
            let name: HeaderName = name.parse().map_err(|_| Failure::MalformedResponse)?;
            let value: HeaderValue = value.parse().map_err(|_| Failure::MalformedResponse)?;
            // Its length is the transport's to say.
            if name != header::CONTENT_LENGTH && name != header::TRANSFER_ENCODING {
                response.headers_mut().insert(name, value);
            }
        }
        for cookie in self.cookies.into_iter().flatten() {
            let cookie: HeaderValue = cookie.parse().map_err(|_| Failure::MalformedResponse)?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }
}
