//! Side doors: what else a call could carry, and what else could change a client.

use countersign_tests::change_requests::{
    CLIENT, app, apply, approve, ask, ask_for, assert_as_before, at, client_field, held_id,
    records, reject, seen,
};
use countersign_tests::machine_api::assert_works;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn nothing_that_a_request_carries_along_decides_it() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let before = records(&app).await;
    let ben_said = json!([{"kind": "administrator", "id": ben.id, "name": "ben"}]);
    for (method, path) in [(Method::POST, "/admin/clients"), (Method::PATCH, CLIENT)] {
        for (field, value) in [
            ("approvals", ben_said.clone()),
            ("state", json!("applied")),
            ("requester", ben_said[0].clone()),
            ("multi_admin", json!(false)),
            ("approved", json!(true)),
            ("version", json!(99)),
            ("object_version", json!(0)),
            ("client_id", json!("owner")),
            ("client_secret", json!("known")),
            ("secret", json!({"serial": 9})),
            ("decided_by", ben_said[0].clone()),
        ] {
            let mut body = json!({"name": "carrier"});
            body[field] = value;
            let reply = ada.send(method.clone(), path, Some(&body)).await;
            if reply.status == 202 {
                let id = held_id(&reply);
                let request = seen(&ben, &id, "pending").await;
                assert_eq!(request["requester"]["id"], *ada.id, "{field}");
                assert_eq!(request["approvals"], json!([]), "{field}");
                assert_ne!(request["object"]["id"], "owner", "{field}");
                reject(&ada, &id).await.fine();
            } else {
                reply.faults();
            }
            assert_as_before(&app, &before, field).await;
        }
    }
    let policy = ada.get("/admin/multi-admin").await.fine();
    assert_eq!(policy["enabled"], true);
}

#[tokio::test]
async fn nothing_that_a_decision_carries_along_makes_it_another_ones() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask(&ada, &json!({"enabled": false})).await;
    for extra in [
        json!({"by": ben.id}),
        json!({"administrator": ben.id, "administrator_id": ben.id}),
        json!({"requester": {"id": ben.id}}),
        json!({"state": "applied"}),
        json!({"changes": []}),
    ] {
        let path = at(&id, "/approve");
        let reply = ada.post(&path, &extra).await;
        assert!(matches!(reply.status, 409 | 422), "{extra}: {}", reply.body);
        let query = format!("{path}?id=other&administrator={}", ben.id);
        let reply = ada.post(&query, &json!({})).await;
        assert!(matches!(reply.status, 404 | 409 | 422), "{}", reply.body);
    }
    seen(&ada, &id, "pending").await;
    assert_works(&app.client("login_client")).await;
    // What was proposed is what is done, whatever the approval says.
    let path = at(&id, "/approve");
    let more = json!({"features": ["owner"], "changes": [{"field": "features"}]});
    let reply = ben.post(&path, &more).await;
    if reply.status != 200 {
        reply.faults();
        apply(&ben, &id).await;
    }
    let features = client_field(&ada, "login_client", "features").await;
    assert_eq!(features, json!(["login_client"]));
}

#[tokio::test]
async fn settings_and_publications_are_free_and_change_no_client() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    let before = records(&app).await;
    let owner = app.owner();
    for key in [
        "multi_admin",
        "features",
        "enabled",
        "client_secret",
        "whitelist",
    ] {
        let of_client = ("for_client_id", "login_client");
        for (path, given) in [
            (
                "/settings/set",
                vec![of_client, ("key", key), ("value", "[\"owner\"]")],
            ),
            (
                "/settings/set_default",
                vec![("key", key), ("value", "false")],
            ),
        ] {
            owner.post(path, &given).await.ok();
        }
    }
    app.choose("login_client", &["features"], &json!({"k": "v"}))
        .await;
    app.publish("login_client").await;
    app.unpublish("login_client", None).await.ok();
    assert_as_before(&app, &before, "settings").await;
    let policy = ada.get("/admin/multi-admin").await.fine();
    assert_eq!(policy["enabled"], true);
}

#[tokio::test]
async fn a_module_that_a_client_is_let_into_is_not_taken_or_given_by_naming_modules() {
    let app = app(&["ben"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask(&ada, &json!({"modules": {"payments": {}}})).await;
    apply(&ben, &id).await;
    let fewer = json!({"modules": [{"key": "collections", "name": "C"}]});
    let reply = ada.put("/admin/modules", &fewer).await;
    reply.problem(409, "module-in-use");
    let mut granting = fewer.clone();
    granting["modules"][0]["clients"] = json!(["login_client"]);
    granting["modules"][0]["administrator"] = true.into();
    ada.put("/admin/modules", &granting).await;
    let modules = client_field(&ada, "login_client", "modules").await;
    assert_eq!(modules, json!({"payments": {"administrator": false}}));
}

#[tokio::test]
async fn an_if_match_of_the_right_version_does_not_make_a_change_direct() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let tag = ada.get(CLIENT).await.header("etag").to_owned();
    let exact = ada.clone().with("if-match", &tag);
    let id = held_id(&exact.patch(CLIENT, &json!({"enabled": false})).await);
    assert_works(&app.client("login_client")).await;
    reject(&ben, &id).await.fine();
    let stale = ada.clone().with("if-match", "\"99\"");
    stale
        .patch(CLIENT, &json!({"enabled": false}))
        .await
        .problem(412, "stale");
    stale.delete(CLIENT).await.problem(412, "stale");
}

#[tokio::test]
async fn ids_of_requests_are_not_guessed_nor_those_of_another_kind_taken() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask_for(&ada, Method::DELETE, CLIENT, &Value::Null).await;
    let short = &id[..id.len() - 1];
    for other in [
        short,
        "login_client",
        &id.to_uppercase(),
        &format!("{id}x"),
        &"x".repeat(300),
    ] {
        if *other == *id {
            continue;
        }
        approve(&ben, other).await.problem(404, "not-found");
        reject(&ben, other).await.problem(404, "not-found");
    }
    seen(&ben, &id, "pending").await;
}

#[tokio::test]
async fn looking_at_a_request_decides_nothing() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask(&ada, &json!({"enabled": false})).await;
    let list = ben.all("/admin/change-requests", "state=pending").await;
    assert_eq!(list.len(), 1);
    // Seeing it, listing it and exporting the audit decide nothing.
    ben.get(&at(&id, "")).await.fine();
    ben.get("/admin/audit/export?format=ndjson").await;
    seen(&ada, &id, "pending").await;
    assert_works(&app.client("login_client")).await;
}
