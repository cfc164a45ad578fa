//! The security schemes of the OpenAPI document, and what each operation takes of them.

use serde_json::{Value, json};
use shared::{Endpoint, Envelope, Requirement};

/// Returns the schemes that an operation takes. Each entry is enough by itself.
pub(super) fn of(endpoint: &Endpoint) -> Value {
    match endpoint.requires {
        Requirement::Nothing => json!([]),
        Requirement::AnyFeature(_) | Requirement::Client => client(endpoint),
        Requirement::Privileges(_) => json!([{ "session": [] }, { "sessionCookie": [] }]),
    }
}

fn client(endpoint: &Endpoint) -> Value {
    let mut ways = vec![json!({ "clientBasic": [] })];
    if endpoint.route.envelope == Envelope::OAuth {
        // The credentials stand in the form, which is no security scheme that OpenAPI knows.
        ways.push(json!({}));
    } else {
        ways.push(json!({ "clientId": [], "clientSecret": [] }));
    }
    if endpoint.takes_a_signature() {
        ways.push(json!({ "clientSignature": [] }));
    }
    ways.into()
}

/// Describes all schemes.
pub(super) fn schemes() -> Value {
    json!({
        "clientBasic": {
            "type": "http",
            "scheme": "basic",
            "description": "The ID of an API client as the user name, and its secret as the password."
        },
        "clientId": {
            "type": "apiKey",
            "in": "query",
            "name": "client_id",
            "description": "The ID of an API client, together with `client_secret`: in the form of a POST, or in the query. Addresses are often logged, so prefer the form or HTTP Basic."
        },
        "clientSecret": {
            "type": "apiKey",
            "in": "query",
            "name": "client_secret",
            "description": "The secret of an API client, together with `client_id`."
        },
        "clientSignature": {
            "type": "http",
            "scheme": "Signature",
            "description": "A signed request: `Authorization: Signature {client_id}:{signature}` and a `Date` header. Only for applications that accept signatures."
        },
        "session": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of an administrator's session: `POST /admin/sessions` gives it."
        },
        "sessionCookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-countersign",
            "description": "The cookie of an administrator's session, for browsers. A change must come from a page of this host, as `Sec-Fetch-Site` or `Origin` says."
        }
    })
}
