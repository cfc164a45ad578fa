//! Describe the API: the OpenAPI document.

use countersign_tests::{App, Caller};
use functions::OPERATIONS;
use serde_json::Value;

const DOCUMENT: &str = "/openapi.json";

async fn document(caller: &Caller, query: &str) -> Value {
    let path = format!("{DOCUMENT}{query}");
    let reply = caller
        .send(reqwest::Method::GET, &path, &[], reqwest::Body::default())
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("x-request-id").len(), 16);
    assert_eq!(
        reply.body,
        reply.json().to_string(),
        "the document is not compact"
    );
    reply.json()
}

#[tokio::test]
async fn anyone_gets_the_document_as_it_is_without_a_frame() {
    let app = App::start().await;
    let wanted = functions::openapi_document();
    assert_eq!(wanted["openapi"], "3.1.0");
    assert_eq!(wanted["stat"], Value::Null);
    for caller in [
        app.stranger(),
        app.owner(),
        app.client("disabled"),
        app.stranger().authorization(&["Bearer x"]),
        app.stranger().authorization(&["Basic !", "Basic !"]),
    ] {
        assert!(
            document(&caller, "").await == wanted,
            "the document differs"
        );
    }
}

#[tokio::test]
async fn the_document_describes_every_operation_by_all_its_methods() {
    let app = App::start().await;
    let document = document(&app.stranger(), "").await;
    let paths = document["paths"].as_object().unwrap();
    let mut described = 0;
    for operation in OPERATIONS {
        for method in operation.route.methods {
            let found = &paths[operation.route.path][method.to_lowercase()];
            assert_eq!(found["summary"], operation.summary, "{}", operation.id);
            described += 1;
        }
    }
    let methods = paths.values().map(|item| item.as_object().unwrap().len());
    assert_eq!(methods.sum::<usize>(), described);
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let app = App::start().await;
    let document = document(&app.stranger(), "").await;
    let text = document.to_string();
    let references: Vec<_> = text.split(r##""$ref":"#"##).skip(1).collect();
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.split('"').next().unwrap();
        assert!(
            document.pointer(pointer).is_some(),
            "{pointer} is not there"
        );
    }
}

#[tokio::test]
async fn whatever_stands_in_the_query_is_ignored() {
    let app = App::start().await;
    let wanted = functions::openapi_document();
    for query in [
        "?",
        "?a=1&a=2",
        "?client_id=x",
        "?a=%ff",
        "?a=%zz",
        "?%ff=a",
        "?%zz",
    ] {
        assert!(document(&app.stranger(), query).await == wanted, "{query}");
    }
}

#[tokio::test]
async fn the_document_can_only_be_read() {
    let app = App::start().await;
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let method = method.parse().unwrap();
        let reply = app
            .owner()
            .send(method, DOCUMENT, &[], reqwest::Body::default())
            .await;
        assert_eq!(
            (reply.status, &*reply.body),
            (404, r#"{"message":"Not Found"}"#)
        );
    }
}

/// Returns every parameter and every field of a body: name, description, example and schema.
fn inputs(document: &Value) -> Vec<(String, &Value, &Value, &Value)> {
    let mut inputs = Vec::new();
    for operation in operations(document) {
        let id = operation["operationId"].as_str().unwrap();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        inputs.extend(parameters.map(|parameter| {
            let what = format!("{id}, parameter {}", parameter["name"]);
            let (text, example) = (&parameter["description"], &parameter["example"]);
            (what, text, example, &parameter["schema"])
        }));
        let contents = operation["requestBody"]["content"].as_object();
        for content in contents.into_iter().flat_map(serde_json::Map::values) {
            let fields = content["schema"]["properties"].as_object().unwrap();
            inputs.extend(fields.iter().map(|(name, field)| {
                let what = format!("{id}, field {name}");
                (what, &field["description"], &field["examples"][0], field)
            }));
        }
    }
    inputs
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document["paths"].as_object().unwrap().values();
    paths.flat_map(|item| item.as_object().unwrap().values())
}

#[test]
fn every_parameter_and_field_has_a_description_and_an_example_that_fits() {
    let document = functions::openapi_document();
    let inputs = inputs(&document);
    assert!(inputs.len() > 150, "there are {} only", inputs.len());
    for (what, text, example, schema) in inputs {
        assert!(
            text.as_str().is_some_and(|text| !text.is_empty()),
            "{what} has no description"
        );
        assert!(!example.is_null(), "{what} has no example");
        let mut schema = schema.clone();
        schema["components"] = document["components"].clone();
        let faults: Vec<_> = jsonschema::validator_for(&schema)
            .unwrap()
            .iter_errors(example)
            .map(|fault| fault.to_string())
            .collect();
        assert!(faults.is_empty(), "the example of {what}: {faults:?}");
    }
}

#[test]
fn operations_have_names_of_their_own_and_tags_with_texts() {
    let document = functions::openapi_document();
    let tags = document["tags"].as_array().unwrap();
    let mut used = std::collections::BTreeSet::new();
    let mut names = std::collections::BTreeSet::new();
    for operation in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter == '_' || letter == '2';
        assert!(name.chars().all(is_plain), "{name} is no name of a method");
        assert!(names.insert(name), "{name} is there twice");
        let tag = operation["tags"][0].as_str().unwrap();
        assert!(
            tags.iter().any(|known| known["name"] == tag),
            "{tag} has no text"
        );
        used.insert(tag);
    }
    assert_eq!(used.len(), tags.len(), "a tag is not used");
}

#[test]
fn the_schemas_are_in_words_that_generators_take() {
    let document = functions::openapi_document();
    for name in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        // So schemars tells two types of one name apart.
        assert!(
            !name.ends_with(|last: char| last.is_ascii_digit()),
            "{name} is there twice"
        );
    }
    assert_plain("", &document);
}

/// Fails where a schema is a boolean, where something is `null`, and where constants make an enum.
fn assert_plain(place: &str, value: &Value) {
    match value {
        Value::Object(fields) => {
            let has_constants = |choices: &Value| {
                choices
                    .as_array()
                    .is_some_and(|all| all.iter().any(|choice| choice.get("const").is_some()))
            };
            assert!(
                !fields.get("oneOf").is_some_and(has_constants),
                "{place} is an enum of constants"
            );
            for (name, value) in fields {
                let place = format!("{place}/{name}");
                assert!(!value.is_null(), "{place} is null");
                let holds_schemas = ["/properties", "/schemas"]
                    .iter()
                    .any(|end| place.ends_with(end));
                let schemas = value.as_object().filter(|_| holds_schemas);
                for (name, schema) in schemas.into_iter().flatten() {
                    assert!(schema.is_object(), "{place}/{name} is no object");
                }
                if name != "examples" && name != "example" {
                    assert_plain(&place, value);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| assert_plain(place, item)),
        Value::String(text) => {
            assert!(
                !text.contains("contract, section"),
                "{place} names a contract that readers do not have"
            );
        }
        _ => {}
    }
}

#[test]
fn whatever_can_wait_for_approval_is_described_as_pending() {
    let document = functions::openapi_document();
    let mut waiting = 0;
    for operation in OPERATIONS {
        let path = operation.route.path;
        for method in operation.route.methods {
            let responses = &document["paths"][path][method.to_lowercase()]["responses"];
            let of_admins = responses.get("202").is_some();
            let choices =
                responses["200"]["content"]["application/json"]["schema"]["oneOf"].as_array();
            let is_pending = |choice: &Value| choice["$ref"] == "#/components/schemas/Pending";
            let of_machines = choices.is_some_and(|choices| choices.iter().any(is_pending));
            assert_eq!(
                of_admins || of_machines,
                operation.can_wait(),
                "{}",
                operation.id
            );
            waiting += usize::from(operation.can_wait());
        }
    }
    assert!(waiting > 20, "only {waiting}");
}
