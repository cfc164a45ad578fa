//! The one road from a request to its response: read, admit the caller, decode, run, render, log.

mod account;

use std::time::Instant;

use tracing::Instrument;
use tracing::field::Empty;

pub use self::account::ANSWERED;
use self::account::Account;
use crate::admission::call::Call;
use crate::context::Context;
use crate::domain::audit::{About, Actor, Object};
use crate::error::{Error, Result};
use crate::operation::Endpoint;
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
    let mut account = Account {
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
        account.is_authentication_failure = error.refuses_credentials();
        endpoint.route.envelope.error(&error, &request_id)
    });
    let Rendered {
        status,
        code,
        mut headers,
        body,
    } = rendered;
    (account.status, account.code) = (status, code);
    headers.push(("x-request-id", request_id));
    Response {
        status,
        headers,
        body: account.accompany(body),
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

/// Writes a refusal into the audit before its caller hears of it. One that cannot be written down is
/// still a refusal, but not a silent one.
async fn recorded(call: &Call<'_>, about: About, error: Error) -> Error {
    let Some(reason) = reason(call, &error) else {
        return error;
    };
    let about = About {
        // A stranger names what he likes, and would make an event of each.
        object: match about.actor {
            Actor::Nobody => about.object,
            _ => about.object.or_else(|| named(call)),
        },
        ..about
    };
    let origin = call.origin(about.actor.clone());
    let store = call.cx.store();
    store.refuse(&origin, &about, reason, error).await
}

/// Is it a refusal that belongs into the audit, and under which name?
fn reason(call: &Call<'_>, error: &Error) -> Option<&'static str> {
    // A token that is refused is refused, also where it was asked for in the wrong way.
    let is_wrong = matches!(
        error,
        Error::Missing(_) | Error::Invalid { .. } | Error::Duplicate { .. }
    );
    let asks_for_tokens = call.envelope == Envelope::OAuth;
    let wrong = (asks_for_tokens && is_wrong).then_some("invalid-request");
    error.refusal().or(wrong)
}

/// What a request names, as far as its path and its arguments say it: a client, a person, a change
/// request. An invitation's token is no name.
fn named(call: &Call<'_>) -> Option<Object> {
    const ARGUMENTS: [(&str, &str); 4] = [
        ("client_id", "api_client"),
        ("id", "administrator"),
        ("for_client_id", "api_client"),
        ("client_id_for_deletion", "api_client"),
    ];
    let in_path = |name: &str| {
        let mut parameters = call.request.path_parameters.iter();
        parameters
            .find(|(known, _)| known == name)
            .map(|(_, id)| id.clone())
    };
    let in_form = |name: &str| {
        let given = call.arguments.credential(name).ok().flatten()?;
        Some(given.to_string())
    };
    ARGUMENTS.iter().find_map(|(name, kind)| {
        let id = match *name {
            "client_id" | "id" => in_path(name),
            _ => in_form(name),
        }?;
        let kind = if *name == "id" && call.operation.starts_with("admin.change_requests") {
            "change_request"
        } else {
            kind
        };
        Some(Object {
            kind,
            name: id.chars().take(255).collect(),
            id: id.chars().take(255).collect(),
        })
    })
}
