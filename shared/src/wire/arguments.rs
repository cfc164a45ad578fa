//! The arguments of a machine call: query string and form body, merged (contract section 1).

mod decode;
mod given;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::error::{Error, Result, quoted};
use crate::wire::arguments::given::{Given, Repeated};
use crate::wire::request::Request;

/// The arguments of a call, by name.
///
/// Faults are kept beside their arguments and reported when the argument is asked for. Unknown
/// arguments are ignored, whatever they hold.
#[derive(Debug, Default)]
pub struct Arguments {
    given: BTreeMap<String, Given>,
    /// A name that does not decode; nobody can tell which argument it was meant to be.
    unreadable_name: Option<String>,
    too_many: bool,
    /// The reason why no argument can be read.
    unfit: Option<&'static str>,
}

/// The content type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// Far more arguments than any operation has, and few enough that they cost a stranger's call nothing.
const MOST_ARGUMENTS: usize = 1_000;

/// The parameters of OAuth 2 that may be there more than once (RFC 8707, section 2). None of their
/// values has a space in it, so that they are put together with one.
const LISTS: [&str; 2] = ["audience", "resource"];

impl Arguments {
    /// Reads the query string and, where it is a form, the body. A body of another kind holds no
    /// arguments. Clients that put everything in the query send `""` as JSON beside it.
    pub fn of(request: &Request) -> Self {
        let mut arguments = Self::default();
        arguments.merge(request.query.as_bytes(), Repeated::Same);
        let kind = request
            .headers
            .get(CONTENT_TYPE)
            .map(|value| value.as_bytes().to_ascii_lowercase());
        if kind.is_none_or(|kind| kind.starts_with(FORM.as_bytes())) {
            arguments.merge(&request.body, Repeated::Same);
        }
        arguments
    }

    /// Returns the parts of the path that the route's braces stand for.
    pub fn of_path(request: &Request) -> Self {
        let given = |(name, text): &(String, String)| {
            let text = Ok(Zeroizing::new(text.clone()));
            (
                name.clone(),
                Given {
                    text,
                    conflicting: false,
                },
            )
        };
        Self {
            given: request.path_parameters.iter().map(given).collect(),
            ..Self::default()
        }
    }

    /// Returns the parts of the path, and the query. One of the path that the query gives again is a
    /// contradiction.
    pub(crate) fn of_path_and_query(request: &Request) -> Self {
        let mut arguments = Self::of_path(request);
        arguments.merge(request.query.as_bytes(), Repeated::Same);
        arguments
    }

    /// Reads a form of OAuth 2 (RFC 6749, section 3.2).
    ///
    /// All of it is in the body, because addresses end up in logs. Nothing is there twice. A parameter
    /// without a value counts as left out.
    pub(crate) fn of_strict_form(request: &Request) -> Self {
        let mut arguments = Self::default();
        if !request.query.is_empty() {
            arguments.unfit = Some("parameters stand in the body, none of them in the address");
        } else if !request.body.is_empty() && !request.is_of(FORM) {
            arguments.unfit = Some("it takes Content-Type: application/x-www-form-urlencoded");
        }
        arguments.merge(&request.body, Repeated::Never);
        arguments
    }

    fn merge(&mut self, form: &[u8], repeated: Repeated) {
        for pair in form
            .split(|&byte| byte == b'&')
            .filter(|pair| !pair.is_empty())
        {
            let middle = pair
                .iter()
                .position(|&byte| byte == b'=')
                .unwrap_or(pair.len());
            let (name, value) = (&pair[..middle], pair.get(middle + 1..).unwrap_or_default());
            let Ok(name) = unescape(name) else {
                self.unreadable_name
                    .get_or_insert_with(|| quoted(&String::from_utf8_lossy(name)));
                continue;
            };
            if self.given.len() >= MOST_ARGUMENTS {
                self.too_many = true;
                return;
            }
            let text = unescape(value);
            let is_empty = text.as_ref().is_ok_and(|text| text.is_empty());
            if repeated == Repeated::Never && is_empty {
                continue;
            }
            match self.given.entry(name.to_string()) {
                Entry::Vacant(entry) => {
                    entry.insert(Given {
                        text,
                        conflicting: false,
                    });
                }
                Entry::Occupied(mut entry) => {
                    let is_list = LISTS.contains(&&**name);
                    entry.get_mut().again(text, repeated, is_list);
                }
            }
        }
    }

    /// Returns a text as it stands in a form, undone; `None` if it is none.
    pub(crate) fn unescaped(text: &[u8]) -> Option<Zeroizing<String>> {
        unescape(text).ok()
    }

    /// Returns a part of the caller's credentials. What does not decode is a malformed credential.
    pub(crate) fn credential(&self, name: &str) -> Result<Option<Zeroizing<String>>> {
        if let Some(why) = self.unfit {
            return Err(Error::invalid("body", why));
        }
        match self.given.get(name) {
            None => Ok(None),
            Some(Given {
                conflicting: true, ..
            }) => Err(Error::Duplicate {
                argument: name.to_owned(),
            }),
            Some(Given { text: Ok(text), .. }) => Ok(Some(text.clone())),
            Some(Given { text: Err(_), .. }) => Err(Error::BadCredentials),
        }
    }

    /// Returns the lines of a request's signature: `name=value`, raw, in the order of the names.
    /// Credentials are left out.
    pub(crate) fn signed(&self) -> Result<Vec<String>> {
        let parameters = self.given.keys().filter(|name| {
            !matches!(
                name.as_str(),
                "client_id" | "client_secret" | "access_token"
            )
        });
        let line = |name: &String| {
            let value = self.credential(name)?.unwrap_or_default();
            Ok(format!("{name}={}", *value))
        };
        parameters.map(line).collect()
    }

    /// Parses the arguments into an operation's input. `required` lists the required arguments. It is
    /// called only when one is missing, to name all that are.
    pub(crate) fn decode<T: DeserializeOwned>(
        &self,
        required: impl FnOnce() -> Vec<String>,
    ) -> Result<T> {
        if let Some(name) = &self.unreadable_name {
            return Err(Error::invalid(
                name,
                "the name is not valid percent-encoded UTF-8",
            ));
        }
        if self.too_many {
            let reason = format!("it has more than {MOST_ARGUMENTS} arguments");
            return Err(Error::invalid("body", reason));
        }
        T::deserialize(decode::Input(&self.given)).map_err(|fault| match fault {
            decode::Fault::Missing(name) => {
                let mut missing = required();
                missing.retain(|name| !self.given.contains_key(name));
                Error::Missing(if missing.is_empty() {
                    vec![name.to_owned()]
                } else {
                    missing
                })
            }
            decode::Fault::Duplicate(argument) => Error::Duplicate { argument },
            decode::Fault::Invalid { argument, reason } => Error::invalid(argument, reason),
        })
    }
}

/// Undoes `application/x-www-form-urlencoded`, strictly: a library that replaces what it cannot
/// read would store something else than what was sent.
fn unescape(text: &[u8]) -> Result<Zeroizing<String>, &'static str> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || {
                    rest.next()
                        .and_then(|&digit| char::from(digit).to_digit(16))
                };
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    return Err("a percent sign is followed by two hexadecimal digits");
                };
                u8::try_from(high * 16 + low).unwrap_or_default()
            }
            other => other,
        });
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err("it is not valid UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_form_is_undone() {
        assert_eq!(**unescape(b"a+b%2Bc%3d%C3%A9").as_ref().unwrap(), "a b+c=é");
        assert!(unescape(b"100%").is_err());
        assert!(unescape(b"%4").is_err());
        assert!(unescape(b"%zz").is_err());
        assert!(unescape(b"%+1").is_err());
        assert_eq!(unescape(b"%ff").unwrap_err(), "it is not valid UTF-8");
    }

    proptest! {
        #[test]
        fn what_is_escaped_comes_back(text in ".*") {
            let escaped = text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"));
            let back = unescape(escaped.as_bytes()).unwrap();
            prop_assert_eq!(back.as_str(), text.as_str());
        }

        #[test]
        fn no_bytes_from_a_stranger_panic(bytes: Vec<u8>) {
            let mut arguments = Arguments::default();
            arguments.merge(&bytes, Repeated::Same);
            arguments.merge(&bytes, Repeated::Never);
        }
    }
}
