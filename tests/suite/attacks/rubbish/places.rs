//! Rubbish in paths, queries and headers, and more of everything than there should be.

use std::time::Duration;

use countersign_tests::App;
use functions::openapi_document;
use reqwest::Method;
use serde_json::json;

use super::super::{method, operations};
use super::{assert_orderly, assert_sound, fields, fitting, send};

/// Texts for the parts of a path, and for a query.
fn texts() -> Vec<String> {
    let mut texts: Vec<_> = [
        "%00",
        "a%00b",
        "%0d%0aSet-Cookie:%20a=b",
        "%ff",
        "%c0%af",
        "%ed%a0%80",
        "%2e%2e",
        "..%2f..",
        "%2f",
        "%252f",
        "__proto__",
        "null",
        "undefined",
        "-",
        "0",
        "-1",
        "1e400",
        "99999999999999999999",
        "%F0%9F%98%80",
        "%e2%80%ae",
        "*",
        "%23",
        "%3f",
        "a%20b",
        "+",
        "%25",
        "%27%20OR%201=1--",
        "%7B%7D",
        "%5B%5D",
        "client%23owner",
        "true",
        "%7B%22%24gt%22:%22%22%7D",
        "2036-11-21T00:00:00Z",
        "%2B0000-01-01T00:00:00Z",
        "-0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "10000-01-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "csv",
        "AAAA",
        "_____w",
    ]
    .map(str::to_owned)
    .to_vec();
    for length in [65, 255, 256, 1_025, 4_000] {
        texts.push("x".repeat(length));
    }
    texts.push("%e2%82%ac".repeat(300));
    texts
}

#[tokio::test]
async fn no_part_of_a_path_and_no_query_is_a_fault_of_the_server() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let document = openapi_document();
    for endpoint in operations() {
        let body = || {
            let body = endpoint
                .route
                .takes_json()
                .then(|| fitting(endpoint.id).to_string());
            body.unwrap_or_default()
        };
        for (number, text) in texts().iter().enumerate() {
            if number % 8 == 0 {
                app.advance(Duration::from_mins(1));
                ada.get("/admin/me").await.fine();
            }
            let route = endpoint.route.path;
            let shown: String = text.chars().take(60).collect();
            let what = format!("{} {shown}", endpoint.id);
            if route.contains('{') {
                let (before, rest) = route.split_once('{').unwrap();
                let rest = rest.split_once('}').unwrap().1;
                let path = format!("{before}{text}{rest}");
                let reply = send(&ada, method(endpoint), &path, body()).await;
                assert_orderly(&what, &reply);
                assert!(reply.status >= 400, "{what} is there: {}", reply.body);
            }
            if method(endpoint) != Method::GET {
                continue;
            }
            let path = route
                .replace("{client_id}", "owner")
                .replace("{id}", &ada.id);
            let mut names = fields(&document, endpoint, "query");
            names.push("unknown".to_owned());
            for name in names {
                for query in [
                    format!("{name}={text}"),
                    format!("{text}={text}&{name}={text}&{name}=x"),
                ] {
                    let path = format!("{path}?{query}");
                    let reply = send(&ada, Method::GET, &path, String::new()).await;
                    assert_orderly(&format!("{what} as {name}"), &reply);
                }
            }
        }
    }
    assert_sound(&app).await;
}

#[tokio::test]
async fn no_header_is_a_fault_of_the_server() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let long = "x".repeat(4_000);
    let hostile = [
        "",
        " ",
        ",",
        "\"",
        "\"1",
        "W/\"1\"",
        "\"99999999999999999999999\"",
        "*, *",
        "null",
        "Bearer",
        "Bearer ",
        "Bearer csn_",
        "Basic Og==",
        "Negotiate x",
        "a\tb",
        "=;=;",
        "__Host-countersign=",
        "chunked, chunked",
        &long,
    ];
    for name in [
        "if-match",
        "idempotency-key",
        "authorization",
        "cookie",
        "accept",
        "origin",
        "sec-fetch-site",
        "if-none-match",
        "range",
        "accept-encoding",
        "content-encoding",
        "expect-ct",
    ] {
        for value in hostile {
            for (method, path, body) in [
                (Method::GET, "/admin/clients/owner", None),
                (
                    Method::PATCH,
                    "/admin/clients/owner",
                    Some(json!({"enabled": true})),
                ),
                (Method::GET, "/admin/audit/export?format=csv", None),
                (Method::POST, "/admin/sessions", Some(json!({}))),
            ] {
                let person = ada.clone().with(name, value);
                let reply = person.send(method, path, body.as_ref()).await;
                assert_orderly(&format!("{name}: {value}"), &reply);
            }
        }
    }
    assert_sound(&app).await;
}

#[tokio::test]
async fn a_body_of_ten_megabytes_is_refused_before_anything_is_made_of_it() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = ada.audit("limit=200").await;
    let large = json!({"name": "x".repeat(10_000_000)}).to_string();
    let deep = format!("{{\"name\":{}", "[".repeat(9_000_000));
    for endpoint in operations().filter(|endpoint| endpoint.route.takes_json()) {
        let path = endpoint.route.path.replace("{client_id}", "owner");
        for body in [&large, &deep] {
            let reply = send(&ada, method(endpoint), &path, body.clone()).await;
            reply.problem(413, "too-large");
            let stranger = app.stranger();
            let headers = [("content-type", "application/json")];
            let sent = stranger.send(method(endpoint), &path, &headers, body.clone().into());
            sent.await.problem(413, "too-large");
        }
    }
    // Beyond what a gateway passes on, the gateway itself says so.
    let larger = "x".repeat(11_000_000);
    let reply = send(&ada, Method::POST, "/admin/clients", larger).await;
    assert_eq!(reply.status, 413);
    assert_eq!(ada.audit("limit=200").await, before);
}
