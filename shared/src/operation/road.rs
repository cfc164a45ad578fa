//! The one road from a request to its response: read, admit the caller, decode, run, render, log.

use std::time::Instant;

use tracing::Instrument;
use tracing::field::Empty;

use super::Endpoint;
use super::log_line::LogLine;
use super::refusal::recorded;
use crate::admission::call::Call;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::wire::arguments::Arguments;
use crate::wire::rendered::Rendered;
use crate::wire::request::{MAX_BODY_BYTES, Request, Response};
use crate::wire::route::Envelope;

/// Takes `request` to `endpoint` and brings the response back. Never fails: faults are responses.
pub async fn answer(endpoint: &Endpoint, cx: &Context, request: &Request) -> Response {
    let started = Instant::now();
    let request_id = cx.random().id(16).unwrap_or_else(|_| "2".repeat(16));
    let span = tracing::info_span!(
        "request",
        request_id,
        operation = endpoint.id,
        application = Empty,
        gateway_request_id = request.correlation.gateway,
        lambda_request_id = request.correlation.lambda,
        trace_id = request.correlation.trace,
    );
    let mut log_line = LogLine {
        span: span.clone(),
        method: request.method.clone(),
        path: endpoint.route.path,
        started,
        status: 500,
        code: 500,
        is_authentication_failure: false,
    };
    let outcome = travel(endpoint, cx, request, &request_id)
        .instrument(span)
        .await;
    let rendered = outcome.unwrap_or_else(|error| {
        log_line.is_authentication_failure = error.refuses_credentials();
        endpoint.route.envelope.error(&error, &request_id)
    });
    let Rendered {
        status,
        code,
        mut headers,
        body,
    } = rendered;
    (log_line.status, log_line.code) = (status, code);
    headers.push(("x-request-id", request_id));
    Response {
        status,
        headers,
        body: log_line.accompany(body),
    }
}

async fn travel(
    endpoint: &Endpoint,
    cx: &Context,
    request: &Request,
    request_id: &str,
) -> Result<Rendered> {
    let outcome = if request.body.len() > MAX_BODY_BYTES {
        Err(Error::TooLarge)
    } else {
        let arguments = &match endpoint.route.envelope {
            Envelope::Machine => Arguments::of(request),
            Envelope::File => Arguments::of_path(request),
            Envelope::Document => Arguments::default(),
            Envelope::Admin => Arguments::of_path_and_query(request),
            Envelope::OAuth => Arguments::of_strict_form(request),
        };
        let call = Call {
            cx,
            operation: endpoint.id,
            names: endpoint.route.names,
            request,
            arguments,
            request_id,
            envelope: endpoint.route.envelope,
        };
        let answered = (endpoint.answer)(&call).await;
        let outcome = match (answered.outcome, answered.about) {
            (Err(error), Some(about)) => Err(recorded(&call, about, error).await),
            (outcome, _) => outcome,
        };
        if let Some(pending) = answered.pending_write {
            pending.done().await;
        }
        outcome
    };
    if let Err(Error::Unexpected(cause)) = &outcome {
        tracing::error!(cause = cause.for_the_log(), "unexpected error");
    }
    outcome
}
