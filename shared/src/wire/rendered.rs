//! Rendered answers: status, headers and body, ready to leave.

use crate::error::Error;
use crate::wire::request::Body;

/// A rendered reply or error.
pub struct Rendered {
    pub(crate) status: u16,
    /// The code of the machine API's error table, for the log; 0 where all is well.
    pub(crate) code: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

impl Rendered {
    /// Renders JSON that no cache may keep.
    pub(crate) fn json(status: u16, code: u16, body: Vec<u8>) -> Self {
        Self::of_type("application/json", status, code, body)
    }

    /// Renders text of a media type, which no cache may keep.
    pub(crate) fn of_type(media_type: &str, status: u16, code: u16, body: Vec<u8>) -> Self {
        let headers = [("content-type", media_type), ("cache-control", "no-store")];
        Self {
            status,
            code,
            headers: headers.map(|(name, value)| (name, value.to_owned())).into(),
            body: Body::Whole(body),
        }
    }
}

/// Returns the header that says how long to wait after `error`, if waiting helps.
pub(crate) fn retry_after(error: &Error) -> Option<(&'static str, String)> {
    let seconds = error.retry_after()?;
    Some(("retry-after", seconds.to_string()))
}

/// Headers of public files, which widgets on any site may read.
///
/// No browser takes them for another type than their own.
pub(crate) const FOR_ANY_SITE: [(&str, &str); 3] = [
    ("access-control-allow-origin", "*"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("x-content-type-options", "nosniff"),
];
