//! Replies of operations: their status, headers and body.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::secrets::session_token::SessionToken;
use crate::wire::admin;
use crate::wire::precondition::etag;
use crate::wire::rendered::Rendered;
use crate::wire::request::{Body, BodyStream, Request};
use crate::wire::route::Envelope;

/// The reply of an operation that has nothing to say but that it was done.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Done")]
pub struct Nothing {}

/// The reply of an operation: anything that serialises, in the frame of its route's envelope, or a
/// [`crate::wire::file::File`].
pub trait Reply: Send {
    /// The HTTP status of a success.
    const STATUS: u16 = 200;
    /// Does it come in pieces, as they are made?
    const STREAMS: bool = false;
    /// The media types that it comes in; none where it has no body.
    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];
    /// The headers that say something of the reply, beside those that every answer has.
    const HEADERS: &'static [&'static str] = &[];

    /// Puts it into the envelope.
    #[doc(hidden)]
    fn render(self, envelope: Envelope, request: &Request) -> Result<Rendered>;

    /// Returns its schema, by the generator's definitions where it has a name.
    fn describe(generator: &mut SchemaGenerator) -> Schema;
}

impl<T: Serialize + JsonSchema + Send> Reply for T {
    fn render(self, envelope: Envelope, _: &Request) -> Result<Rendered> {
        envelope.reply(&self)
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// A resource with its version, which becomes its `ETag`.
#[derive(Debug)]
pub struct Tagged<T> {
    /// The version that `If-Match` is compared with.
    pub version: u64,
    /// The resource.
    pub body: T,
}

impl<T: Serialize + JsonSchema + Send> Reply for Tagged<T> {
    const HEADERS: &'static [&'static str] = &["etag"];

    fn render(self, envelope: Envelope, request: &Request) -> Result<Rendered> {
        let mut rendered = self.body.render(envelope, request)?;
        rendered.headers.push(("etag", etag(self.version)));
        Ok(rendered)
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// A resource that was created just now, at version 1.
#[derive(Debug)]
pub struct Created<T> {
    /// Its path.
    pub location: String,
    /// The resource.
    pub body: T,
}

impl<T: Serialize + JsonSchema + Send> Reply for Created<T> {
    const STATUS: u16 = 201;
    const HEADERS: &'static [&'static str] = &["etag", "location"];

    fn render(self, envelope: Envelope, request: &Request) -> Result<Rendered> {
        let mut rendered = self.body.render(envelope, request)?;
        rendered.status = Self::STATUS;
        rendered.headers.push(("etag", etag(1)));
        rendered.headers.push(("location", self.location));
        Ok(rendered)
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// The console's cookie. Browsers accept this prefix only over TLS or from this machine, and only for
/// this very host.
pub(crate) const COOKIE: &str = "__Host-countersign";

/// A session that was begun just now, for callers that keep its token and, as a cookie, for browsers.
#[derive(Debug)]
pub struct Begun<T> {
    /// The session's token.
    pub token: SessionToken,
    /// The content.
    pub body: T,
}

impl<T: Serialize + JsonSchema + Send> Reply for Begun<T> {
    const STATUS: u16 = 201;
    const HEADERS: &'static [&'static str] = &["set-cookie"];

    fn render(self, envelope: Envelope, request: &Request) -> Result<Rendered> {
        let mut rendered = self.body.render(envelope, request)?;
        rendered.status = Self::STATUS;
        rendered.headers.push((
            "set-cookie",
            format!(
                "{COOKIE}={}; Path=/; Max-Age=28800; HttpOnly; Secure; SameSite=Strict",
                self.token.expose()
            ),
        ));
        Ok(rendered)
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// A format of a download, of several that can be asked for.
pub trait Formats: Send {
    /// The media types of all of them.
    const MEDIA_TYPES: &'static [&'static str];

    /// The media type of the one that was asked for.
    fn media_type(&self) -> &'static str;

    /// The file name that browsers keep.
    fn file_name(&self) -> &'static str;
}

/// A file that is made while it goes out.
pub struct Download<F> {
    /// The format that was asked for.
    pub format: F,
    /// Its pieces.
    pub body: BodyStream,
}

impl<F: Formats> Reply for Download<F> {
    const STREAMS: bool = true;
    const MEDIA_TYPES: &'static [&'static str] = F::MEDIA_TYPES;
    const HEADERS: &'static [&'static str] = &["content-disposition"];

    fn render(self, _: Envelope, _: &Request) -> Result<Rendered> {
        let disposition = format!("attachment; filename=\"{}\"", self.format.file_name());
        let mut headers = vec![
            ("content-type", self.format.media_type().to_owned()),
            ("content-disposition", disposition),
            ("cache-control", "no-store".to_owned()),
        ];
        headers.extend(admin::for_the_console());
        Ok(Rendered {
            status: Self::STATUS,
            code: 0,
            headers,
            body: Body::Stream(self.body),
        })
    }

    fn describe(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

/// It was done, and there is nothing to say of it.
#[derive(Debug)]
pub struct NoContent;

impl Reply for NoContent {
    const STATUS: u16 = 204;
    const MEDIA_TYPES: &'static [&'static str] = &[];

    fn render(self, _: Envelope, _: &Request) -> Result<Rendered> {
        let mut headers = vec![("cache-control", "no-store".to_owned())];
        headers.extend(admin::for_the_console());
        Ok(Rendered {
            status: Self::STATUS,
            code: 0,
            headers,
            body: Body::Whole(Vec::new()),
        })
    }

    fn describe(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "null" })
    }
}

/// A session that was ended just now: a browser forgets its cookie.
#[derive(Debug)]
pub struct Ended;

impl Reply for Ended {
    const STATUS: u16 = 204;
    const MEDIA_TYPES: &'static [&'static str] = &[];
    const HEADERS: &'static [&'static str] = &["set-cookie"];

    fn render(self, envelope: Envelope, request: &Request) -> Result<Rendered> {
        let mut rendered = NoContent.render(envelope, request)?;
        rendered.headers.push((
            "set-cookie",
            format!("{COOKIE}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"),
        ));
        Ok(rendered)
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        NoContent::describe(generator)
    }
}
