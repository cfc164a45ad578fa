//! Bodies of the admin API (administration contract, section 8).
//!
//! A body is a JSON object, says so, and has at most one mebibyte. Every fault is named by its place.

mod json;

use countersign_tests::machine_api::{assert_unchanged, clients};
use countersign_tests::{App, Person, Reply};
use reqwest::Method;
use serde_json::json;

const CREATE: &str = "/admin/clients";
const MEBIBYTE: usize = 1 << 20;

/// A body as it stands.
async fn post(person: &Person, kind: Option<&str>, body: impl Into<Vec<u8>>) -> Reply {
    let kind: Vec<_> = kind
        .map(|kind| ("content-type", kind))
        .into_iter()
        .collect();
    let body: Vec<u8> = body.into();
    person
        .caller
        .send(Method::POST, CREATE, &kind, body.into())
        .await
}

async fn post_json(person: &Person, body: impl Into<Vec<u8>>) -> Reply {
    post(person, Some("application/json"), body).await
}

/// A creation of so many bytes.
fn creation_of(name: &str, length: usize) -> String {
    let body = json!({"name": name}).to_string();
    let filler = " ".repeat(length - body.len());
    format!("{}{filler}}}", &body[..body.len() - 1])
}

#[tokio::test]
async fn only_what_says_that_it_is_json_is_read() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    let body = json!({"name": "new"}).to_string();
    // All that a form of another site can send is among them.
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("text/json"),
        Some("application/jsonp"),
        Some("application/merge-patch+json"),
        Some("text/plain; application/json"),
        Some(""),
    ] {
        let words = post(&ben, kind, body.clone())
            .await
            .problem(415, "unsupported-media-type");
        assert!(words.contains("application/json"), "{words}");
    }
    assert_unchanged(&app, &before).await;
    for (number, kind) in [
        "application/json",
        "Application/JSON;charset=UTF-8",
        " application/json ; x=y",
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({"name": format!("new {number}")}).to_string();
        post(&ben, Some(kind), body).await.created();
    }
}

#[tokio::test]
async fn a_body_of_one_mebibyte_is_read_and_a_byte_more_is_not() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    post_json(&ben, creation_of("just fits", MEBIBYTE))
        .await
        .created();
    let before = clients(&app).await;
    for length in [MEBIBYTE + 1, 10_000_000] {
        let large = creation_of("does not fit", length);
        for kind in [Some("application/json"), None] {
            let words = post(&ben, kind, large.clone())
                .await
                .problem(413, "too-large");
            assert_eq!(words, "a body has at most 1048576 bytes");
        }
        let stranger = app.stranger();
        let reply = stranger
            .post_raw("/admin/sessions", "application/json", large)
            .await;
        reply.problem(413, "too-large");
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn fields_that_nobody_knows_are_faults_each_by_its_escaped_name() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    let body = json!({
        "name": "new", "": 1, "Name": 1, "name ": 1, "a/b~c": 1, "größe": 1, "__proto__": {},
        "enabled": true
    });
    let faults = ben.post(CREATE, &body).await.faults();
    let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/", "/Name", "/__proto__", "/a~1b~0c", "/größe", "/name "]
    );
    assert!(
        faults
            .iter()
            .all(|(_, why)| why == "there is no such field"),
        "{faults:?}"
    );
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn an_answer_to_a_fault_is_no_echo_chamber() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let long = "x".repeat(100_000);
    let mut body = json!({"name": long, "enabled": long, "features": [long], "allow_list": [long]});
    body[&long] = 1.into();
    let reply = ben.post(CREATE, &body).await;
    assert_eq!(reply.faults().len(), 5);
    assert!(reply.body.len() < 3_000, "{}", reply.body.len());
}

#[tokio::test]
async fn what_stands_in_the_path_is_not_said_again() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    for id in ["owner", "login_client", ""] {
        let body = json!({"client_id": id, "enabled": false});
        let faults = ben.patch("/admin/clients/owner", &body).await.faults();
        assert_eq!(
            faults,
            [("/client_id".to_owned(), "it stands in the path".to_owned())]
        );
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn the_query_is_no_second_body() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = "/admin/clients?name=other&enabled=false&features=owner";
    let made = ben.post(path, &json!({"name": "new"})).await.created();
    assert_eq!(made["name"], "new");
    assert_eq!(made["enabled"], true);
    assert_eq!(made["features"], json!([]));
    ben.post(path, &json!({})).await.faults();
}
