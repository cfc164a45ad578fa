//! Errors of the OAuth 2 endpoints (RFC 6749, section 5.2; RFC 7009, section 2.2.1).

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, TokenFault};
use crate::wire::rendered::{Rendered, retry_after};
use crate::wire::request::MAX_BODY_BYTES;

/// An error of OAuth 2 (RFC 6749, section 5.2).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OAuthError")]
pub(crate) struct Failure<'a> {
    /// The kind of the error.
    error: &'static str,
    /// The reason, for the person who reads it.
    error_description: String,
    /// The ID of the request, which is also in every line of the log. RFC 6749 lets a server add fields.
    request_id: &'a str,
}

/// Headers of every answer of the OAuth 2 endpoints, beside `Cache-Control: no-store` (RFC 6749, section
/// 5.1).
pub(crate) fn beside_no_store() -> [(&'static str, String); 2] {
    [
        ("pragma", "no-cache".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
    ]
}

/// Returns the response that `error` becomes.
pub(crate) fn render(error: &Error, request_id: &str) -> Rendered {
    let (status, name) = classify(error);
    let failure = Failure {
        error: name,
        error_description: plain(&describe(error)),
        request_id,
    };
    let body = serde_json::to_vec(&failure).unwrap_or_default();
    let mut rendered = Rendered::json(status, status, body);
    rendered.headers.extend(beside_no_store());
    if let Error::BadCredentials | Error::UnsupportedScheme = error {
        let basic = r#"Basic realm="countersign", charset="UTF-8""#;
        let challenge = ("www-authenticate", basic.to_owned());
        rendered.headers.push(challenge);
    }
    rendered.headers.extend(retry_after(error));
    rendered
}

fn classify(error: &Error) -> (u16, &'static str) {
    match error {
        Error::BadCredentials | Error::UnsupportedScheme => (401, "invalid_client"),
        Error::NotPermitted | Error::Token(TokenFault::ForeignToken) => {
            (400, "unauthorized_client")
        }
        Error::Token(TokenFault::InvalidScope) => (400, "invalid_scope"),
        Error::Token(TokenFault::InvalidTarget) => (400, "invalid_target"),
        Error::Invalid { argument, .. } if argument == "grant_type" => {
            (400, "unsupported_grant_type")
        }
        Error::Missing(_) | Error::Invalid { .. } | Error::Duplicate { .. } => {
            (400, "invalid_request")
        }
        Error::TooLarge => (413, "invalid_request"),
        Error::TooMany { .. } => (429, "temporarily_unavailable"),
        Error::Busy => (503, "temporarily_unavailable"),
        // No operation of OAuth 2 says these.
        Error::NotFound
        | Error::Unfit(_)
        | Error::UnsupportedMedia
        | Error::SignedOut
        | Error::SignInFailed
        | Error::WrongCode
        | Error::CrossSite
        | Error::Taken { .. }
        | Error::Conflict { .. }
        | Error::Stale
        | Error::KeyReused
        | Error::HeldBack(_)
        | Error::Unexpected(_) => (500, "server_error"),
    }
}

fn describe(error: &Error) -> String {
    match error {
        Error::BadCredentials => "the client credentials are missing or not valid",
        Error::UnsupportedScheme => {
            "the scheme of the Authorization header is not supported; use HTTP Basic"
        }
        Error::NotPermitted => "the client may not call from this address",
        Error::Token(TokenFault::ForeignToken) => "the token was issued to another client",
        Error::Token(TokenFault::InvalidScope) => {
            "the modules of the client do not let it into a scope that was asked for, or it has none"
        }
        Error::Token(TokenFault::InvalidTarget) => {
            "the application allows no tokens for an audience or resource that was asked for"
        }
        Error::Missing(names) => return format!("missing: {}", names.join(", ")),
        Error::Invalid { argument, reason } => return format!("{argument}: {reason}"),
        Error::Duplicate { argument } => return format!("{argument} was given more than once"),
        Error::TooLarge => return format!("a body has at most {MAX_BODY_BYTES} bytes"),
        Error::Busy | Error::TooMany { .. } => "too many calls at once, try again in a moment",
        _ => "an unexpected error occurred; the log has more under this request_id",
    }
    .to_owned()
}

/// Returns the text with only the characters that a description may have (RFC 6749, section 5.2).
fn plain(text: &str) -> String {
    let fits = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
    text.chars()
        .map(|c| if fits(c) { c } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_has_only_the_characters_that_it_may_have() {
        assert_eq!(plain("a \"b\" \\ ä\n~"), "a ?b? ? ??~");
    }
}
