//! The responses of the OpenAPI document.
//!
//! Each operation has its success, the change that waits for approval if it can wait, and its errors.

use serde_json::{Map, Value, json};
use shared::{Endpoint, Envelope, Requirement};

use super::schemas::Schemas;

/// Describes the responses of an operation, by status.
pub(super) fn of(endpoint: &Endpoint, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    let reply = schemas.reply(endpoint);
    match endpoint.route.envelope {
        Envelope::Machine => {
            let mut choices = vec![
                reply,
                schemas.other(|g| Envelope::Machine.describe_error(g)),
            ];
            if endpoint.can_wait() {
                choices.push(schemas.other(|g| Envelope::Machine.describe_pending(g)));
            }
            let schema = json!({ "oneOf": choices });
            let text = if endpoint.can_wait() {
                "Done, or pending, or an error: `stat` tells which."
            } else {
                "Done, or an error: `stat` tells which."
            };
            responses.insert("200".to_owned(), success(endpoint, text, &schema));
        }
        Envelope::Document | Envelope::File | Envelope::OAuth | Envelope::Admin => {
            let success = success(endpoint, "Done.", &reply);
            responses.insert(endpoint.status.to_string(), success);
        }
    }
    if endpoint.can_wait() && endpoint.route.envelope == Envelope::Admin {
        responses.insert("202".to_owned(), reference("Pending"));
    }
    for (status, name) in errors(endpoint) {
        responses.insert(status.to_string(), reference(name));
    }
    responses.insert("default".to_owned(), reference("Gateway"));
    responses.into()
}

fn reference(response: &str) -> Value {
    json!({ "$ref": format!("#/components/responses/{response}") })
}

fn success(endpoint: &Endpoint, text: &str, schema: &Value) -> Value {
    let mut response = json!({
        "description": text,
        "headers": referenced(endpoint.headers.iter().copied().chain(["x-request-id"])),
    });
    let content = endpoint.media_types.iter().map(|media_type| {
        let essence = media_type.split(';').next().unwrap_or_default();
        // A schema says something of JSON alone.
        let schema = if essence.ends_with("json") && !endpoint.streams {
            schema.clone()
        } else {
            json!({ "type": "string" })
        };
        (essence.to_owned(), json!({ "schema": schema }))
    });
    let content: Map<_, _> = content.collect();
    if !content.is_empty() {
        response["content"] = content.into();
    }
    response
}

/// Returns the errors that an operation can have: each a status, and the name of a response.
fn errors(endpoint: &Endpoint) -> Vec<(u16, &'static str)> {
    match endpoint.route.envelope {
        Envelope::Machine => vec![(413, "TooLarge")],
        Envelope::Document => vec![(413, "TooLarge"), (500, "Failed"), (503, "FailedBusy")],
        Envelope::File => vec![
            (304, "NotModified"),
            (404, "NoSuchFile"),
            (413, "TooLarge"),
            (500, "Failed"),
            (503, "FailedBusy"),
        ],
        Envelope::OAuth => vec![
            (400, "TokenRefused"),
            (401, "TokenNotAuthenticated"),
            (413, "TokenTooLarge"),
            (500, "TokenUnexpected"),
            (503, "TokenBusy"),
        ],
        Envelope::Admin => of_admin(endpoint),
    }
}

/// Returns the errors of an operation of the admin API, which follow from its declarations.
fn of_admin(endpoint: &Endpoint) -> Vec<(u16, &'static str)> {
    let only_reads = endpoint.route.methods == ["GET"];
    let (has_session, takes_privileges) = match endpoint.requires {
        Requirement::Privileges(privileges) => (true, !privileges.is_empty()),
        Requirement::Nothing | Requirement::AnyFeature(_) | Requirement::Client => (false, false),
    };
    let all = [
        (has_session || endpoint.hashes_slowly(), 401, "NotSignedIn"),
        // A change that comes from another site is refused, whoever asks for it.
        (takes_privileges || !only_reads, 403, "NotPermitted"),
        (endpoint.route.path.contains('{'), 404, "NotFound"),
        (endpoint.can_conflict(), 409, "Conflict"),
        (endpoint.changes_a_version(), 412, "Stale"),
        (true, 413, "ProblemTooLarge"),
        (endpoint.route.takes_json(), 415, "NotJson"),
        (true, 422, "Invalid"),
        (endpoint.is_limited(), 429, "TooMany"),
        (true, 500, "Unexpected"),
        (true, 503, "Busy"),
    ];
    let possible = all.into_iter().filter(|(can_be, ..)| *can_be);
    possible.map(|(_, status, name)| (status, name)).collect()
}

/// The body of a response that operations share.
#[derive(Clone, Copy)]
enum Body {
    Error,
    Gateway,
    None,
    Pending,
    Problem,
    Token,
}

impl Body {
    /// Describes the content of the response; none where it has no body.
    fn content(self, schemas: &mut Schemas) -> Option<Value> {
        let (media_type, schema) = match self {
            Self::None => return None,
            Self::Error => (JSON, schemas.other(|g| Envelope::Machine.describe_error(g))),
            Self::Gateway => (JSON, schemas.other(Envelope::describe_gateway)),
            Self::Pending => (JSON, schemas.other(|g| Envelope::Admin.describe_pending(g))),
            Self::Problem => (
                PROBLEM,
                schemas.other(|g| Envelope::Admin.describe_error(g)),
            ),
            Self::Token => (JSON, schemas.other(|g| Envelope::OAuth.describe_error(g))),
        };
        Some(json!({ media_type: { "schema": schema } }))
    }
}

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// A response that operations share: name, text, headers, and body.
type Shared = (&'static str, &'static str, &'static [&'static str], Body);

const ID: &str = "x-request-id";

const SHARED: &[Shared] = &[
    (
        "Pending",
        "The change waits for approval.",
        &["location", ID],
        Body::Pending,
    ),
    (
        "NotSignedIn",
        "There is no session, or it has ended. Or the password or the code is wrong.",
        &["www-authenticate", ID],
        Body::Problem,
    ),
    (
        "NotPermitted",
        "A privilege is missing, or the request comes from another site.",
        &[ID],
        Body::Problem,
    ),
    (
        "NotFound",
        "There is no such thing in the application.",
        &[ID],
        Body::Problem,
    ),
    (
        "Conflict",
        "It is not possible now: `type` says why.",
        &[ID],
        Body::Problem,
    ),
    (
        "Stale",
        "`If-Match` names a version that is no longer the present one.",
        &[ID],
        Body::Problem,
    ),
    (
        "ProblemTooLarge",
        "The body is too large.",
        &[ID],
        Body::Problem,
    ),
    (
        "NotJson",
        "The body is not JSON, or does not say that it is.",
        &[ID],
        Body::Problem,
    ),
    (
        "Invalid",
        "The input does not fit: `errors` has each part.",
        &[ID],
        Body::Problem,
    ),
    (
        "TooMany",
        "There were too many attempts.",
        &["retry-after", ID],
        Body::Problem,
    ),
    ("Unexpected", "An unexpected error.", &[ID], Body::Problem),
    (
        "Busy",
        "Too many changes at once. Nothing was changed.",
        &["retry-after", ID],
        Body::Problem,
    ),
    ("TooLarge", "The body is too large.", &[ID], Body::Error),
    ("Failed", "An unexpected error.", &[ID], Body::Error),
    ("FailedBusy", "Too many calls at once.", &[ID], Body::Error),
    (
        "NotModified",
        "The caller has the file already: its `If-None-Match` names the `ETag` of the file.",
        &["cache-control", "etag", ID],
        Body::None,
    ),
    ("NoSuchFile", "There is no such file.", &[ID], Body::Gateway),
    (
        "TokenRefused",
        "The request is not valid or not permitted.",
        &[ID],
        Body::Token,
    ),
    (
        "TokenNotAuthenticated",
        "The credentials of the client are missing or not valid.",
        &["www-authenticate", ID],
        Body::Token,
    ),
    (
        "TokenTooLarge",
        "The body is too large.",
        &[ID],
        Body::Token,
    ),
    (
        "TokenUnexpected",
        "An unexpected error.",
        &[ID],
        Body::Token,
    ),
    (
        "TokenBusy",
        "Too many calls at once.",
        &["retry-after", ID],
        Body::Token,
    ),
    (
        "Gateway",
        "An answer of the API gateway itself. The request is malformed (400) or too large (413, 431), there are too many (429), or the operation did not answer (500, 503).",
        &[],
        Body::Gateway,
    ),
];

/// Describes the responses that operations share.
pub(super) fn components(schemas: &mut Schemas) -> Value {
    let shared = SHARED.iter().map(|(name, text, headers, body)| {
        let headers = referenced(headers.iter().copied());
        let mut response = json!({ "description": text, "headers": headers });
        if let Some(content) = body.content(schemas) {
            response["content"] = content;
        }
        ((*name).to_owned(), response)
    });
    shared.collect::<Map<_, _>>().into()
}

fn referenced(names: impl Iterator<Item = &'static str>) -> Value {
    let references = names.map(|name| {
        let shown = HEADERS
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name));
        let name = shown.map_or(name, |header| header.name);
        let reference = json!({ "$ref": format!("#/components/headers/{name}") });
        (name.to_owned(), reference)
    });
    references.collect::<Map<_, _>>().into()
}

/// A header of responses.
struct Header {
    name: &'static str,
    /// Is it there wherever it is described?
    is_always_there: bool,
    text: &'static str,
    example: &'static str,
}

const HEADERS: &[Header] = &[
    Header {
        name: "X-Request-Id",
        is_always_there: true,
        text: "The ID of the request, which is also in every line of the log.",
        example: "k7m2p9q4r8s3t6v5",
    },
    Header {
        name: "ETag",
        is_always_there: true,
        text: "The version of what is answered, for `If-Match` or `If-None-Match`.",
        example: "\"3\"",
    },
    Header {
        name: "Location",
        is_always_there: true,
        text: "The path of what was created: the resource, or the change request.",
        example: "/admin/clients/k7m2p9q4r8s3t6v5w2x7y4z9a3b6c8d5",
    },
    Header {
        name: "Set-Cookie",
        is_always_there: true,
        text: "The cookie of the session, for browsers.",
        example: "__Host-countersign=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict",
    },
    Header {
        name: "Cache-Control",
        is_always_there: true,
        text: "How long caches may keep the file.",
        example: "public, max-age=60",
    },
    Header {
        name: "Content-Disposition",
        is_always_there: true,
        text: "The name that browsers keep the file as.",
        example: "attachment; filename=\"audit.csv\"",
    },
    Header {
        name: "Retry-After",
        is_always_there: false,
        text: "The number of seconds to wait before the next attempt.",
        example: "30",
    },
    Header {
        name: "WWW-Authenticate",
        is_always_there: false,
        text: "The scheme to authenticate with.",
        example: "Bearer",
    },
];

/// Describes the headers of responses.
pub(super) fn headers() -> Value {
    let described = HEADERS.iter().map(|header| {
        let described = json!({
            "description": header.text,
            "required": header.is_always_there,
            "schema": { "type": "string" },
            "example": header.example
        });
        (header.name.to_owned(), described)
    });
    described.collect::<Map<_, _>>().into()
}
