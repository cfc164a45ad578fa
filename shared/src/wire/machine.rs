//! Replies and errors of the machine API (machine API contract, section 3).

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::wire::rendered::{FOR_ANY_SITE, Rendered};
use crate::wire::request::MAX_BODY_BYTES;
use crate::wire::route::Envelope;

/// The machine API's success: the reply's own fields, `stat` last.
#[derive(Serialize)]
struct Success<'a, R> {
    #[serde(flatten)]
    reply: &'a R,
    stat: &'static str,
}

/// An error of the machine API.
// The fields stand in the order of the contract.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(crate) struct Failure<'a> {
    /// The argument that is missing or does not fit: with the codes 100 and 200 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    argument_name: Option<&'a str>,
    /// The ID of the request, which is also in every line of the log.
    request_id: &'a str,
    /// The number of the kind of error.
    #[schemars(extend("enum" = CODES))]
    code: u16,
    /// The reason, for the person who reads it.
    error_description: String,
    /// The name of the kind of error.
    error: &'static str,
    #[schemars(extend("const" = "error"))]
    stat: &'static str,
}

/// A change that waits for approval, as the machine API answers it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Pending<'a> {
    /// The ID of the change request.
    change_request: &'a str,
    #[schemars(extend("const" = "pending"))]
    stat: &'static str,
}

/// The codes of the machine API's errors (machine API contract, section 3).
const CODES: [u16; 9] = [100, 200, 201, 205, 402, 403, 480, 500, 510];

/// Serialises a reply with `stat` behind its fields.
pub(crate) fn reply<R: Serialize>(reply: &R) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Success { reply, stat: "ok" })
}

/// Renders an error of the machine API, of a public document or of a public file.
pub(crate) fn render(envelope: Envelope, error: &Error, request_id: &str) -> Rendered {
    if let Error::HeldBack(held) = error {
        return pending(held.id());
    }
    let (code, name) = code(error);
    let failure = Failure {
        argument_name: argument(error),
        request_id,
        code,
        error_description: describe(error),
        error: name,
        stat: "error",
    };
    let status = match (envelope, error) {
        // Published clients throw on any status but 200 before they read the body. A body that
        // is too large is the exception: a gateway or proxy in front answers it with 413, too.
        (_, Error::TooLarge) => 413,
        (Envelope::Machine, _) => 200,
        // A part of the path that cannot be a name names nothing.
        (Envelope::File, Error::NotFound | Error::Invalid { .. }) => return not_found(),
        (_, Error::Busy) => 503,
        (_, _) => 500,
    };
    Rendered::json(
        status,
        code,
        serde_json::to_vec(&failure).unwrap_or_default(),
    )
}

/// Renders a change that waits for approval (machine API contract, section 6).
///
/// A caller that reads `stat` alone sees that it is not `ok`.
fn pending(change_request: &str) -> Rendered {
    let pending = Pending {
        change_request,
        stat: "pending",
    };
    Rendered::json(200, 0, serde_json::to_vec(&pending).unwrap_or_default())
}

/// Renders the gateway's own answer for an unknown path, so that nobody can tell which part was wrong.
fn not_found() -> Rendered {
    let mut rendered = Rendered::json(404, 404, br#"{"message":"Not Found"}"#.to_vec());
    rendered
        .headers
        .extend(FOR_ANY_SITE.map(|(name, value)| (name, value.to_owned())));
    rendered
}

/// Returns the contract's table of codes (machine API contract, section 3).
fn code(error: &Error) -> (u16, &'static str) {
    match error {
        Error::Missing(_) => (100, "missing_argument"),
        Error::Invalid { .. } | Error::TooLarge | Error::Taken { .. } => (200, "invalid_argument"),
        Error::Duplicate { .. } => (201, "duplicate_argument"),
        Error::UnsupportedScheme => (205, "invalid_auth_method"),
        Error::BadCredentials => (402, "invalid_client_credentials"),
        Error::NotPermitted => (403, "client_permission_error"),
        Error::Conflict { .. } => (480, "api_feature_disabled"),
        Error::Busy | Error::TooMany { .. } => (510, "api_limit_error"),
        // The admin API's own: no machine operation says these. Nor does one say that anything is
        // not found: its argument is not valid.
        Error::NotFound
        | Error::Unfit(_)
        | Error::UnsupportedMedia
        | Error::SignedOut
        | Error::SignInFailed
        | Error::WrongCode
        | Error::CrossSite
        | Error::Stale
        | Error::KeyReused
        | Error::HeldBack(_)
        | Error::Token(_)
        | Error::Unexpected(_) => (500, "unexpected_error"),
    }
}

fn argument(error: &Error) -> Option<&str> {
    match error {
        Error::Missing(names) => names.first().map(String::as_str),
        Error::Invalid { argument, .. } => Some(argument),
        Error::Taken { argument, .. } => Some(argument),
        Error::TooLarge => Some("body"),
        _ => None,
    }
}

fn describe(error: &Error) -> String {
    let not_valid = |argument: &str, reason: &str| {
        format!("{argument} was not valid for the following reason: {reason}")
    };
    match error {
        Error::Missing(names) if names.len() == 1 => {
            format!("missing required argument: {}", names[0])
        }
        Error::Missing(names) => format!("missing arguments: {}", names.join(", ")),
        Error::Invalid { argument, reason } => not_valid(argument, reason),
        Error::Taken { argument, by } => not_valid(argument, &format!("{by} has it")),
        Error::TooLarge => not_valid("body", &format!("it is larger than {MAX_BODY_BYTES} bytes")),
        Error::Duplicate { argument } => {
            format!("{argument} was given more than once with different values")
        }
        Error::UnsupportedScheme => {
            "the Authorization header's scheme is not supported; use HTTP Basic".to_owned()
        }
        Error::BadCredentials => "the client credentials are missing or not valid".to_owned(),
        Error::NotPermitted => "this client does not have authorization for this action".to_owned(),
        Error::Conflict { detail, .. } => detail.clone(),
        Error::Busy | Error::TooMany { .. } => {
            "too many calls at once; nothing was changed, try again in a moment".to_owned()
        }
        _ => "an unexpected error occurred; the log has more under this request_id".to_owned(),
    }
}
