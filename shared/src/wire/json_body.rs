//! Input of the admin API: a JSON object, and the parts of the path.

mod unique;

use std::cell::RefCell;

use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::{Map, Value};

use crate::error::{Error, Fault, Result};
use crate::wire::json_pointer::escaped;
use crate::wire::request::Request;

/// Returns the input, or every fault in it: each with its place. Unknown fields are faults, so that a
/// misspelt one is noticed, and a smuggled one has no effect. `required` lists the fields it cannot do
/// without; it is asked only when something is wrong.
pub(crate) fn decode<T: DeserializeOwned>(
    request: &Request,
    required: impl FnOnce() -> Vec<String>,
) -> Result<T> {
    let mut body = object(request)?;
    let mut faults = Vec::new();
    for (name, text) in &request.path_parameters {
        if body.insert(name.clone(), text.clone().into()).is_some() {
            faults.push(fault(name, "it stands in the path"));
        }
    }
    match read::<T>(body.clone()) {
        Ok(input) if faults.is_empty() => return Ok(input),
        Ok(_) => return Err(Error::Unfit(faults)),
        // Each field by itself, because reading stops at the first that does not fit.
        Err(unreadable) => {
            faults.extend(
                unreadable
                    .unknown
                    .iter()
                    .map(|name| fault(name, "there is no such field")),
            );
            for (name, value) in &body {
                if unreadable.unknown.contains(name) {
                    continue;
                }
                let alone = Map::from_iter([(name.clone(), value.clone())]);
                if let Err(Unreadable {
                    pointer, reason, ..
                }) = read::<T>(alone)
                    && !pointer.is_empty()
                {
                    faults.push(Fault {
                        pointer,
                        detail: reason,
                    });
                }
            }
            faults.extend(
                required()
                    .iter()
                    .filter(|name| !body.contains_key(*name))
                    .map(|name| fault(name, "it is missing")),
            );
            if faults.is_empty() {
                faults.push(Fault {
                    pointer: unreadable.pointer,
                    detail: unreadable.reason,
                });
            }
        }
    }
    Err(Error::Unfit(faults))
}

fn fault(name: &str, detail: &str) -> Fault {
    Fault {
        pointer: format!("/{}", escaped(&crate::error::quoted(name))),
        detail: detail.to_owned(),
    }
}

/// Returns the body's object; none at all is an empty one. Only what says that it is JSON is read: a
/// form that another site sends without asking cannot say so.
fn object(request: &Request) -> Result<Map<String, Value>> {
    if request.body.is_empty() {
        return Ok(Map::new());
    }
    if !request.is_of("application/json") {
        return Err(Error::UnsupportedMedia);
    }
    match unique::parse(&request.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::Unfit(vec![Fault {
            pointer: String::new(),
            detail: "the body is a JSON object".to_owned(),
        }])),
        Err(fault) => Err(Error::Unfit(vec![fault])),
    }
}

/// The reason why an object does not make an input.
struct Unreadable {
    pointer: String,
    reason: String,
    unknown: Vec<String>,
}

/// A reason quotes what it found, which may be of any length.
const MOST_REASON_CHARS: usize = 200;

fn read<T: DeserializeOwned>(body: Map<String, Value>) -> Result<T, Unreadable> {
    let unknown = RefCell::default();
    let mut track = serde_path_to_error::Track::new();
    let strict = Strict {
        body,
        unknown: &unknown,
    };
    let input = T::deserialize(serde_path_to_error::Deserializer::new(strict, &mut track));
    let unknown = unknown.take();
    match input {
        Ok(input) if unknown.is_empty() => Ok(input),
        Ok(_) => Err(Unreadable {
            pointer: String::new(),
            reason: String::new(),
            unknown,
        }),
        Err(fault) => Err(Unreadable {
            pointer: pointer(&track.path()),
            reason: fault.to_string().chars().take(MOST_REASON_CHARS).collect(),
            unknown,
        }),
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let part = match segment {
            Segment::Map { key } => escaped(key),
            Segment::Seq { index } => index.to_string(),
            Segment::Enum { variant } => escaped(variant),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&part);
    }
    pointer
}

/// An object that notes which of its fields its reader does not know.
struct Strict<'a> {
    body: Map<String, Value>,
    unknown: &'a RefCell<Vec<String>>,
}

impl<'de> Deserializer<'de> for Strict<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        Value::Object(self.body).deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let unknown = self
            .body
            .keys()
            .filter(|key| !fields.contains(&key.as_str()));
        self.unknown.replace(unknown.cloned().collect());
        Value::Object(self.body).deserialize_struct(name, fields, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;
    use serde::Deserialize;

    use super::*;
    use crate::secrets::client_secret::GraceHours;

    #[derive(Debug, Deserialize, schemars::JsonSchema)]
    #[expect(dead_code, reason = "read by the tests through Debug alone")]
    struct Input {
        id: String,
        hours: GraceHours,
        #[serde(default)]
        list: Vec<u8>,
    }

    fn faults(body: &str) -> Vec<(String, String)> {
        let mut request = Request {
            body: body.as_bytes().to_vec(),
            path_parameters: vec![("id".to_owned(), "x".to_owned())],
            ..Request::default()
        };
        let json = http::HeaderValue::from_static("application/json; charset=utf-8");
        request.headers.insert(CONTENT_TYPE, json);
        match decode::<Input>(&request, crate::schema::required::<Input>) {
            Ok(_) => Vec::new(),
            Err(Error::Unfit(faults)) => {
                faults.into_iter().map(|f| (f.pointer, f.detail)).collect()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_fault_is_named_by_its_pointer() {
        assert_eq!(faults(r#"{"hours":1,"list":[1]}"#), []);
        let found = faults(r#"{"hours":169,"list":[1,"two"],"a/b~":1}"#);
        let pointers: Vec<_> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/a~1b~0", "/hours", "/list/1"]);
        assert_eq!(
            faults("{}"),
            [("/hours".to_owned(), "it is missing".to_owned())]
        );
        assert_eq!(
            faults(r#"{"hours":1,"id":"y"}"#)[0].1,
            "it stands in the path"
        );
        assert_eq!(faults("[]")[0].1, "the body is a JSON object");
        assert!(faults("{")[0].1.contains("not syntactically valid"));
        let twice = faults(r#"{"list":[{"a/b":{"c":1,"c":1}}]}"#);
        assert_eq!(
            twice,
            [(
                "/list/0/a~1b/c".to_owned(),
                "it stands there twice".to_owned()
            )]
        );
        let long = format!(r#"{{"hours":"{}"}}"#, "x".repeat(5000));
        assert!(faults(&long)[0].1.len() <= MOST_REASON_CHARS);
    }
}
