//! Whatever comes, in whatever place, is a success or a problem, and never a fault of the server.

use std::time::Duration;

use countersign_tests::{App, Person, Reply};
use functions::openapi_document;
use reqwest::Method;
use serde_json::{Value, json};
use shared::Endpoint;

use super::{method, operations};
use crate::newcomer::invite;

/// JSON that is not what any field takes, or more of it than there should be.
fn values() -> Vec<String> {
    let nested = format!("{}{}", "[".repeat(120), "]".repeat(120));
    let too_nested = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(120), "}".repeat(120));
    let many = json!((0..5_000).collect::<Vec<_>>()).to_string();
    let mut values: Vec<_> = [
        "null",
        "true",
        "0",
        "-0",
        "-1",
        "1.5",
        "1e308",
        "1e400",
        "-1e400",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "0.1e-400",
        r#""""#,
        r#"" ""#,
        r#""\u0000""#,
        r#""a\u0000b""#,
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        r#""\ud83d\ude00""#,
        r#""\uffff""#,
        r#""\u202e""#,
        r#""__proto__""#,
        r#""' OR '1'='1""#,
        r#""${jndi:ldap://x}""#,
        r#""../../../etc/passwd""#,
        r#""%00%0d%0a""#,
        r#""a@b""#,
        r#""000000""#,
        "[]",
        "{}",
        "[null]",
        r#"[""]"#,
        r#"["\u0000"]"#,
        "[[[]]]",
        r#"{"":""}"#,
        r#"{"__proto__":{"administrator":true}}"#,
        r#"{"payments":null}"#,
        r#"{"constructor":{}}"#,
        r#"{"\u0000":{"administrator":true}}"#,
        r#"["owner","owner"]"#,
        r#"["10.0.0.0/99","::/0"]"#,
        r#"[{"key":"","name":""}]"#,
        r#"[{"key":"a","name":"b"},{"key":"a","name":"c"}]"#,
    ]
    .map(str::to_owned)
    .to_vec();
    values.extend([nested, too_nested, objects, many]);
    values.push(json!("x".repeat(300_000)).to_string());
    values.push(json!("ß😀".repeat(30_000)).to_string());
    values.push(json!(vec!["x".repeat(1_000); 300]).to_string());
    values
}

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
        "2026-11-21T00:00:00Z",
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

/// Is it a success, or a problem that is not a fault of the server?
#[track_caller]
fn assert_orderly(what: &str, reply: &Reply) {
    assert!(reply.status < 500, "{what}: {}", reply.body);
    let is_problem = reply.header("content-type") == "application/problem+json";
    // The gateway refuses a path that is no text, and knows no path beyond those declared.
    let is_gateways = [400, 404, 431].contains(&reply.status) && reply.header("x-request-id") == "";
    assert!(
        reply.status < 400 || is_problem || is_gateways,
        "{what}: {} {}",
        reply.status,
        reply.body
    );
    if is_problem {
        let problem = reply.json();
        assert_eq!(problem["status"], reply.status, "{what}");
        assert!(
            reply.body.len() < 20_000,
            "{what}: {} bytes",
            reply.body.len()
        );
    }
}

async fn send(person: &Person, method: Method, path: &str, body: String) -> Reply {
    let headers = [("content-type", "application/json")];
    person
        .caller
        .send(method, path, &headers, body.into())
        .await
}

/// The names of the fields that an operation's body or query has, as the document describes them.
fn fields(document: &Value, endpoint: &Endpoint, place: &str) -> Vec<String> {
    let method = endpoint.route.methods[0].to_lowercase();
    let described = &document["paths"][endpoint.route.path][method];
    if place == "query" {
        let parameters = described["parameters"].as_array().unwrap().iter();
        let parameters = parameters.filter(|parameter| parameter["in"] == "query");
        return parameters
            .map(|parameter| parameter["name"].as_str().unwrap().to_owned())
            .collect();
    }
    let schema = &described["requestBody"]["content"]["application/json"]["schema"];
    let properties = schema["properties"].as_object();
    properties.map_or_else(Vec::new, |properties| properties.keys().cloned().collect())
}

/// What fits, as far as it can without a secret; one field at a time is put in its place.
fn fitting(operation: &str) -> Value {
    match operation {
        "admin.sessions.create" => {
            json!({"email": "a@example.com", "password": "correct horse battery", "code": "123456"})
        }
        "admin.invitations.accept" => {
            json!({"password": "correct horse battery", "code": "123456"})
        }
        "admin.administrators.invite" => json!({"email": "x@example.com", "name": "X"}),
        "admin.clients.create" => json!({"name": "n"}),
        "admin.clients.reveal_secret" | "admin.clients.regenerate_secret" => {
            json!({"code": "123456"})
        }
        "admin.modules.replace" => json!({"modules": []}),
        _ => json!({}),
    }
}

/// Whatever came before, the application is still there and can be read.
async fn assert_sound(app: &App) {
    let ben = app.sign_in("ben").await;
    for path in [
        "/admin/me",
        "/admin/clients",
        "/admin/administrators",
        "/admin/modules",
    ] {
        ben.get(path).await.fine();
    }
    ben.audit("limit=200").await;
    let export = ben.get("/admin/audit/export?format=ndjson").await;
    for line in export.body.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
    app.owner().post("/clients/list", &[]).await.ok();
}

async fn path_of(app: &App, ada: &Person, endpoint: &Endpoint) -> String {
    let dora = ada.all("/admin/administrators", "").await;
    let dora = dora.iter().find(|person| person["name"] == "dora");
    let id = dora
        .map_or("gone", |dora| dora["id"].as_str().unwrap())
        .to_owned();
    let mut path = endpoint.route.path.replace("{client_id}", "login_client");
    if path.contains("{token}") {
        let email = format!("{}@example.com", countersign_tests::random_name());
        app.advance(Duration::from_secs(60));
        path = invite(ada, &email, &json!([])).await.path;
    }
    path.replace("{id}", &id)
}

#[tokio::test]
async fn no_json_in_any_field_is_a_fault_of_the_server() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let document = openapi_document();
    let mut asked = 0;
    for endpoint in operations().filter(|endpoint| endpoint.route.takes_json()) {
        let path = path_of(&app, &ada, endpoint).await;
        let mut names = fields(&document, endpoint, "body");
        names.extend(["__proto__", "constructor", ""].map(str::to_owned));
        for name in &names {
            for (number, value) in values().iter().enumerate() {
                // A minute has so many attempts.
                if number % 8 == 0 {
                    app.advance(Duration::from_secs(60));
                    ada.get("/admin/me").await.fine();
                }
                let mut rest = fitting(endpoint.id);
                rest.as_object_mut().unwrap().remove(name);
                let rest = rest.to_string();
                let rest = rest.trim_start_matches('{').trim_end_matches('}');
                let comma = if rest.is_empty() { "" } else { "," };
                let body = format!("{{{}:{value}{comma}{rest}}}", json!(name));
                let reply = send(&ada, method(endpoint), &path, body).await;
                let shown: String = value.chars().take(60).collect();
                assert_orderly(&format!("{} {name}={shown}", endpoint.id), &reply);
                asked += 1;
            }
        }
    }
    assert!(asked > 1_500, "only {asked} requests");
    assert_sound(&app).await;
}

#[tokio::test]
async fn no_body_of_any_kind_is_a_fault_of_the_server() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let bodies: [&[u8]; 14] = [
        b"",
        b" ",
        b"null",
        b"[]",
        b"\"\"",
        b"{",
        b"{}{}",
        b"{\"a\":1,\"a\":2}",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"\x00",
        b"a=b&c=d",
        b"<xml/>",
        b"{\"name\":\"\xc3\"}",
    ];
    let kinds = [
        "application/json",
        "application/json; charset=utf-16",
        "text/plain",
        "",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "APPLICATION/JSON",
    ];
    for endpoint in operations() {
        let path = path_of(&app, &ada, endpoint).await;
        for body in bodies {
            for kind in kinds {
                let headers = [("content-type", kind)];
                // Not with a session: what would succeed is not the point here.
                let caller = app.stranger().authorization(&["Bearer csn_x"]);
                let sent = caller.send(method(endpoint), &path, &headers, body.to_vec().into());
                assert_orderly(endpoint.id, &sent.await);
                if endpoint.route.takes_json() && body.first() != Some(&b'{') && !body.is_empty() {
                    let sent =
                        ada.caller
                            .send(method(endpoint), &path, &headers, body.to_vec().into());
                    let reply = sent.await;
                    assert_orderly(endpoint.id, &reply);
                    assert!(
                        [415, 422, 429].contains(&reply.status),
                        "{}: {}",
                        endpoint.id,
                        reply.body
                    );
                }
            }
        }
    }
    assert_sound(&app).await;
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
                app.advance(Duration::from_secs(60));
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
                    format!("{text}={name}"),
                    format!("{name}={text}&{name}=x"),
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
