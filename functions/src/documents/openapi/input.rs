//! The parameters and request bodies of the OpenAPI document.

use serde_json::{Map, Value, json};
use shared::{ClientId, ClientSecret, Endpoint, Envelope};

use super::schemas::Schemas;

/// A field of an input.
pub(super) struct Field {
    name: String,
    schema: Value,
    is_required: bool,
    /// Does it stand in the path?
    is_in_path: bool,
    description: Value,
    example: Value,
    /// Is it a list or a map, which travels as JSON text where there is no JSON body?
    is_compound: bool,
}

/// Returns the fields that an operation takes.
pub(super) fn fields(endpoint: &Endpoint, schemas: &mut Schemas) -> Vec<Field> {
    let input = schemas.input(endpoint);
    let required = input.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
    let properties = input.get("properties").and_then(Value::as_object);
    let mut fields: Vec<_> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            let is_in_path = endpoint.route.path.contains(&format!("{{{name}}}"));
            field(name, schema.clone(), is_required(name), is_in_path, schemas)
        })
        .collect();
    if endpoint.route.envelope == Envelope::OAuth {
        for (name, mut schema, description) in [
            (
                "client_id",
                schemas.input_of::<ClientId>(),
                "The ID of the calling client, where there is no HTTP Basic.",
            ),
            (
                "client_secret",
                schemas.input_of::<ClientSecret>(),
                "The secret of the calling client, where there is no HTTP Basic.",
            ),
        ] {
            schema["description"] = description.into();
            fields.push(field(name, schema, false, false, schemas));
        }
    }
    fields
}

fn field(
    name: &str,
    schema: Value,
    is_required: bool,
    is_in_path: bool,
    schemas: &Schemas,
) -> Field {
    let named = schemas.resolved(&schema);
    let whole = named.as_ref().unwrap_or(&schema);
    let said = |key: &str| schema.get(key).or_else(|| whole.get(key)).cloned();
    let description = said("description").unwrap_or_default();
    let example = match said("examples")
        .as_ref()
        .and_then(|examples| examples.get(0))
    {
        Some(example) => example.clone(),
        None => example_of(whole, schemas),
    };
    let is_compound = matches!(whole["type"].as_str(), Some("array" | "object"));
    Field {
        name: name.to_owned(),
        is_required,
        is_in_path,
        description,
        example,
        is_compound,
        schema,
    }
}

/// Returns an example that a schema allows, where it names none.
fn example_of(schema: &Value, schemas: &Schemas) -> Value {
    if let Some(named) = schemas.resolved(schema) {
        return example_of(&named, schemas);
    }
    for examples in ["examples", "enum"] {
        if let Some(first) = schema.get(examples).and_then(|examples| examples.get(0)) {
            return first.clone();
        }
    }
    match schema["type"].as_str() {
        Some("boolean") => json!(true),
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("array") => json!([schema.get("items").map(|items| example_of(items, schemas))]),
        _ => Value::Null,
    }
}

/// Describes the fields as parameters of the query or the path.
pub(super) fn parameters<'a>(
    fields: impl IntoIterator<Item = &'a Field>,
    place: &str,
) -> Vec<Value> {
    let parameter = |field: &Field| {
        let (mut schema, example) = field.as_text();
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("description");
            schema.remove("examples");
        }
        json!({
            "name": field.name,
            "in": place,
            "required": field.is_required,
            "description": field.description,
            "example": example,
            "schema": schema
        })
    };
    fields.into_iter().map(parameter).collect()
}

impl Field {
    /// The field where everything is text: lists and maps travel as JSON.
    fn as_text(&self) -> (Value, Value) {
        if !self.is_compound {
            return (self.schema.clone(), self.example.clone());
        }
        let mut content = self.schema.clone();
        if let Some(content) = content.as_object_mut() {
            content.remove("description");
            content.remove("default");
        }
        let schema = json!({
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": content
        });
        (schema, self.example.to_string().into())
    }
}

/// Describes the fields as a form.
pub(super) fn form(fields: &[Field]) -> Value {
    let schema = object(fields, Field::as_text);
    body("application/x-www-form-urlencoded", &schema)
}

/// Describes the parameters and the JSON body of an operation of the admin API.
pub(super) fn of_admin(endpoint: &Endpoint, fields: &[Field]) -> (Vec<Value>, Option<Value>) {
    let (in_path, rest): (Vec<_>, Vec<_>) = fields.iter().partition(|field| field.is_in_path);
    let mut listed = parameters(in_path, "path");
    let body = if endpoint.route.takes_json() {
        let as_it_is = |field: &Field| (field.schema.clone(), field.example.clone());
        let mut schema = object(rest, as_it_is);
        schema["additionalProperties"] = json!(false);
        Some(body("application/json", &schema))
    } else {
        listed.extend(parameters(rest, "query"));
        None
    };
    listed.extend(headers(endpoint));
    (listed, body)
}

/// Describes the headers that an operation of the admin API takes.
fn headers(endpoint: &Endpoint) -> Vec<Value> {
    let mut headers = Vec::new();
    if endpoint.happens_once() {
        headers.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": false,
            "description": "A key that names this creation. The same key with the same request gets the same answer for a day, and nothing is made twice.",
            "example": "6f1c2a9e-0b57-4d7c-8f21-3a5b9c0d4e6f",
            "schema": { "type": "string", "pattern": "^[ -~]{1,255}$" }
        }));
    }
    if endpoint.changes_a_version() {
        headers.push(json!({
            "name": "If-Match",
            "in": "header",
            "required": false,
            "description": "The `ETag` of the version to change. If that is no longer the present version, the answer is 412.",
            "example": "\"3\"",
            "schema": { "type": "string" }
        }));
    }
    headers
}

fn object<'a>(
    fields: impl IntoIterator<Item = &'a Field>,
    shown: impl Fn(&Field) -> (Value, Value),
) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        let (mut schema, example) = shown(field);
        schema["description"] = field.description.clone();
        schema["examples"] = json!([example]);
        properties.insert(field.name.clone(), schema);
        if field.is_required {
            required.push(field.name.clone());
        }
    }
    let mut object = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        object["required"] = required.into();
    }
    object
}

fn body(media_type: &str, schema: &Value) -> Value {
    let is_required = schema.get("required").is_some();
    json!({ "required": is_required, "content": { media_type: { "schema": schema } } })
}
