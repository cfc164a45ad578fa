//! Lists that are handed out page by page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::schema::{bounded, described};

/// The largest number of items on a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
pub struct PageSize(usize);

bounded! {
    PageSize(usize): 1..=200, {
        "examples": [50],
        "description": "How many items a page has at most.",
    }
}

impl PageSize {
    pub(crate) const fn get(self) -> usize {
        self.0
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self(50)
    }
}

/// The place where a list goes on.
///
/// It contains a place in the list only. The caller's session decides whose list it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor(String);

described! {
    Cursor: { "type": "string", "minLength": 2, "examples": ["b3duZXI"], "description": "The place where the list goes on: the `next_cursor` of an earlier page." }
}

impl Cursor {
    pub(crate) fn after(place: String) -> Self {
        Self(place)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        URL_SAFE_NO_PAD.encode(cursor.0)
    }
}

impl TryFrom<String> for Cursor {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let place = URL_SAFE_NO_PAD.decode(text).ok();
        place
            .and_then(|place| String::from_utf8(place).ok())
            .filter(|place| (1..=1024).contains(&place.len()))
            .map(Self)
            .ok_or("it is not what an earlier page gave as next_cursor")
    }
}

/// A page of what the store has.
#[derive(Debug)]
pub struct PageOf<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page, if there is one.
    pub next: Option<Cursor>,
}

/// A page, as it is answered.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<Cursor>,
}

impl<T: JsonSchema> JsonSchema for Page<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}Page", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        schemars::json_schema!({
            "type": "object",
            "description": "A page of a list.",
            "properties": {
                "items": { "type": "array", "items": item },
                "next_cursor": { "type": ["string", "null"], "description": "The `cursor` of the next page; `null` at the end." }
            },
            "required": ["items", "next_cursor"]
        })
    }
}

impl<T> PageOf<T> {
    /// Returns the page, each item as `show` shows it.
    pub fn shown<V>(self, show: impl Fn(T) -> V) -> Page<V> {
        Page {
            items: self.items.into_iter().map(show).collect(),
            next_cursor: self.next,
        }
    }
}
