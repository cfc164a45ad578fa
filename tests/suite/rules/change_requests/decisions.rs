//! Decisions: the people who may decide, and that a request is decided once.

use countersign_tests::change_requests::{
    BOTH, CLIENT, app, apply, approve, approve_with_code, ask, ask_for, at, client_field, reject,
    seen,
};
use countersign_tests::{App, Person};
use reqwest::Method;
use serde_json::{Value, json};
use shared::Moment;

fn now(app: &App) -> String {
    String::from(Moment(app.clock.now()))
}

#[tokio::test]
async fn the_requester_may_take_it_back_and_never_approve_it() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    let id = ask(&ada, &json!({"name": "renamed"})).await;
    for _ in 0..2 {
        let words = approve(&ada, &id).await.problem(409, "own-request");
        assert_eq!(
            words,
            "nobody approves their own request; it can be withdrawn"
        );
        approve_with_code(&ada, &id)
            .await
            .problem(409, "own-request");
    }
    seen(&ada, &id, "pending").await;
    let withdrawn = reject(&ada, &id).await.fine();
    assert_eq!(withdrawn["state"], "withdrawn");
    let request = seen(&ada, &id, "withdrawn").await;
    assert_eq!(request["decided_by"]["id"], *ada.id);
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
    let refused = ada.audit("action=admin.change_requests.approve").await;
    assert!(!refused.is_empty());
    for event in refused {
        assert_eq!(event["outcome"], "refused");
        assert_eq!(event["reason"], "own-request");
    }
}

#[tokio::test]
async fn another_administrator_approves_or_rejects_with_a_reason() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask(&ada, &json!({"name": "renamed"})).await;
    let path = at(&id, "/reject");
    let why = json!({"reason": "not on a Friday"});
    let rejected = ben.post(&path, &why).await.fine();
    assert_eq!(rejected["state"], "rejected");
    assert_eq!(rejected["reason"], "not on a Friday");
    let request = seen(&ada, &id, "rejected").await;
    assert_eq!(request["decided_by"]["id"], *ben.id);
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
    let id = ask(&ada, &json!({"name": "renamed"})).await;
    let applied = approve(&ben, &id).await.fine();
    assert_eq!(applied["state"], "applied");
    assert_eq!(applied["approvals"][0]["id"], *ben.id);
    assert_eq!(applied["decided_at"], now(&app));
    seen(&ada, &id, "applied").await;
    assert_eq!(client_field(&ada, "login_client", "name").await, "renamed");
}

#[tokio::test]
async fn what_is_decided_stays_decided_and_tells_by_whom_and_when() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    for (decide, state, name) in [("approve", "applied", "ben"), ("reject", "rejected", "ben")] {
        let id = ask(&ada, &json!({"name": format!("to be {state}")})).await;
        let path = format!("{}/{decide}", at(&id, ""));
        ben.post(&path, &json!({})).await.fine();
        let when = now(&app);
        for late in [&cleo, &ben, &ada] {
            for reply in [approve(late, &id).await, reject(late, &id).await] {
                let words = reply.problem(409, "already-decided");
                assert!(
                    words.contains(state) && words.contains(name) && words.contains(&when),
                    "{words}"
                );
                assert_eq!(reply.json()["change_request"], *id);
            }
        }
        seen(&ada, &id, state).await;
    }
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "to be applied"
    );
}

#[tokio::test]
async fn only_those_with_manage_users_decide() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    let id = ask(&ada, &json!({"name": "renamed"})).await;
    for lesser in ["cleo", "dora"] {
        let person = app.sign_in(lesser).await;
        for reply in [approve(&person, &id).await, reject(&person, &id).await] {
            reply.problem(403, "not-permitted");
        }
        let refused = person.get(&at(&id, "")).await;
        refused.problem(403, "not-permitted");
    }
    let mut nobody = ada.clone();
    nobody.caller = app.stranger();
    let mut client = ada.clone();
    client.caller = app.owner();
    for caller in [nobody, client] {
        approve(&caller, &id).await.problem(401, "not-signed-in");
        reject(&caller, &id).await.problem(401, "not-signed-in");
    }
    seen(&ada, &id, "pending").await;
}

#[tokio::test]
async fn whoever_approves_a_change_of_modules_holds_manage_modules_too() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let granted = json!({"modules": {"payments": {"administrator": false}}});
    let more = json!({"modules": {"payments": {"administrator": true}}});
    for change in [granted, more, json!({"modules": {}})] {
        let id = ask(&ada, &change).await;
        let reply = approve_with_code(&ben, &id).await;
        reply.problem(403, "not-permitted");
        seen(&ben, &id, "pending").await;
        apply(&cleo, &id).await;
        assert_eq!(
            client_field(&ada, "login_client", "modules").await,
            change["modules"]
        );
    }
    let new = json!({"name": "new", "modules": {"payments": {}}});
    let id = ask_for(&ada, Method::POST, "/admin/clients", &new).await;
    let reply = approve_with_code(&ben, &id).await;
    reply.problem(403, "not-permitted");
    // Turning down takes no more than manage_users.
    reject(&ben, &id).await.fine();
}

#[tokio::test]
async fn nobody_approves_what_is_to_be_done_to_themselves() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let path = format!("/admin/administrators/{}", ben.id);
    let more = json!({"privileges": BOTH});
    let id = ask_for(&ada, Method::PATCH, &path, &more).await;
    approve(&ben, &id).await.problem(409, "own-privileges");
    let me = ben.get("/admin/me").await.fine();
    assert_eq!(me["privileges"], json!(["manage_users"]));
    // Nor asks anyone for more of their own.
    let own = ben.patch(&path, &more).await;
    own.problem(409, "own-privileges");
}

/// Somebody asks for a change of their own account, and another one approves it.
async fn about_oneself(by: &Person, other: &Person, method: Method, body: &Value) {
    let path = format!("/admin/administrators/{}", by.id);
    let id = ask_for(by, method, &path, body).await;
    approve(by, &id).await.problem(409, "own-request");
    apply(other, &id).await;
}

#[tokio::test]
async fn one_may_ask_for_another_name_and_for_ones_own_end_and_another_one_approves() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    about_oneself(&ada, &ben, Method::PATCH, &json!({"name": "Ada L."})).await;
    let me = ada.get("/admin/me").await.fine();
    assert_eq!(me["name"], "Ada L.");
    about_oneself(&ada, &ben, Method::DELETE, &Value::Null).await;
    ada.get("/admin/me").await.problem(401, "not-signed-in");
}

#[tokio::test]
async fn another_applications_administrator_sees_and_decides_nothing() {
    let app = app(&[]).await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    let id = ask(&ada, &json!({"name": "renamed"})).await;
    fay.get(&at(&id, "")).await.problem(404, "not-found");
    approve_with_code(&fay, &id).await.problem(404, "not-found");
    reject(&fay, &id).await.problem(404, "not-found");
    assert!(fay.all("/admin/change-requests", "").await.is_empty());
    seen(&ada, &id, "pending").await;
    // Nor does the policy hold in another application.
    fay.patch("/admin/clients/foreigner", &json!({"name": "x"}))
        .await
        .fine();
    fay.patch(CLIENT, &json!({"name": "x"}))
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn a_decision_on_a_version_that_is_gone_is_not_made() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask(&ada, &json!({"name": "renamed"})).await;
    let tag = ben.get(&at(&id, "")).await.header("etag").to_owned();
    assert!(!tag.is_empty());
    let stale = ben.clone().with("if-match", "\"77\"");
    approve(&stale, &id).await.problem(412, "stale");
    reject(&stale, &id).await.problem(412, "stale");
    let exact = ben.clone().with("if-match", &tag);
    approve(&exact, &id).await.fine();
}
