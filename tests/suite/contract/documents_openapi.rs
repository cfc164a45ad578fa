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
