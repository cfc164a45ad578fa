//! Approvals that take a one-time code of the approver.

use countersign_tests::Person;
use countersign_tests::change_requests::{
    app, approve, approve_with_code, ask_for, at, reject, seen,
};
use reqwest::Method;
use serde_json::{Value, json};

const REGENERATE: &str = "/admin/clients/access_issuer/secret/regenerate";

async fn asked(ada: &Person, (method, path, body): (&Method, &str, &Value)) -> String {
    let mut body = body.clone();
    if body.get("code").is_some() {
        body["code"] = ada.next_code().into();
    }
    ask_for(ada, method.clone(), path, &body).await
}

#[tokio::test]
async fn secrets_modules_owner_and_administrator_take_the_approvers_code() {
    let app = app(&["ben"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let client = "/admin/clients/login_client";
    let code = "";
    for (method, path, body) in [
        (Method::POST, REGENERATE, json!({"code": code})),
        (Method::PATCH, client, json!({"modules": {"payments": {}}})),
        (
            Method::PATCH,
            client,
            json!({"modules": {"payments": {"administrator": true}}}),
        ),
        (
            Method::PATCH,
            client,
            json!({"features": ["owner", "login_client"]}),
        ),
        (
            Method::POST,
            "/admin/clients",
            json!({"name": "new owner", "features": ["owner"]}),
        ),
        (
            Method::POST,
            "/admin/clients",
            json!({"name": "new", "modules": {"collections": {}}}),
        ),
        (
            Method::PUT,
            "/admin/multi-admin",
            json!({"enabled": false, "code": code}),
        ),
    ] {
        let id = asked(&ada, (&method, path, &body)).await;
        let request = seen(&ben, &id, "pending").await;
        assert_eq!(request["needs_code"], true, "{path} {body}");
        let missing = approve(&ben, &id).await.faults();
        assert_eq!(missing[0].0, "/code", "{path} {body}");
        let approving = at(&id, "/approve");
        let wrong = json!({"code": ben.wrong_code()});
        let reply = ben.post(&approving, &wrong).await;
        reply.problem(401, "wrong-code");
        // The requester's own code is none of the approver's.
        let hers = json!({"code": ada.next_code()});
        let reply = ben.post(&approving, &hers).await;
        reply.problem(401, "wrong-code");
        seen(&ben, &id, "pending").await;
        let applied = approve_with_code(&ben, &id).await.fine();
        assert_eq!(applied["state"], "applied", "{path} {body}");
        // Ten attempts a minute.
        app.advance(std::time::Duration::from_mins(1));
    }
}

#[tokio::test]
async fn the_rest_takes_none() {
    let app = app(&["ben", "cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = format!("/admin/administrators/{}", app.sign_in("cleo").await.id);
    let client = "/admin/clients/login_client";
    let granted = json!({"modules": {"payments": {"administrator": true}}});
    let id = ask_for(&ada, Method::PATCH, client, &granted).await;
    approve_with_code(&ben, &id).await.fine();
    let new = json!({"email": "new@example.com", "name": "New", "privileges": ["manage_users"]});
    for (method, path, body) in [
        (
            Method::PATCH,
            client,
            json!({"modules": {"payments": {"administrator": false}}}),
        ),
        (Method::PATCH, client, json!({"modules": {}})),
        (Method::PATCH, client, json!({"name": "renamed"})),
        (Method::PATCH, client, json!({"enabled": false})),
        (
            Method::PATCH,
            client,
            json!({"features": ["direct_access"]}),
        ),
        (
            Method::PATCH,
            client,
            json!({"allow_list": ["192.0.2.0/24"]}),
        ),
        (Method::DELETE, client, Value::Null),
        (
            Method::PATCH,
            "/admin/clients/owner",
            json!({"name": "still an owner"}),
        ),
        (Method::POST, "/admin/clients", json!({"name": "new"})),
        (Method::POST, "/admin/administrators", new),
        (Method::PATCH, &cleo, json!({"name": "Cleopatra"})),
        (Method::DELETE, &cleo, Value::Null),
    ] {
        let id = asked(&ada, (&method, path, &body)).await;
        let request = seen(&ben, &id, "pending").await;
        assert_eq!(request["needs_code"], false, "{path} {body}");
        let applied = approve(&ben, &id).await.fine();
        assert_eq!(applied["state"], "applied", "{path} {body}");
    }
}

#[tokio::test]
async fn a_code_is_good_for_one_approval() {
    let app = app(&["ben"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let mut ids = Vec::new();
    for client in ["login_client", "featureless"] {
        let body = json!({"modules": {"payments": {}}});
        let path = format!("/admin/clients/{client}");
        ids.push(ask_for(&ada, Method::PATCH, &path, &body).await);
    }
    let code = json!({"code": ben.next_code()});
    let first = ben.post(&at(&ids[0], "/approve"), &code).await;
    assert_eq!(first.fine()["state"], "applied");
    let second = ben.post(&at(&ids[1], "/approve"), &code).await;
    second.problem(401, "wrong-code");
    seen(&ben, &ids[1], "pending").await;
    // Nor does a code that has signed somebody in approve anything.
    let ben = app.sign_in("ben").await;
    let used = json!({"code": ben.authenticator.code(&app.clock)});
    let third = ben.post(&at(&ids[1], "/approve"), &used).await;
    third.problem(401, "wrong-code");
    seen(&ben, &ids[1], "pending").await;
}

#[tokio::test]
async fn no_code_is_spent_for_what_can_not_be_approved() {
    let app = app(&["ben"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let body = json!({"modules": {"payments": {}}});
    let id = ask_for(&ada, Method::PATCH, "/admin/clients/login_client", &body).await;
    let path = at(&id, "/approve");
    let code = json!({"code": ada.next_code()});
    ada.post(&path, &code).await.problem(409, "own-request");
    let reveal = ada.post("/admin/clients/owner/secret/reveal", &code).await;
    reveal.fine();
    let code = json!({"code": ben.next_code()});
    reject(&ada, &id).await.fine();
    ben.post(&path, &code).await.problem(409, "already-decided");
    let reveal = ben.post("/admin/clients/owner/secret/reveal", &code).await;
    reveal.fine();
}
