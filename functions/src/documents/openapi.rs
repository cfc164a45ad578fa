//! The OpenAPI document: every operation, described from the declarations that serve it.

mod input;
mod responses;
mod schemas;
mod security;
mod tags;

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::store::AccessPattern;
use shared::{Anyone, Context, Endpoint, Envelope, Operation, Requirement, Result, Route};

use self::schemas::Schemas;
use crate::OPERATIONS;

#[derive(Deserialize, JsonSchema)]
pub(crate) struct DescribeApi {}

/// An OpenAPI 3.1 document.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(rename = "OpenApiDocument")]
pub(crate) struct Document(#[schemars(with = "Map<String, Value>")] &'static Value);

/// The document of this process. Anyone may ask for it, and it never changes, so it is made once.
static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

impl Operation for DescribeApi {
    const ID: &'static str = "documents.openapi";
    const ROUTE: Route = Route::document("/openapi.json");
    const SUMMARY: &'static str = "Describe the API";
    const TOUCHES: &'static [AccessPattern] = &[];
    type Caller = Anyone;
    type Reply = Document;

    async fn run(self, _: &Context, _: Anyone) -> Result<Document> {
        Ok(Document(&DOCUMENT))
    }
}

/// Returns the OpenAPI 3.1 document of all operations.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths = Map::new();
    for endpoint in OPERATIONS {
        let item = paths
            .entry(endpoint.route.path)
            .or_insert_with(|| json!({}));
        if let Some(item) = item.as_object_mut() {
            item.extend(path_item(endpoint, &mut schemas));
        }
    }
    let responses = responses::components(&mut schemas);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "API clients, their secrets and their settings. The machine API answers with HTTP 200 throughout: read `stat`. The admin API, below `/admin/`, answers with HTTP statuses and RFC 9457 problems.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "servers": [
            { "url": "/", "description": "The server that this document comes from." },
            {
                "url": "http://127.0.0.1:{port}",
                "description": "The local binary.",
                "variables": { "port": { "default": "8080", "description": "The port that it listens on." } }
            }
        ],
        "tags": tags::described(),
        "paths": paths,
        "components": {
            "responses": responses,
            "headers": responses::headers(),
            "securitySchemes": security::schemes()
        }
    });
    schemas.finish(&mut document);
    document
}

fn path_item(endpoint: &Endpoint, schemas: &mut Schemas) -> Map<String, Value> {
    let fields = input::fields(endpoint, schemas);
    let responses = responses::of(endpoint, schemas);
    let mut item = Map::new();
    for method in endpoint.route.methods {
        let mut operation = json!({
            "operationId": operation_id(endpoint, method),
            "summary": endpoint.summary,
            "tags": [tags::of(endpoint)],
            "security": security::of(endpoint),
            "responses": responses,
        });
        if let Some(description) = description(endpoint) {
            operation["description"] = description.into();
        }
        let (parameters, body) = match (endpoint.route.envelope, *method) {
            (Envelope::Machine, "GET") => (input::parameters(&fields, "query"), None),
            (Envelope::Machine | Envelope::OAuth, _) => (Vec::new(), Some(input::form(&fields))),
            (Envelope::Admin, _) => input::of_admin(endpoint, &fields),
            (Envelope::File | Envelope::Document, _) => (input::parameters(&fields, "path"), None),
        };
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Some(body) = body {
            operation["requestBody"] = body;
        }
        item.insert(method.to_lowercase(), operation);
    }
    item
}

/// Returns the name of a method that calls an operation. A machine operation has two: its arguments are
/// a form, or stand in the query.
fn operation_id(endpoint: &Endpoint, method: &str) -> String {
    let name = endpoint.id.replace('.', "_");
    if endpoint.route.envelope == Envelope::Machine && method == "GET" {
        return format!("{name}_by_query");
    }
    name
}

fn description(endpoint: &Endpoint) -> Option<String> {
    let needs = match endpoint.requires {
        Requirement::Nothing => None,
        Requirement::AnyFeature(features) => {
            let names: Vec<_> = features.iter().map(|feature| feature.name()).collect();
            Some(format!("Needs one of the features: {}.", names.join(", ")))
        }
        Requirement::Client => Some(
            "Needs an enabled API client: HTTP Basic, or `client_id` and `client_secret` in the form."
                .to_owned(),
        ),
        Requirement::Privileges([]) => Some("Needs a session.".to_owned()),
        Requirement::Privileges(privileges) => {
            let names: Vec<_> = privileges.iter().map(|held| held.name()).collect();
            Some(format!("Needs a session, and: {}.", names.join(", ")))
        }
    };
    let waits = match (endpoint.can_wait(), endpoint.route.envelope) {
        (false, _) => None,
        (true, Envelope::Machine) => {
            Some("With multi admin on, the change waits for approval: `stat` is `pending`.")
        }
        (true, _) => Some("With multi admin on, the change waits for approval: the status is 202."),
    };
    let parts: Vec<_> = needs.into_iter().chain(waits.map(str::to_owned)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
