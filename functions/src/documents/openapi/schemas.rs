//! The schemas of the OpenAPI document: made by schemars, and put into the words that tools for OpenAPI take.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use shared::{Endpoint, Envelope};

/// The place of the schemas in the document.
const SCHEMAS: &str = "#/components/schemas/";
/// The place of the schemas of inputs, until they are merged with those of replies.
const INPUTS: &str = "#/components/inputs/";

/// The schemas that operations share.
pub(super) struct Schemas {
    /// Schemas of inputs. A field with a default may be left out.
    inputs: SchemaGenerator,
    /// Schemas of replies. A field is there, unless it can be skipped.
    replies: SchemaGenerator,
    /// Replies of the machine API, which have `stat` beside their own fields.
    with_stat: Map<String, Value>,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = |place: &str| {
            let place = place
                .trim_start_matches('#')
                .trim_end_matches('/')
                .to_owned();
            SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = place.into())
        };
        Self {
            inputs: settings(INPUTS).into_generator(),
            replies: settings(SCHEMAS).for_serialize().into_generator(),
            with_stat: Map::new(),
        }
    }

    /// Describes the object that an operation takes.
    pub(super) fn input(&mut self, endpoint: &Endpoint) -> Value {
        simplified(endpoint.describe_input(&mut self.inputs))
    }

    /// Describes the type of a field of an input.
    pub(super) fn input_of<T: JsonSchema>(&mut self) -> Value {
        simplified(self.inputs.subschema_for::<T>())
    }

    /// Returns the schema that a schema of an input refers to, if it does.
    pub(super) fn resolved(&self, schema: &Value) -> Option<Value> {
        let name = schema.get("$ref")?.as_str()?.strip_prefix(INPUTS)?;
        let definition = self.inputs.definitions().get(name)?.clone();
        Some(simplified(Schema::try_from(definition).ok()?))
    }

    /// Describes the reply of an operation.
    pub(super) fn reply(&mut self, endpoint: &Endpoint) -> Value {
        let reply = simplified(endpoint.describe_reply(&mut self.replies));
        let name = reply
            .get("$ref")
            .and_then(|path| path.as_str()?.strip_prefix(SCHEMAS));
        let (Envelope::Machine, Some(name)) = (endpoint.route.envelope, name) else {
            return reply;
        };
        if let Some(own) = self.replies.definitions().get(name) {
            self.with_stat
                .insert(name.to_owned(), with_stat(own.clone()));
        }
        reply
    }

    /// Describes an answer that no operation makes by itself.
    pub(super) fn other(&mut self, describe: impl FnOnce(&mut SchemaGenerator) -> Schema) -> Value {
        simplified(describe(&mut self.replies))
    }

    /// Puts the schemas into the document, one for each name. Where a type looks different as a part of
    /// an input, that one is called `…Input`.
    pub(super) fn finish(mut self, document: &mut Value) {
        let mut schemas = definitions(&mut self.replies);
        schemas.extend(self.with_stat);
        let inputs = definitions(&mut self.inputs);
        let mut different = BTreeSet::new();
        loop {
            let found: BTreeSet<String> = inputs
                .iter()
                .filter(|(name, schema)| {
                    let mut schema = (*schema).clone();
                    moved(&mut schema, &different);
                    schemas.get(*name).is_some_and(|reply| *reply != schema)
                })
                .map(|(name, _)| name.clone())
                .collect();
            // One that refers to a different one is different, too.
            if found.is_subset(&different) {
                break;
            }
            different.extend(found);
        }
        for (name, mut schema) in inputs {
            moved(&mut schema, &different);
            schemas.insert(named(&name, &different), schema);
        }
        moved(document, &different);
        document["components"]["schemas"] = schemas.into();
    }
}

fn definitions(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let definitions = generator.take_definitions(true).into_iter();
    definitions
        .map(|(name, schema)| {
            let schema = Schema::try_from(schema).map_or_else(|_| json!({}), simplified);
            (name, schema)
        })
        .collect()
}

fn named(name: &str, different: &BTreeSet<String>) -> String {
    let suffix = if different.contains(name) {
        "Input"
    } else {
        ""
    };
    format!("{name}{suffix}")
}

/// Lets references to schemas of inputs lead to where those are in the end.
fn moved(value: &mut Value, different: &BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(path) if key == "$ref" => {
                        if let Some(name) = path.strip_prefix(INPUTS) {
                            *path = format!("{SCHEMAS}{}", named(name, different));
                        }
                    }
                    value => moved(value, different),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| moved(item, different)),
        _ => {}
    }
}

/// Adds `stat` to the fields of a reply of the machine API.
fn with_stat(mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        let fields = schema.entry("properties").or_insert_with(|| json!({}));
        fields["stat"] = json!({ "type": "string", "const": "ok" });
        let required = schema.entry("required").or_insert_with(|| json!([]));
        if let Some(required) = required.as_array_mut() {
            required.push("stat".into());
        }
    }
    schema
}

fn simplified(mut schema: Schema) -> Value {
    Simple.transform(&mut schema);
    schema.to_value()
}

/// A transform into words that tools for OpenAPI take. JSON Schema has several for the same thing.
struct Simple;

impl Transform for Simple {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if schema.as_bool() == Some(true) {
            schema.ensure_object();
        }
        let Some(fields) = schema.as_object_mut() else {
            return;
        };
        as_enum(fields);
        never_null_where_left_out(fields);
        // Not in the registry of formats of OpenAPI.
        if fields.get("format").is_some_and(|format| format == "uint") {
            fields.insert("format".to_owned(), json!("uint64"));
        }
    }
}

/// Removes `null` from the fields that may be left out: those are left out.
fn never_null_where_left_out(object: &mut Map<String, Value>) {
    let required = object.get("required").cloned().unwrap_or_default();
    let is_required = |name: &str| {
        required
            .as_array()
            .is_some_and(|all| all.iter().any(|n| n == name))
    };
    let fields = object.get_mut("properties").and_then(Value::as_object_mut);
    for (name, field) in fields.into_iter().flatten() {
        if !is_required(name) {
            without_null(field);
        }
    }
}

fn without_null(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = fields.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    let choices = fields.get("anyOf").and_then(Value::as_array);
    let choice = match choices.map(Vec::as_slice) {
        Some([Value::Object(choice), null]) if null.get("type") == Some(&json!("null")) => {
            choice.clone()
        }
        _ => return,
    };
    fields.remove("anyOf");
    for (key, value) in choice {
        fields.entry(key).or_insert(value);
    }
}

/// Merges alternatives that are texts into one enum, with their descriptions as a list.
fn as_enum(schema: &mut Map<String, Value>) {
    let choices = schema.get("oneOf").and_then(Value::as_array);
    let Some(choices) = choices.cloned() else {
        return;
    };
    let mut names = Vec::new();
    let mut texts = Vec::new();
    for choice in &choices {
        let of_choice = match (choice.get("const"), choice.get("enum")) {
            (Some(name @ Value::String(_)), _) => vec![name.clone()],
            (None, Some(Value::Array(several))) => several.clone(),
            _ => return,
        };
        if let (Some(text), Some(Value::String(name))) = (
            choice.get("description").and_then(Value::as_str),
            of_choice.first(),
        ) {
            texts.push(format!("- `{name}`: {text}"));
        }
        names.extend(of_choice);
    }
    schema.remove("oneOf");
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), names.into());
    if !texts.is_empty() {
        let own = schema.get("description").and_then(Value::as_str);
        let own = own.map(|text| format!("{text}\n\n")).unwrap_or_default();
        let text = format!("{own}{}", texts.join("\n"));
        schema.insert("description".to_owned(), text.into());
    }
}
