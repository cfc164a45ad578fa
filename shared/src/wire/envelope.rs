//! Envelopes: the frame of replies and errors in each API.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::wire::rendered::Rendered;
use crate::wire::route::Envelope;
use crate::wire::{admin, machine, oauth};

impl Envelope {
    /// Puts a reply into the frame of its API.
    pub(crate) fn reply<R: Serialize>(self, reply: &R) -> Result<Rendered> {
        let body = match self {
            Self::Machine => machine::reply(reply),
            Self::Document | Self::File | Self::Admin | Self::OAuth => serde_json::to_vec(reply),
        };
        let broken = |fault| Error::unexpected(format!("the reply does not serialise: {fault}"));
        let mut rendered = Rendered::json(200, 0, body.map_err(broken)?);
        match self {
            Self::Admin => rendered.headers.extend(admin::for_the_console()),
            Self::OAuth => rendered.headers.extend(oauth::beside_no_store()),
            Self::Machine | Self::Document | Self::File => {}
        }
        Ok(rendered)
    }

    /// Puts an error into the frame of its API.
    pub(crate) fn error(self, error: &Error, request_id: &str) -> Rendered {
        match self {
            Self::Admin => admin::render(error, request_id),
            Self::OAuth => oauth::render(error, request_id),
            Self::Machine | Self::Document | Self::File => machine::render(self, error, request_id),
        }
    }
}
