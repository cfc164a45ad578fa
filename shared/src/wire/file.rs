//! Public files: what browsers and caches read.

use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::IF_NONE_MATCH;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::wire::rendered::{FOR_ANY_SITE, Rendered};
use crate::wire::reply::Reply;
use crate::wire::request::{Body, Request};
use crate::wire::route::Envelope;

/// The contents of a public file, as JSON or made from the same.
pub trait Contents: JsonSchema {
    /// The media types that it is published in. The first one is JSON.
    const MEDIA_TYPES: &'static [&'static str];
}

/// A public file that holds a `T`.
#[derive(Debug)]
pub struct File<T> {
    body: Vec<u8>,
    content_type: &'static str,
    /// The content's version, which becomes the `ETag`.
    tag: String,
    freshness: Freshness,
    contents: PhantomData<fn() -> T>,
}

/// For how long caches may keep a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It may change: a minute.
    Minute,
    /// It changes rarely, and what is new in it is not needed at once: five minutes.
    FiveMinutes,
    /// It never changes: for ever.
    Immutable,
}

impl Freshness {
    fn header(self) -> &'static str {
        match self {
            Self::Minute => "public, max-age=60",
            Self::FiveMinutes => "public, max-age=300",
            Self::Immutable => "public, max-age=31536000, immutable",
        }
    }
}

impl<T: Contents> File<T> {
    /// Returns a JSON document. Its tag is made from what it holds.
    pub fn json(freshness: Freshness, document: &T) -> Result<Self>
    where
        T: Serialize,
    {
        let body = serde_json::to_vec(document)
            .map_err(|fault| Error::unexpected(format!("a file does not serialise: {fault}")))?;
        let tag = URL_SAFE_NO_PAD.encode(Sha256::digest(&body));
        let json = T::MEDIA_TYPES[0];
        Ok(Self::of(body, json, tag, freshness))
    }

    /// A file whose content is there already, in one of the media types of its contents.
    pub(crate) fn of(
        body: Vec<u8>,
        content_type: &'static str,
        tag: String,
        freshness: Freshness,
    ) -> Self {
        Self {
            body,
            content_type,
            tag,
            freshness,
            contents: PhantomData,
        }
    }
}

impl<T: Contents> Reply for File<T> {
    const MEDIA_TYPES: &'static [&'static str] = T::MEDIA_TYPES;
    const HEADERS: &'static [&'static str] = &["cache-control", "etag"];

    /// Returns the file, or, for a caller that has it already, 304 (RFC 9110, section 13.1.2).
    fn render(self, _: Envelope, request: &Request) -> Result<Rendered> {
        let etag = format!("\"{}\"", self.tag);
        let held = request
            .headers
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let is_held = held
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
        let mut headers = vec![
            ("content-type", self.content_type.to_owned()),
            ("cache-control", self.freshness.header().to_owned()),
            ("etag", etag),
        ];
        headers.extend(FOR_ANY_SITE.map(|(name, value)| (name, value.to_owned())));
        let (status, body) = if is_held {
            (304, Vec::new())
        } else {
            (200, self.body)
        };
        Ok(Rendered {
            status,
            code: 0,
            headers,
            body: Body::Whole(body),
        })
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}
