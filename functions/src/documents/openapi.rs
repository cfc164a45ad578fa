//! The OpenAPI document: every operation, described from the declarations that serve it.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::store::AccessPattern;
use shared::{Anyone, Context, Endpoint, Envelope, Operation, Requirement, Result, Route};

use crate::OPERATIONS;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DescribeApi {}

/// An OpenAPI 3.1 document.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Document(Value);

impl Operation for DescribeApi {
    const ID: &'static str = "documents.openapi";
    const ROUTE: Route = Route::document("/openapi.json");
    const SUMMARY: &'static str = "Describe the API";
    const TOUCHES: &'static [AccessPattern] = &[];
    type Caller = Anyone;
    type Reply = Document;

    async fn run(self, _: &Context, _: Anyone) -> Result<Document> {
        Ok(Document(document()))
    }
}

/// The OpenAPI 3.1 document of all operations.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for endpoint in OPERATIONS {
        paths.insert(
            endpoint.route.path.to_owned(),
            path_item(endpoint, &mut generator),
        );
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Error".to_owned(), error_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "API clients, their secrets and their settings. The machine API answers with HTTP 200 throughout: read `stat`.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "client": { "type": "http", "scheme": "basic", "description": "A client's ID and secret." }
            }
        }
    })
}

fn path_item(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Value {
    let described = endpoint.describe(generator);
    let mut input = described.input.to_value();
    for argument in input["properties"].as_object_mut().into_iter().flatten() {
        without_null(argument.1);
    }
    let reply = described.reply.to_value();
    let mut item = Map::new();
    for method in endpoint.route.methods() {
        let mut operation = json!({
            "operationId": format!("{}.{}", endpoint.id, method.to_lowercase()),
            "summary": endpoint.summary,
            "tags": [endpoint.id.split('.').next().unwrap_or_default()],
            "responses": responses(endpoint, &reply),
        });
        if let Requirement::AnyFeature(features) = endpoint.requires {
            let names: Vec<_> = features.iter().map(|feature| feature.name()).collect();
            operation["security"] = json!([{ "client": [] }]);
            operation["description"] =
                json!(format!("Needs one of the features: {}.", names.join(", ")));
        }
        match (endpoint.route.envelope, *method) {
            (Envelope::Machine, "GET") => {
                operation["parameters"] = parameters(&input, "query", generator.definitions());
            }
            (Envelope::Machine, _) => {
                operation["requestBody"] = form(&input, generator.definitions());
            }
            (Envelope::File, _) => {
                operation["parameters"] = parameters(&input, "path", generator.definitions());
            }
            (Envelope::Document, _) => {}
        }
        item.insert(method.to_lowercase(), operation);
    }
    Value::Object(item)
}

/// The arguments as parameters of the query or the path; lists and maps travel as JSON text.
fn parameters(input: &Value, place: &str, definitions: &Map<String, Value>) -> Value {
    let required = |name: &str| {
        input["required"]
            .as_array()
            .is_some_and(|names| names.iter().any(|n| n == name))
    };
    let arguments = input["properties"].as_object().into_iter().flatten();
    arguments
        .map(|(name, schema)| {
            let mut parameter = json!({ "name": name, "in": place, "required": required(name) });
            if is_plain(schema, definitions) {
                parameter["schema"] = schema.clone();
            } else {
                parameter["content"] = json!({ "application/json": { "schema": schema } });
            }
            parameter
        })
        .collect()
}

/// The arguments as a form; lists and maps travel as JSON text.
fn form(input: &Value, definitions: &Map<String, Value>) -> Value {
    let encoding: Map<_, _> = input["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, schema)| !is_plain(schema, definitions))
        .map(|(name, _)| (name.clone(), json!({ "contentType": "application/json" })))
        .collect();
    json!({
        "required": input["required"].as_array().is_some_and(|names| !names.is_empty()),
        "content": { "application/x-www-form-urlencoded": { "schema": input, "encoding": encoding } }
    })
}

/// An argument that may be left out is not one that may be `null`.
fn without_null(schema: &mut Value) {
    let choice = schema["anyOf"]
        .as_array()
        .and_then(|choices| match choices.as_slice() {
            [choice, Value::Object(null)] if null.get("type") == Some(&json!("null")) => {
                Some(choice.clone())
            }
            _ => None,
        });
    if let (Some(Value::Object(choice)), Some(schema)) = (choice, schema.as_object_mut()) {
        schema.remove("anyOf");
        schema.extend(choice);
    }
}

/// Lists and maps are JSON text in a form; everything else is plain.
fn is_plain(schema: &Value, definitions: &Map<String, Value>) -> bool {
    let named = schema["$ref"]
        .as_str()
        .and_then(|path| definitions.get(path.rsplit('/').next()?));
    if let Some(named) = named {
        return is_plain(named, definitions);
    }
    let mut choices = schema["anyOf"].as_array().into_iter().flatten();
    !matches!(schema["type"].as_str(), Some("array" | "object"))
        && choices.all(|choice| is_plain(choice, definitions))
}

fn responses(endpoint: &Endpoint, reply: &Value) -> Value {
    let headers = json!({
        "x-request-id": { "description": "The request's ID, also in every log line.", "schema": { "type": "string" } }
    });
    let json = |description: &str, schema: &Value| {
        json!({
            "description": description,
            "headers": headers,
            "content": { "application/json": { "schema": schema } }
        })
    };
    match endpoint.route.envelope {
        Envelope::Document => json!({ "200": json("The document.", reply) }),
        Envelope::File => json!({
            "200": json("The file.", reply),
            "304": { "description": "The caller has the file already: its `If-None-Match` names the file's `ETag`." },
            "404": { "description": "There is no such file." }
        }),
        Envelope::Machine => {
            let stat = json!({ "type": "object", "properties": { "stat": { "const": "ok" } }, "required": ["stat"] });
            let success = json!({ "allOf": [reply, stat] });
            let schema = json!({ "oneOf": [success, { "$ref": "#/components/schemas/Error" }] });
            json!({
                "200": json("Done, or an error: `stat` tells.", &schema),
                "413": json("The body is too large.", &json!({ "$ref": "#/components/schemas/Error" }))
            })
        }
    }
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "argument_name": { "type": "string", "description": "Only with codes 100 and 200." },
            "request_id": { "type": "string", "pattern": "^[2-9a-hjkmnp-z]{16}$" },
            "code": { "type": "integer", "enum": [100, 200, 201, 205, 402, 403, 480, 500, 510] },
            "error_description": { "type": "string" },
            "error": { "type": "string" },
            "stat": { "const": "error" }
        },
        "required": ["request_id", "code", "error_description", "error", "stat"]
    })
}
