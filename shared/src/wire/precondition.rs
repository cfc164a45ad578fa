//! The headers `If-Match` and `Idempotency-Key`.

use http::header::IF_MATCH;
use sha2::{Digest, Sha256};

use crate::domain::precondition::{IfMatch, Once};
use crate::error::{Error, Result};
use crate::ids::{AdministratorId, ApplicationId};
use crate::wire::request::Request;

/// Writes a version as an `ETag`.
pub(crate) fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// Reads a version from an `ETag`, if it is one that [`etag`] writes. A weak tag is none
/// (RFC 9110, section 13.1.1), and neither is another way to write the same number.
fn version(tag: &str) -> Option<u64> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    let version = digits.parse().ok()?;
    (etag(version) == tag).then_some(version)
}

impl IfMatch {
    /// Reads what the request demands.
    pub(crate) fn of(request: &Request) -> Self {
        let mut headers = request.headers.get_all(IF_MATCH).iter().peekable();
        if headers.peek().is_none() {
            return Self::Unasked;
        }
        let lists = headers.map(|header| header.to_str().unwrap_or_default());
        let tags: Vec<&str> = lists
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .collect();
        if tags.contains(&"*") {
            return Self::Any;
        }
        Self::OneOf(tags.into_iter().filter_map(version).collect())
    }
}

/// The longest key; a UUID has 36 characters.
const MOST_KEY_BYTES: usize = 255;

impl Once {
    /// Returns the idempotency key of a request, if it has one.
    pub(crate) fn of(
        request: &Request,
        operation: &str,
        application: &ApplicationId,
        administrator: &AdministratorId,
    ) -> Result<Option<Self>> {
        let mut headers = request.headers.get_all("idempotency-key").iter();
        let Some(header) = headers.next() else {
            return Ok(None);
        };
        let key = header.as_bytes();
        let fits = (1..=MOST_KEY_BYTES).contains(&key.len())
            && key.iter().all(|byte| (0x20..0x7f).contains(byte));
        if !fits || headers.next().is_some() {
            return Err(Error::invalid(
                "Idempotency-Key",
                format!("the header holds one key of 1 to {MOST_KEY_BYTES} printable characters"),
            ));
        }
        let hash = |parts: &[&[u8]]| {
            let mut hash = Sha256::new();
            for part in parts {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
            hash.finalize().into()
        };
        let whose = [application.as_str(), administrator.as_str(), operation].map(str::as_bytes);
        Ok(Some(Self {
            place: hash(&[whose[0], whose[1], whose[2], key]),
            fingerprint: hash(&[request.path.as_bytes(), &request.body]),
        }))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_the_present_version_matches() {
        let check = |tags: &[&str]| {
            let mut request = Request::default();
            for tag in tags {
                request
                    .headers
                    .append(IF_MATCH, HeaderValue::from_str(tag).unwrap());
            }
            IfMatch::of(&request).check(7).is_ok()
        };
        for fits in [
            &[][..],
            &["\"7\""],
            &["*"],
            &["\"6\", \"7\""],
            &["\"6\"", "\"7\""],
        ] {
            assert!(check(fits), "{fits:?}");
        }
        for stale in [&["\"6\""][..], &["7"], &["W/\"7\""], &[""], &["\"77\""]] {
            assert!(!check(stale), "{stale:?}");
        }
    }
}
