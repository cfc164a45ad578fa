//! What the schema of an input says of it, and the schemas of the types whose rules serde can not see.

use schemars::{JsonSchema, generate::SchemaSettings};

/// The names of the arguments that an input can not do without, in the order of its fields.
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

/// Gives a type its JSON schema, for the documentation: a bound that its parser checks is not
/// visible to a derive.
macro_rules! described {
    ($type:ident: $schema:tt) => {
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}
pub(crate) use described;
