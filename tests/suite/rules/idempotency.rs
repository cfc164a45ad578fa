//! `Idempotency-Key`: a creation that is asked for again is made once, and answers the same
//! (administration contract, section 8).

mod kept;

use std::time::Duration;

use countersign_tests::admin_clients::{id_of, of_client};
use countersign_tests::{App, Person, Reply};
use serde_json::{Value, json};

/// Returns the creations that take a key: each path with a body.
fn creations() -> [(&'static str, Value); 2] {
    let client = json!({"name": "new", "features": ["owner"]});
    let person = json!({"email": "new@example.com", "name": "New", "privileges": ["manage_users"]});
    [
        ("/admin/clients", client),
        ("/admin/administrators", person),
    ]
}

/// Everything by which a caller could tell two answers apart.
fn told(reply: &Reply) -> (u16, String, String, String, String) {
    let header = |name: &str| reply.header(name).to_owned();
    (
        reply.status,
        reply.body.clone(),
        header("location"),
        header("etag"),
        header("content-type"),
    )
}

/// Makes sure that they are the same, without printing the link that is in one.
#[track_caller]
fn assert_same(one: &Reply, other: &Reply) {
    one.created();
    other.created();
    assert!(told(one) == told(other), "the answers differ");
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

/// Returns the number of objects at a path.
async fn count(person: &Person, path: &str) -> usize {
    person.all(path, "").await.len()
}

/// Returns the number of creations in the audit.
async fn made(person: &Person, path: &str) -> usize {
    let action = match path {
        "/admin/clients" => "admin.clients.create",
        _ => "admin.administrators.invite",
    };
    let query = format!("action={action}&outcome=applied");
    person.audit(&query).await.len()
}

#[tokio::test]
async fn a_creation_that_is_repeated_is_made_once_and_answers_the_same_bytes() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let with_key = ada
        .clone()
        .with("idempotency-key", "1b4e28ba-2fa1-11d2-883f-0016d3cca427");
    for (path, body) in creations() {
        let before = count(&ada, path).await;
        let first = with_key.post(path, &body).await;
        for _ in 0..3 {
            app.advance(Duration::from_mins(10));
            assert_same(&first, &with_key.post(path, &body).await);
        }
        assert_eq!(count(&ada, path).await, before + 1);
        assert_eq!(made(&ada, path).await, 1);
        // Without a key it is another creation.
        ada.post(path, &body).await.problem(409, "taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_with_one_key_make_one_and_are_all_answered_the_same() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let with_key = ada.clone().with("idempotency-key", "k");
    for (path, body) in creations() {
        let before = count(&ada, path).await;
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let (with_key, body) = (with_key.clone(), body.clone());
                tokio::spawn(async move { with_key.post(path, &body).await })
            })
            .collect();
        let mut replies = Vec::new();
        for call in calls {
            replies.push(call.await.unwrap());
        }
        for other in &replies[1..] {
            assert_same(&replies[0], other);
        }
        assert_eq!(count(&ada, path).await, before + 1, "{path}");
        assert_eq!(made(&ada, path).await, 1, "{path}");
    }
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let with_key = ada.clone().with("idempotency-key", "k");
    for (path, body) in creations() {
        let first = with_key.post(path, &body).await;
        let after = count(&ada, path).await;
        let mut other = body.clone();
        other["name"] = "another".into();
        let reused = with_key.post(path, &other).await;
        let words = reused.problem(422, "idempotency-key-reused");
        assert!(words.contains("use a new key"), "{words}");
        assert_eq!(count(&ada, path).await, after);
        assert_same(&first, &with_key.post(path, &body).await);
    }
}

#[tokio::test]
async fn the_same_key_is_another_one_of_another_administrator_application_and_operation() {
    let app = App::with_people().await;
    let mut made = Vec::new();
    for name in ["ada", "ben", "fay"] {
        let person = app.sign_in(name).await.with("idempotency-key", "k");
        for (path, mut body) in creations() {
            body["name"] = format!("new of {name}").into();
            if path == "/admin/administrators" {
                body["email"] = format!("new-{name}@example.com").into();
            }
            let reply = person.post(path, &body).await;
            reply.created();
            made.push(reply.header("location").to_owned());
        }
    }
    made.sort();
    made.dedup();
    assert_eq!(made.len(), 6);
}

#[tokio::test]
async fn a_key_of_someone_else_tells_nothing_of_what_it_made() {
    let app = App::with_people().await;
    let [(path, body), _] = creations();
    let ada = app.sign_in("ada").await.with("idempotency-key", "k");
    ada.post(path, &body).await.created();
    // The same key and the same body, and still not her answer.
    let ben = app.sign_in("ben").await.with("idempotency-key", "k");
    ben.post(path, &body).await.problem(409, "taken");
    for lesser in ["cleo", "dora"] {
        let lesser = app.sign_in(lesser).await.with("idempotency-key", "k");
        lesser.post(path, &body).await.problem(403, "not-permitted");
    }
}

#[tokio::test]
async fn a_key_has_1_to_255_printable_characters() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let [(path, body), _] = creations();
    let before = count(&ada, path).await;
    let keyed = |key: &str| ada.clone().with("idempotency-key", key);
    for odd in [
        keyed(""),
        keyed(" "),
        keyed(&"k".repeat(256)),
        keyed("a\tb"),
    ] {
        let faults = odd.post(path, &body).await.faults();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].0, "/Idempotency-Key");
        assert!(faults[0].1.contains("1 to 255"), "{faults:?}");
    }
    assert_eq!(count(&ada, path).await, before);
    let longest = keyed(&format!("~ {}", "!".repeat(253)));
    let first = longest.post(path, &body).await;
    assert_same(&first, &longest.post(path, &body).await);
}

#[tokio::test]
async fn where_nothing_is_created_a_key_does_no_harm() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await.with("idempotency-key", "k");
    let [(path, body), _] = creations();
    let id = id_of(&ada.post(path, &body).await.created());
    for name in ["one", "two"] {
        let changed = ada.patch(&of_client(&id, ""), &json!({"name": name})).await;
        assert_eq!(changed.fine()["name"], name);
    }
    ada.delete(&of_client(&id, "")).await.nothing();
    ada.delete(&of_client(&id, ""))
        .await
        .problem(404, "not-found");
}
