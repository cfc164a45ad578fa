//! What a caller makes a change depend on: the version it has seen (`If-Match`), and that it has not
//! been made before (`Idempotency-Key`).

use http::header::IF_MATCH;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::ids::{AdministratorId, ApplicationId};
use crate::request::Request;
use crate::resource::etag;

/// The versions that a change may start from (RFC 9110, section 13.1.1).
#[derive(Clone, Debug)]
pub(crate) struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// What the request asks for; nothing where it does not.
    pub(crate) fn of(request: &Request) -> Self {
        let mut headers = request.headers.get_all(IF_MATCH).iter().peekable();
        if headers.peek().is_none() {
            return Self(None);
        }
        let tags = headers.flat_map(|header| header.to_str().unwrap_or_default().split(','));
        Self(Some(tags.map(|tag| tag.trim().to_owned()).collect()))
    }

    /// For callers that can not ask for it.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Refuses where the caller has seen another version than `version`. A weak tag matches nothing.
    pub(crate) fn check(&self, version: u64) -> Result<()> {
        match &self.0 {
            Some(tags) if !tags.iter().any(|tag| tag == "*" || *tag == etag(version)) => {
                Err(Error::Stale)
            }
            _ => Ok(()),
        }
    }
}

/// The name of a creation that is to happen once, however often it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Once {
    /// Where it is kept: made from the key, whose it is, and what it is for.
    pub(crate) place: [u8; 32],
    /// What was asked for, so that the same key can not stand for something else.
    pub(crate) fingerprint: [u8; 32],
}

/// The longest key; a UUID has 36 characters.
const MOST_KEY_BYTES: usize = 255;

impl Once {
    /// What the request asks for, if it does.
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
                "the header holds one key of 1 to 255 printable characters",
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
