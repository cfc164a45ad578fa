//! Tables of operations in the documents, rendered from the list of operations.

use std::fmt::Write;

use functions::OPERATIONS;
use serde_json::Value;
use shared::{Endpoint, Envelope, Requirement};

use super::repository;

/// First line of the block in a document.
const BEGIN: &str = "<!-- operations: written by `just update`, do not edit by hand -->\n";
/// Last line of the block.
const END: &str = "<!-- end of operations -->\n";

/// Renders `docs/machine-api.md`, with its table of operations.
pub fn machine_api() -> String {
    let mut table = String::from("| operation | path | arguments |\n|---|---|---|\n");
    let document = functions::openapi_document();
    for endpoint in of(Envelope::Machine) {
        let arguments = arguments(&document, endpoint);
        writeln!(
            table,
            "| {} | `{}` | {arguments} |",
            endpoint.summary, endpoint.route.path
        )
        .unwrap();
    }
    with_table("docs/machine-api.md", &table)
}

/// Renders `docs/administration.md`, with its table of operations.
pub fn administration() -> String {
    let mut table =
        String::from("| operation | method and path | takes | needs |\n|---|---|---|---|\n");
    let document = functions::openapi_document();
    for endpoint in of(Envelope::Admin) {
        let (methods, path) = (endpoint.route.methods.join(", "), endpoint.route.path);
        let (arguments, needs) = (arguments(&document, endpoint), needs(endpoint));
        writeln!(
            table,
            "| {} | `{methods} {path}` | {arguments} | {needs} |",
            endpoint.summary
        )
        .unwrap();
    }
    with_table("docs/administration.md", &table)
}

/// Returns the operations of one API.
fn of(envelope: Envelope) -> impl Iterator<Item = &'static Endpoint> {
    OPERATIONS
        .iter()
        .filter(move |endpoint| endpoint.route.envelope == envelope)
}

/// Returns the privileges that an operation needs, as a table cell.
fn needs(endpoint: &Endpoint) -> String {
    match endpoint.requires {
        Requirement::Nothing => "nothing".to_owned(),
        Requirement::Privileges([]) => "a session".to_owned(),
        Requirement::Privileges(privileges) => {
            let names: Vec<_> = privileges
                .iter()
                .map(|held| format!("`{}`", held.name()))
                .collect();
            names.join(", ")
        }
        Requirement::Client | Requirement::AnyFeature(_) => unreachable!("people are no clients"),
    }
}

/// Returns the names of the arguments, as a table cell. A question mark stands behind the optional ones.
fn arguments(document: &Value, endpoint: &Endpoint) -> String {
    let route = &endpoint.route;
    let method = route.methods[0].to_lowercase();
    let operation = &document["paths"][route.path][method];
    let mut required = Vec::new();
    let mut optional = Vec::new();
    let mut take = |name: &str, is_required: bool| {
        let all = if is_required {
            &mut required
        } else {
            &mut optional
        };
        all.push(format!("`{name}`{}", if is_required { "" } else { "?" }));
    };
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = resolved(document, parameter);
        if parameter["in"] == "query" {
            take(
                parameter["name"].as_str().unwrap(),
                parameter["required"] == true,
            );
        }
    }
    let content = resolved(document, &operation["requestBody"])["content"].as_object();
    for media in content.into_iter().flat_map(|content| content.values()) {
        let schema = resolved(document, &media["schema"]);
        let needed = schema["required"].as_array();
        for name in schema["properties"]
            .as_object()
            .into_iter()
            .flat_map(|all| all.keys())
        {
            take(
                name,
                needed.is_some_and(|needed| needed.iter().any(|one| one == name)),
            );
        }
    }
    required.append(&mut optional);
    required.join(", ")
}

/// Follows a reference of the OpenAPI document.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// Returns a document with another table between its two markers.
fn with_table(path: &str, table: &str) -> String {
    let file = std::fs::read_to_string(repository(path)).unwrap();
    let parts = file
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    let (before, after) =
        parts.unwrap_or_else(|| panic!("{path} has no lines that begin and end the operations"));
    format!("{before}{BEGIN}\n{table}\n{END}{after}")
}
