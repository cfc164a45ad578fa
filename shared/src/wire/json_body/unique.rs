//! A JSON parser that refuses duplicate names.
//!
//! Two readers could understand such an object differently (RFC 8259, section 4).

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::error::{Fault, quoted};
use crate::wire::json_pointer::escaped;

/// Returns the value that a text stands for; where it stands for none, or for more than one, the place.
pub(super) fn parse(text: &[u8]) -> Result<Value, Fault> {
    let twice = RefCell::default();
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = Unique { twice: &twice }.deserialize(&mut json);
    let value = value.and_then(|value| json.end().map(|()| value));
    value.map_err(|fault| match twice.take() {
        Some(pointer) => Fault {
            pointer,
            detail: "it stands there twice".to_owned(),
        },
        None => Fault {
            pointer: String::new(),
            detail: format!(
                "the JSON is not syntactically valid, in line {}, column {}",
                fault.line(),
                fault.column()
            ),
        },
    })
}

/// Reads a value, and notes the place of a name that stands in its object for the second time.
#[derive(Clone, Copy)]
struct Unique<'a> {
    /// As seen from the value that is being read: those around it put their part in front.
    twice: &'a RefCell<Option<String>>,
}

impl Unique<'_> {
    fn inside<E>(&self, part: impl fmt::Display) -> impl FnOnce(E) -> E {
        move |fault| {
            let mut twice = self.twice.borrow_mut();
            if let Some(rest) = twice.take() {
                *twice = Some(format!("/{part}{rest}"));
            }
            fault
        }
    }
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items
            .next_element_seed(self)
            .map_err(self.inside(list.len()))?
        {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let part = escaped(&quoted(&name));
            if object.contains_key(&name) {
                *self.twice.borrow_mut() = Some(format!("/{part}"));
                return Err(A::Error::custom("a name stands there twice"));
            }
            let value = fields.next_value_seed(self).map_err(self.inside(part))?;
            object.insert(name, value);
        }
        Ok(object.into())
    }
}
