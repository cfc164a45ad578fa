//! Rendered answers: status, headers and body, ready to leave.

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
        let headers = [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
        ];
        Self {
            status,
            code,
            headers: headers.map(|(name, value)| (name, value.to_owned())).into(),
            body: Body::Whole(body),
        }
    }
}

/// Headers of public files, which widgets on any site may read.
///
/// No browser takes them for another type than their own.
pub(crate) const FOR_ANY_SITE: [(&str, &str); 3] = [
    ("access-control-allow-origin", "*"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("x-content-type-options", "nosniff"),
];
