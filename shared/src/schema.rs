//! Schemas of inputs, and of the types whose rules serde cannot see.

use std::ops::RangeInclusive;

use schemars::{JsonSchema, generate::SchemaSettings};

/// Returns the names of the arguments that an input cannot do without, in the order of its fields.
pub(crate) fn required<T: JsonSchema>() -> Vec<String> {
    let schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>();
    let names = schema.get("required").and_then(|names| names.as_array());
    names
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

/// Gives a type its JSON schema for the documentation. A derive cannot see the bounds of its parser.
macro_rules! described {
    ($type:ident: $schema:tt) => {
        $crate::schema::described!($type as $type: $schema);
    };
    ($type:ident as $name:ident: $schema:tt) => {
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}
pub(crate) use described;

/// Bounds a newtype of a whole number: gives it its check, the message of the check, and its schema.
///
/// All three come from the one range that is named here. A unit may follow it: `0..=168 "of hours"`.
/// The default in the schema is the type's `Default`.
macro_rules! bounded {
    ($type:ident($number:ty): $low:literal..=$high:literal $($unit:literal)?, { $($schema:tt)* }) => {
        impl TryFrom<u64> for $type {
            type Error = &'static str;

            fn try_from(number: u64) -> std::result::Result<Self, &'static str> {
                match <$number>::try_from(number) {
                    Ok(number @ $low..=$high) => Ok(Self(number)),
                    _ => Err(concat!(
                        "it takes a whole number ", $($unit, " ",)? "from ", $low, " to ", $high
                    )),
                }
            }
        }

        $crate::schema::described! {
            $type: {
                "type": "integer",
                "minimum": $low,
                "maximum": $high,
                "default": <$type>::default().0,
                $($schema)*
            }
        }
    };
}
pub(crate) use bounded;

/// Bounds a newtype of a text: gives it its check, the message of the check, and its schema.
///
/// All three come from the one range that is named here, which is also the type's `LENGTH`. A text
/// of so many `characters` is trimmed. One of so many `bytes` is taken as it is.
macro_rules! short_text {
    (
        $type:ident $(as $name:ident)?: $what:literal has $low:literal..=$high:literal $unit:ident,
        { $($schema:tt)* }
    ) => {
        impl $type {
            const LENGTH: std::ops::RangeInclusive<usize> = $low..=$high;
        }

        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> std::result::Result<Self, String> {
                $crate::schema::short_text!(@checked $unit text, $what, &Self::LENGTH).map(Self)
            }
        }

        $crate::schema::described! {
            $type $(as $name)?: {
                "type": "string",
                "minLength": $low,
                "maxLength": $high,
                $($schema)*
            }
        }
    };
    (@checked characters $text:ident, $what:literal, $length:expr) => {
        $crate::text::trimmed(&$text, $what, $length)
    };
    (@checked bytes $text:ident, $what:literal, $length:expr) => {
        $crate::text::in_bytes($text, $what, $length)
    };
}
pub(crate) use short_text;

/// Returns the pattern of a text of so many characters, each of one class: `[a-z]`.
pub(crate) fn pattern(class: &str, length: &RangeInclusive<usize>) -> String {
    format!("^{class}{{{},{}}}$", length.start(), length.end())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use schemars::{JsonSchema, schema_for};
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    use crate::domain::administrator::PersonName;
    use crate::domain::application::{ModuleKey, ModuleName};
    use crate::domain::audience::{Audience, RotationDays};
    use crate::domain::change_request::Why;
    use crate::domain::client::{ClientName, Description};
    use crate::domain::page::PageSize;
    use crate::domain::setting::SettingKey;
    use crate::ids::{ApplicationId, ClientId};
    use crate::secrets::client_secret::GraceHours;

    /// A bounded type: its schema, and the check of its parser.
    struct Bounded {
        name: &'static str,
        schema: Value,
        check: fn(Value) -> Result<(), String>,
    }

    fn bounded<T: JsonSchema + DeserializeOwned>() -> Bounded {
        Bounded {
            name: std::any::type_name::<T>().rsplit("::").next().unwrap(),
            schema: schema_for!(T).to_value(),
            check: |value| match serde_json::from_value::<T>(value) {
                Ok(_) => Ok(()),
                Err(error) => Err(error.to_string()),
            },
        }
    }

    impl Bounded {
        fn bound(&self, keyword: &str) -> usize {
            let bound = self.schema[keyword].as_u64();
            usize::try_from(bound.unwrap_or_else(|| panic!("{}: {keyword}", self.name))).unwrap()
        }

        fn takes(&self, value: impl Into<Value>) {
            let value = value.into();
            assert_eq!((self.check)(value.clone()), Ok(()), "{} {value}", self.name);
        }

        /// Checks that the value is refused, and returns the message.
        fn refuses(&self, value: impl Into<Value>) -> String {
            let value = value.into();
            let refused = (self.check)(value.clone());
            refused.expect_err(&format!("{} takes {value}", self.name))
        }

        /// Checks that texts of the first length to the last are taken, and no others.
        fn has_length(&self, shortest: usize, longest: usize) {
            self.takes("x".repeat(shortest));
            self.takes("x".repeat(longest));
            self.refuses("x".repeat(shortest - 1));
            self.refuses("x".repeat(longest + 1));
        }
    }

    fn whole_numbers() -> Vec<Bounded> {
        vec![
            bounded::<GraceHours>(),
            bounded::<PageSize>(),
            bounded::<RotationDays>(),
        ]
    }

    fn short_texts() -> Vec<Bounded> {
        vec![
            bounded::<ApplicationId>(),
            bounded::<ClientName>(),
            bounded::<Description>(),
            bounded::<ModuleName>(),
            bounded::<PersonName>(),
            bounded::<SettingKey>(),
            bounded::<Why>(),
        ]
    }

    #[test]
    fn a_whole_number_is_checked_against_the_bounds_of_its_schema() {
        for number in whole_numbers() {
            let (least, most) = (number.bound("minimum"), number.bound("maximum"));
            number.takes(least);
            number.takes(most);
            number.takes(number.bound("default"));
            if let Some(less) = least.checked_sub(1) {
                number.refuses(less);
            }
            // The last one is `most` again if its upper bits get lost.
            for more in [most + 1, most + (1 << 16), most + (1 << 32)] {
                let message = number.refuses(more);
                let said = format!("from {least} to {most}");
                assert!(message.contains(&said), "{}: {message}", number.name);
            }
        }
    }

    #[test]
    fn a_text_is_checked_against_the_bounds_of_its_schema() {
        for text in short_texts() {
            let (shortest, longest) = (text.bound("minLength"), text.bound("maxLength"));
            text.has_length(shortest, longest);
            let message = text.refuses("x".repeat(longest + 1));
            let said = |unit: &str| message.contains(&format!("{shortest} to {longest} {unit}"));
            // Two bytes each.
            let wide = "ä".repeat(longest);
            if said("characters") {
                text.takes(wide);
            } else {
                assert!(said("bytes"), "{}: {message}", text.name);
                text.refuses(wide);
            }
        }
    }

    #[test]
    fn a_text_of_one_class_is_checked_against_the_length_in_its_pattern() {
        for text in [bounded::<Audience>(), bounded::<ModuleKey>()] {
            let pattern = text.schema["pattern"].as_str().unwrap();
            let (_, length) = pattern
                .strip_suffix("}$")
                .unwrap()
                .rsplit_once('{')
                .unwrap();
            let (shortest, longest) = length.split_once(',').unwrap();
            let (shortest, longest) = (shortest.parse().unwrap(), longest.parse().unwrap());
            text.has_length(shortest, longest);
            let message = text.refuses("");
            let said = format!("{shortest} to {longest} ");
            assert!(message.contains(&said), "{}: {message}", text.name);
        }
        let id = bounded::<ClientId>();
        id.has_length(id.bound("minLength"), id.bound("maxLength"));
    }

    /// Collects the types that stand in calls of a macro, below a folder.
    fn calls_below(folder: &Path, call: &str, into: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                calls_below(&path, call, into);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let lines: Vec<_> = text.lines().collect();
            let calls = lines.windows(2).filter(|pair| pair[0] == call);
            into.extend(calls.map(|pair| {
                let name = pair[1].trim().split(|c: char| !c.is_alphanumeric());
                name.into_iter().next().unwrap().to_owned()
            }));
        }
    }

    #[test]
    fn these_tests_walk_every_type_that_is_bounded() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for (call, walked) in [
            ("bounded! {", whole_numbers()),
            ("short_text! {", short_texts()),
        ] {
            let mut called = BTreeSet::new();
            calls_below(&source, call, &mut called);
            let walked: BTreeSet<_> = walked.iter().map(|of| of.name.to_owned()).collect();
            assert_eq!(called, walked, "{call}");
        }
    }
}
