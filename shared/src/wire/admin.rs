//! Errors of the admin API: problem details (RFC 9457) with a stable `type`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::change_request::ChangeRequest;
use crate::error::{Error, Fault, Held};
use crate::wire::json_pointer::escaped;
use crate::wire::rendered::{Rendered, retry_after};
use crate::wire::request::MAX_BODY_BYTES;

/// Prefix of every `type`. It is a name, not an address.
const TYPE: &str = "urn:countersign:problem:";

/// An error of the admin API: problem details (RFC 9457).
#[derive(Serialize, JsonSchema)]
pub(crate) struct Problem<'a> {
    /// The kind of the problem: `urn:countersign:problem:` and a name. It does not change.
    #[serde(rename = "type")]
    #[schemars(extend("pattern" = "^urn:countersign:problem:[a-z-]+$", "examples" = ["urn:countersign:problem:not-found"]))]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The reason of this very problem, for the person who reads it.
    detail: String,
    /// The ID of the request, which is also in every line of the log.
    request_id: &'a str,
    /// The parts of the input that do not fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// The ID of the change request that is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    change_request: Option<&'a str>,
}

/// A change that waits for approval, as the admin API answers it.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it describes what is written by hand")]
pub(crate) struct PendingChange {
    change_request: ChangeRequest,
}

/// Renders a change that waits for approval (administration contract, section 8).
fn held_back(held: &dyn Held) -> Rendered {
    // Written by hand around the request, so that its fields keep the order of the other replies.
    let request = held.to_json().unwrap_or_else(|_| "null".to_owned());
    let body = format!(r#"{{"change_request":{request}}}"#);
    let mut rendered = Rendered::json(202, 0, body.into_bytes());
    let location = format!("/admin/change-requests/{}", held.id());
    rendered.headers.push(("location", location));
    rendered.headers.extend(for_the_console());
    rendered
}

/// Headers of every answer to the console's browser.
///
/// No browser guesses another type. No referrer is sent, because the address of an invitation is a
/// secret.
pub(crate) fn for_the_console() -> [(&'static str, String); 2] {
    [
        ("x-content-type-options", "nosniff".to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
    ]
}

/// Returns the response that `error` becomes.
pub(crate) fn render(error: &Error, request_id: &str) -> Rendered {
    if let Error::HeldBack(held) = error {
        return held_back(held.as_ref());
    }
    let (status, kind, title) = classify(error);
    let problem = Problem {
        kind: format!("{TYPE}{kind}"),
        title,
        status,
        detail: describe(error),
        request_id,
        errors: faults(error),
        change_request: match error {
            Error::Conflict { change_request, .. } => change_request.as_deref(),
            _ => None,
        },
    };
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut rendered = Rendered::of_type("application/problem+json", status, status, body);
    rendered.headers.extend(for_the_console());
    if let Error::SignedOut | Error::SignInFailed = error {
        let challenge = ("www-authenticate", "Bearer".to_owned());
        rendered.headers.push(challenge);
    }
    rendered.headers.extend(retry_after(error));
    rendered
}

/// Returns the status, name and title of a problem (administration contract, section 8).
fn classify(error: &Error) -> (u16, &'static str, &'static str) {
    match error {
        Error::SignedOut | Error::BadCredentials | Error::UnsupportedScheme => {
            (401, "not-signed-in", "Not signed in")
        }
        Error::SignInFailed => (401, "sign-in-failed", "Signing in failed"),
        Error::WrongCode => (401, "wrong-code", "Wrong code"),
        Error::NotPermitted | Error::Token(_) => (403, "not-permitted", "Not permitted"),
        Error::CrossSite => (403, "cross-site", "From another site"),
        Error::NotFound => (404, "not-found", "Not found"),
        Error::Taken { .. } => (409, "taken", "Already taken"),
        Error::Conflict { kind, .. } => (409, kind, "Not possible now"),
        Error::HeldBack(_) => (202, "held-back", "Waits for approval"),
        Error::Stale => (412, "stale", "Changed in the meantime"),
        Error::TooLarge => (413, "too-large", "Too large"),
        Error::UnsupportedMedia => (415, "unsupported-media-type", "Not JSON"),
        Error::Missing(_) | Error::Invalid { .. } | Error::Duplicate { .. } | Error::Unfit(_) => {
            (422, "invalid", "Does not fit")
        }
        Error::KeyReused => (422, "idempotency-key-reused", "Used for something else"),
        Error::TooMany { .. } => (429, "too-many-attempts", "Too many attempts"),
        Error::Unexpected(_) => (500, "unexpected", "Unexpected error"),
        Error::Busy => (503, "busy", "Busy"),
    }
}

fn faults(error: &Error) -> Vec<Fault> {
    let fault = |name: &str, detail: &str| Fault {
        pointer: format!("/{}", escaped(name)),
        detail: detail.to_owned(),
    };
    match error {
        Error::Unfit(faults) => faults.clone(),
        Error::Missing(names) => names
            .iter()
            .map(|name| fault(name, "it is missing"))
            .collect(),
        Error::Invalid { argument, reason } => vec![fault(argument, reason)],
        Error::Duplicate { argument } => {
            vec![fault(
                argument,
                "it was given more than once with different values",
            )]
        }
        Error::Taken { argument, by } => vec![fault(argument, &format!("{by} has it"))],
        _ => Vec::new(),
    }
}

fn describe(error: &Error) -> String {
    match error {
        Error::SignedOut | Error::BadCredentials | Error::UnsupportedScheme => {
            "there is no session, or it has ended; sign in with POST /admin/sessions"
        }
        Error::SignInFailed => {
            "the address, the password and the code do not fit together, or the code was used before, or there were too many attempts"
        }
        Error::WrongCode => {
            "the code is wrong or was used before; wait for the next one that the authenticator shows"
        }
        Error::NotPermitted | Error::Token(_) => "this takes a privilege that you do not hold",
        Error::CrossSite => {
            "a request with the session's cookie must come from the console's own pages; others send the token as a bearer token"
        }
        Error::NotFound => "there is nothing here, or it is not yours to see",
        Error::HeldBack(_) => "it waits for approval",
        Error::Conflict { detail, .. } => detail,
        Error::Stale => "it is no longer the version that If-Match names; read it again",
        Error::TooLarge => return format!("a body has at most {MAX_BODY_BYTES} bytes"),
        Error::UnsupportedMedia => "the body must be JSON, with Content-Type: application/json",
        Error::Missing(_) | Error::Invalid { .. } | Error::Duplicate { .. } | Error::Unfit(_) => {
            "see `errors` for each part that does not fit; nothing was changed"
        }
        Error::Taken { argument, by } => return format!("{by} has this {argument}"),
        Error::KeyReused => {
            "this Idempotency-Key came with another request before; use a new key for a new request"
        }
        Error::TooMany { .. } => "too many attempts; Retry-After says how many seconds to wait",
        Error::Unexpected(_) => "an unexpected error occurred; the log has more under this request_id",
        Error::Busy => "too many changes at once; nothing was changed, try again in a moment",
    }
    .to_owned()
}
