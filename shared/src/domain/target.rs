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
    /// The client that `argument` names.
    pub fn named(argument: &'static str, id: ClientId) -> Self {
        Self {
            id,
            argument: Some(argument),
        }
    }

    /// The client that the path names.
    pub fn at(id: ClientId) -> Self {
        Self { id, argument: None }
    }

    /// What to answer when what is asked for can not be done to this client.
    pub(crate) fn invalid(&self, reason: impl Into<String>) -> Error {
        Error::invalid(self.argument.unwrap_or("client_id"), reason)
    }

    /// What to answer when there is no such client.
    pub(crate) fn unknown(&self) -> Error {
        self.argument.map_or(Error::NotFound, Error::not_a_valid_id)
    }
}
