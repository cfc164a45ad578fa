//! `If-Match` of requests and decisions: nobody asks for or decides a change that they have not seen.

use countersign_tests::admin_clients::of_client;
use countersign_tests::administrators::at as of_person;
use countersign_tests::change_requests::{
    app, approve, approve_with_code, at, count, held, id_of, pending, see,
};
use reqwest::Method;
use serde_json::{Value, json};

const STALE: [&str; 4] = [r#""0""#, "1", r#"W/"1""#, r#""2", "3""#];

#[tokio::test]
async fn what_is_asked_for_starts_from_the_version_that_was_seen() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let cleo = of_person(&app.sign_in("cleo").await.id);
    let dora = of_person(&app.sign_in("dora").await.id);
    let client = |id| of_client(id, "");
    let name = json!({"name": "New"});
    let code = || json!({"code": ada.next_code(), "enabled": false});
    for (method, path) in [
        (Method::PATCH, client("owner")),
        (Method::DELETE, client("login_client")),
        (Method::POST, of_client("featureless", "/secret/regenerate")),
        (Method::PATCH, cleo),
        (Method::DELETE, dora),
        (Method::PUT, "/admin/multi-admin".to_owned()),
    ] {
        let body = || match method.as_str() {
            "PATCH" => Some(name.clone()),
            "POST" => Some(json!({"code": ada.next_code()})),
            "PUT" => Some(code()),
            _ => None,
        };
        let before = count(&ada).await;
        for stale in STALE {
            let careful = ada.clone().with("if-match", stale);
            let reply = careful.send(method.clone(), &path, body().as_ref()).await;
            let words = reply.problem(412, "stale");
            assert!(words.contains("read it again"), "{words}");
        }
        assert_eq!(count(&ada).await, before, "{method} {path}");
        let careful = ada.clone().with("if-match", r#""1""#);
        held(&careful.send(method.clone(), &path, body().as_ref()).await);
        // The request waits, and what it is about is what it was.
        let reply = careful.send(method.clone(), &path, body().as_ref()).await;
        reply.problem(409, "request-pending");
    }
}

#[tokio::test]
async fn a_decision_is_about_the_version_that_was_seen() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for decision in ["/approve", "/reject"] {
        let path = of_client("login_client", "");
        let asked = held(&ada.patch(&path, &json!({"name": decision})).await);
        let id = id_of(&asked);
        for stale in STALE {
            let careful = ben.clone().with("if-match", stale);
            let reply = careful.post(&at(&id, decision), &json!({})).await;
            reply.problem(412, "stale");
        }
        assert_eq!(see(&ada, &id).await, asked);
        let careful = ben.clone().with("if-match", r#""1""#);
        careful.post(&at(&id, decision), &json!({})).await.fine();
    }
}

#[tokio::test]
async fn the_first_of_two_approvals_is_a_new_version() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let given = [("for_client_id", "login_client"), ("description", "x")];
    let id = pending(&app.owner().post("/clients/set_description", &given).await);
    let first = approve(&ada, &id).await;
    first.fine();
    assert_eq!(first.header("etag"), r#""2""#);
    for decision in ["/approve", "/reject"] {
        let careful = ben.clone().with("if-match", r#""1""#);
        let reply = careful.post(&at(&id, decision), &json!({})).await;
        reply.problem(412, "stale");
    }
    let careful = ben.clone().with("if-match", first.header("etag"));
    let second = approve(&careful, &id).await;
    assert_eq!(second.fine()["state"], "applied");
    assert_eq!(second.header("etag"), r#""3""#);
    assert_eq!(ada.get(&at(&id, "")).await.header("etag"), r#""3""#);
}

#[tokio::test]
async fn no_code_is_spent_for_a_request_that_has_changed() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let given = [("for_client_id", "login_client")];
    let id = pending(&app.owner().post("/clients/reset_secret", &given).await);
    approve_with_code(&ada, &id).await.fine();
    let code = json!({"code": ben.next_code()});
    let careful = ben.clone().with("if-match", r#""1""#);
    careful
        .post(&at(&id, "/approve"), &code)
        .await
        .problem(412, "stale");
    let applied = ben.post(&at(&id, "/approve"), &code).await.fine();
    assert_eq!(applied["state"], "applied");
    assert_eq!(applied["reason"], Value::Null);
}
