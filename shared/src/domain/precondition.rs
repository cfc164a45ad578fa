//! Preconditions of a change: the version that its caller has seen, and the key under which it
//! happens once.

use crate::error::{Error, Result};

/// The versions that a change may start from (RFC 9110, section 13.1.1).
#[derive(Clone, Debug)]
pub(crate) enum IfMatch {
    /// The caller demands no version.
    Unasked,
    /// Any version will do, as long as there is one: `*`.
    Any,
    /// Any of these versions. None of them fits where the caller named nothing that is a version.
    OneOf(Vec<u64>),
}

impl IfMatch {
    /// Refuses where the caller has seen another version than `version`.
    pub(crate) fn check(&self, version: u64) -> Result<()> {
        match self {
            Self::OneOf(versions) if !versions.contains(&version) => Err(Error::Stale),
            Self::Unasked | Self::Any | Self::OneOf(_) => Ok(()),
        }
    }
}

/// The name of a creation that is to happen once, however often it is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Once {
    /// The key of the kept answer: made from the idempotency key, its owner, and its purpose.
    pub(crate) place: [u8; 32],
    /// A hash of the request, so that the same key cannot stand for another request.
    pub(crate) fingerprint: [u8; 32],
}
