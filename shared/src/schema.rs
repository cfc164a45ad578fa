//! Schemas of inputs, and of the types whose rules serde cannot see.

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
        described!($type as $type: $schema);
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
