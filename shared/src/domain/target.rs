//! Targets: clients that an argument or a path names.

use crate::error::Error;
use crate::ids::ClientId;

/// A client that an argument names. Whether it exists in the caller's application is for the store
/// to find out.
#[derive(Clone, Debug)]
pub struct Target {
    pub(crate) id: ClientId,
    argument: Option<&'static str>,
}

impl Target {
    /// Returns the client that `argument` names.
    pub fn named(argument: &'static str, id: ClientId) -> Self {
        Self {
            id,
            argument: Some(argument),
        }
    }

    /// Returns the client that the path names.
    pub fn at(id: ClientId) -> Self {
        Self { id, argument: None }
    }

    /// Returns the error for a change that this client does not allow.
    pub(crate) fn invalid(&self, reason: impl Into<String>) -> Error {
        Error::invalid(self.argument.unwrap_or("client_id"), reason)
    }

    /// Returns the error for a client that does not exist.
    pub(crate) fn unknown(&self) -> Error {
        self.argument.map_or(Error::NotFound, Error::not_a_valid_id)
    }
}
