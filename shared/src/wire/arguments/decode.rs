//! Parses arguments into an operation's input, naming the one that does not fit.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Error as _, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::given::Given;
use crate::error::NOT_A_VALID_ID;

/// The reason why arguments do not make an input.
#[derive(Debug)]
pub(super) enum Fault {
    Missing(&'static str),
    Duplicate(String),
    /// `argument` is empty until the map that was reading it fills it in.
    Invalid {
        argument: String,
        reason: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(argument) => write!(f, "{argument} is missing"),
            Self::Duplicate(argument) => write!(f, "{argument} is there twice"),
            Self::Invalid { argument, reason } => write!(f, "{argument}: {reason}"),
        }
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::Invalid {
            argument: String::new(),
            reason: reason.to_string(),
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self::custom(format!("it is one of: {}", known.join(", ")))
    }
}

impl Fault {
    fn in_argument(self, name: &str) -> Self {
        match self {
            Self::Invalid { argument, reason } if argument.is_empty() => {
                let reason = if reason == NOT_A_VALID_ID {
                    format!("{name} {reason}")
                } else {
                    reason
                };
                Self::Invalid {
                    argument: name.to_owned(),
                    reason,
                }
            }
            other => other,
        }
    }
}

/// All arguments, as the fields of one struct.
pub(super) struct Input<'a>(pub(super) &'a BTreeMap<String, Given>);

impl<'de> Deserializer<'de> for Input<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(Fields {
            rest: self.0.iter(),
            value: None,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Fields<'a> {
    rest: std::collections::btree_map::Iter<'a, String, Given>,
    value: Option<(&'a str, &'a Given)>,
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let Some((name, given)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some((name, given));
        let name: StrDeserializer<'_, Fault> = name.as_str().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (name, given) = self
            .value
            .take()
            .ok_or_else(|| Fault::custom("a value without a name"))?;
        seed.deserialize(Argument { name, given })
            .map_err(|fault| fault.in_argument(name))
    }
}

/// An argument whose type is decided by the field that asks for it.
///
/// Numbers and booleans are plain, lists and maps are JSON.
struct Argument<'a> {
    name: &'a str,
    given: &'a Given,
}

impl Argument<'_> {
    fn text(&self) -> Result<&str, Fault> {
        if self.given.conflicting {
            return Err(Fault::Duplicate(self.name.to_owned()));
        }
        self.given
            .text
            .as_ref()
            .map(|text| text.as_str())
            .map_err(|why| Fault::custom(*why))
    }

    fn number(&self) -> Result<u64, Fault> {
        let text = self.text()?;
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = plain.then(|| text.parse().ok()).flatten();
        number.ok_or_else(|| Fault::custom("it takes a whole number, digits only"))
    }

    fn json(&self) -> Result<serde_json::Value, Fault> {
        serde_json::from_str(self.text()?)
            .map_err(|_| Fault::custom("the JSON is not syntactically valid"))
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.visit_u64(self.number()?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Argument<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.text()?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.text()? {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Fault::custom("it takes true or false")),
        }
    }

    numbers! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.json()? {
            list @ serde_json::Value::Array(_) => {
                list.deserialize_seq(visitor).map_err(Fault::custom)
            }
            _ => Err(Fault::custom("it takes a JSON array")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.json()? {
            map @ serde_json::Value::Object(_) => {
                map.deserialize_map(visitor).map_err(Fault::custom)
            }
            _ => Err(Fault::custom("it takes a JSON object")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let name: StrDeserializer<'_, Fault> = self.text()?.into_deserializer();
        visitor.visit_enum(name)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct
        struct identifier
    }
}
