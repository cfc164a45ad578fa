//! Envelopes: the frame of replies and errors in each API.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::wire::rendered::Rendered;
use crate::wire::route::Envelope;
use crate::wire::{admin, machine, oauth};

/// An answer of the API gateway itself, which no operation has made.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it describes what the gateway makes")]
struct GatewayError {
    /// The HTTP status in words.
    #[schemars(extend("examples" = ["Not Found"]))]
    message: String,
}

impl Envelope {
    /// Describes an error of its API.
    pub fn describe_error(self, generator: &mut SchemaGenerator) -> Schema {
        match self {
            Self::Admin => generator.subschema_for::<admin::Problem<'_>>(),
            Self::OAuth => generator.subschema_for::<oauth::Failure<'_>>(),
            Self::Machine | Self::Document | Self::File => {
                generator.subschema_for::<machine::Failure<'_>>()
            }
        }
    }

    /// Describes the answer to a change that waits for approval.
    pub fn describe_pending(self, generator: &mut SchemaGenerator) -> Schema {
        match self {
            Self::Machine => generator.subschema_for::<machine::Pending<'_>>(),
            Self::Admin | Self::OAuth | Self::Document | Self::File => {
                generator.subschema_for::<admin::PendingChange>()
            }
        }
    }

    /// Describes an answer of the gateway itself, which any operation may get.
    pub fn describe_gateway(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<GatewayError>()
    }

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
