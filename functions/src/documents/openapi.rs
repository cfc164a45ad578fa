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
        let item = paths
            .entry(endpoint.route.path)
            .or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.extend(path_item(endpoint, &mut generator));
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Error".to_owned(), error_schema());
    schemas.insert("OAuthError".to_owned(), oauth_error_schema());
    schemas.insert("Problem".to_owned(), problem_schema());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "API clients, their secrets and their settings. The machine API answers with HTTP 200 throughout: read `stat`. The admin API, below `/admin/`, answers with statuses and RFC 9457 problems.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "client": { "type": "http", "scheme": "basic", "description": "A client's ID and secret." },
                "session": { "type": "http", "scheme": "bearer", "description": "The token of an administrator's session." },
                "console": { "type": "apiKey", "in": "cookie", "name": "__Host-countersign", "description": "The same as the console's cookie; for a change, with a same-origin proof." }
            }
        }
    })
}

fn path_item(endpoint: &Endpoint, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let described = endpoint.describe(generator);
    let mut input = described.input.to_value();
    for argument in input["properties"].as_object_mut().into_iter().flatten() {
        without_null(argument.1);
    }
    let reply = described.reply.to_value();
    let mut item = Map::new();
    for method in endpoint.route.methods {
        let mut operation = json!({
            "operationId": format!("{}.{}", endpoint.id, method.to_lowercase()),
            "summary": endpoint.summary,
            "tags": [endpoint.id.split('.').next().unwrap_or_default()],
            "responses": responses(endpoint, &reply),
        });
        match endpoint.requires {
            Requirement::Nothing => {}
            Requirement::AnyFeature(features) => {
                let names: Vec<_> = features.iter().map(|feature| feature.name()).collect();
                operation["security"] = json!([{ "client": [] }]);
                operation["description"] =
                    json!(format!("Needs one of the features: {}.", names.join(", ")));
            }
            Requirement::Client => {
                operation["security"] = json!([{ "client": [] }]);
                operation["description"] = json!(
                    "Needs an enabled API client: HTTP Basic, or `client_id` and `client_secret` in the body."
                );
            }
            Requirement::Privileges(privileges) => {
                let names: Vec<_> = privileges.iter().map(|held| held.name()).collect();
                operation["security"] = json!([{ "session": [] }, { "console": [] }]);
                operation["description"] = json!(match names.as_slice() {
                    [] => "Needs a session.".to_owned(),
                    names => format!("Needs a session, and: {}.", names.join(", ")),
                });
            }
        }
        match (endpoint.route.envelope, *method) {
            (Envelope::Machine, "GET") => {
                operation["parameters"] = parameters(&input, "query", generator.definitions());
            }
            (Envelope::Machine | Envelope::OAuth, _) => {
                operation["requestBody"] = form(&input, generator.definitions());
            }
            (Envelope::File, _) => {
                operation["parameters"] = parameters(&input, "path", generator.definitions());
            }
            (Envelope::Admin, _) => {
                operation["parameters"] = admin_parameters(endpoint, &input, generator);
                if endpoint.route.takes_json() {
                    operation["requestBody"] = json_body(endpoint, &input);
                }
            }
            (Envelope::Document, _) => {}
        }
        item.insert(method.to_lowercase(), operation);
    }
    item
}

/// Does an argument stand in the path?
fn is_in_path(endpoint: &Endpoint, name: &str) -> bool {
    endpoint.route.path.contains(&format!("{{{name}}}"))
}

/// What an operation of the admin API takes beside its body.
fn admin_parameters(endpoint: &Endpoint, input: &Value, generator: &SchemaGenerator) -> Value {
    let all = |place: &str| parameters(input, place, generator.definitions());
    let chosen = |parameters: Value, is_chosen: &dyn Fn(&str) -> bool| -> Vec<Value> {
        let parameters = parameters.as_array().cloned().unwrap_or_default();
        let named = parameters.into_iter();
        named
            .filter(|parameter| parameter["name"].as_str().is_some_and(is_chosen))
            .collect()
    };
    let mut listed = chosen(all("path"), &|name| is_in_path(endpoint, name));
    if !endpoint.route.takes_json() {
        listed.extend(chosen(all("query"), &|name| !is_in_path(endpoint, name)));
    }
    let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "required": false, "description": description, "schema": { "type": "string" } });
    if endpoint.happens_once() {
        listed.push(header("Idempotency-Key", "The same key with the same request gets the same answer for a day, and nothing is made twice."));
    }
    if endpoint.changes_a_version() {
        listed.push(header("If-Match", "The `ETag` of the version that is to be changed; 412 if it is no longer the present one."));
    }
    listed.into()
}

/// The fields that do not stand in the path, as a JSON body.
fn json_body(endpoint: &Endpoint, input: &Value) -> Value {
    let mut schema = input.clone();
    if let Some(fields) = schema["properties"].as_object_mut() {
        fields.retain(|name, _| !is_in_path(endpoint, name));
    }
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| !is_in_path(endpoint, name.as_str().unwrap_or_default()));
    }
    schema["additionalProperties"] = json!(false);
    let is_required = schema["required"]
        .as_array()
        .is_some_and(|names| !names.is_empty());
    json!({ "required": is_required, "content": { "application/json": { "schema": schema } } })
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
        Envelope::Admin => {
            let problem = json!({
                "description": "A problem: `type` says which.",
                "headers": headers,
                "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
            });
            let mut success = json("Done.", reply);
            if endpoint.status == 204 {
                success = json!({ "description": "Done.", "headers": headers });
            } else if endpoint.streams {
                success["content"] = json!({ "text/csv": { "schema": reply }, "application/x-ndjson": { "schema": reply } });
            }
            json!({ endpoint.status.to_string(): success, "default": problem })
        }
        Envelope::OAuth => {
            let failure = json!({ "$ref": "#/components/schemas/OAuthError" });
            json!({
                "200": json("Done.", reply),
                "400": json("Not possible, or not asked for in the right way.", &failure),
                "401": json("The client credentials are missing or not valid.", &failure),
                "default": json("Not now.", &failure)
            })
        }
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

fn oauth_error_schema() -> Value {
    json!({
        "type": "object",
        "description": "An error of OAuth 2 (RFC 6749, section 5.2).",
        "properties": {
            "error": { "type": "string" },
            "error_description": { "type": "string" },
            "request_id": { "type": "string", "pattern": "^[2-9a-hjkmnp-z]{16}$" }
        },
        "required": ["error", "error_description", "request_id"]
    })
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457).",
        "properties": {
            "type": { "type": "string", "format": "uri", "description": "`urn:countersign:problem:` and the name of the problem; it does not change." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "request_id": { "type": "string", "pattern": "^[2-9a-hjkmnp-z]{16}$" },
            "errors": {
                "type": "array",
                "description": "Each part that does not fit.",
                "items": {
                    "type": "object",
                    "properties": {
                        "pointer": { "type": "string", "format": "json-pointer" },
                        "detail": { "type": "string" }
                    },
                    "required": ["pointer", "detail"]
                }
            }
        },
        "required": ["type", "title", "status", "detail", "request_id"]
    })
}
