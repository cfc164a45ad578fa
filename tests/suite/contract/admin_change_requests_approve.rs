//! Approve a Change Request.

use countersign_tests::admin_clients::{of_client, view};
use countersign_tests::administrators::{at as of_person, link, take_up};
use countersign_tests::change_requests::{
    app, approve, approve_with_code, at, held, id_of, see, somebody,
};
use countersign_tests::machine_api::assert_works;
use countersign_tests::{App, PASSWORD};
use serde_json::{Value, json};

#[tokio::test]
async fn what_was_asked_for_takes_effect_and_the_request_is_answered() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let mut wanted = view(&ada, "login_client").await;
    let path = of_client("login_client", "");
    let asked = held(&ada.patch(&path, &json!({"name": "New"})).await);
    assert_eq!(view(&ada, "login_client").await, wanted);
    let reply = approve(&ben, &id_of(&asked)).await;
    let mut applied = asked.clone();
    applied["state"] = json!("applied");
    applied["approvals"] = json!([somebody(&ben, "ben")]);
    applied["approvals_needed"] = json!(0);
    applied["decided_by"] = somebody(&ben, "ben");
    applied["decided_at"] = json!("2036-11-21T00:01:00Z");
    assert_eq!(reply.fine(), applied);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("etag"), r#""2""#);
    assert_eq!(see(&ada, &id_of(&asked)).await, applied);
    wanted["name"] = json!("New");
    assert_eq!(view(&ada, "login_client").await, wanted);
    assert_works(&app.client("login_client")).await;
}

#[tokio::test]
async fn whoever_approves_an_invitation_has_its_link_and_nobody_else() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let body = json!({"email": "new@example.com", "name": "New", "privileges": ["manage_users"]});
    let asked = ada.post("/admin/administrators", &body).await;
    assert!(!asked.body.contains("cin_"), "a link is shown too early");
    let id = id_of(&held(&asked));
    let reply = approve(&ben, &id).await;
    let mut approved = reply.fine();
    let link = link(&approved);
    approved.as_object_mut().unwrap().remove("invitation_url");
    assert_eq!(see(&ada, &id).await, approved);
    take_up(&app, &link, PASSWORD).await;
    let person = approved["object"]["id"].as_str().unwrap();
    let new = ada.get(&of_person(person)).await.fine();
    assert_eq!(new["state"], "active");
    assert_eq!(new["privileges"], json!(["manage_users"]));
}

#[tokio::test]
async fn one_that_can_not_take_effect_any_more_fails_and_says_why() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let dora = of_person(&app.sign_in("dora").await.id);
    let asked = held(&ada.patch(&dora, &json!({"name": "D"})).await);
    let reset = format!("{dora}/reset-mfa");
    ben.post(&reset, &json!({})).await.fine();
    let reply = approve(&ben, &id_of(&asked)).await.fine();
    assert_eq!(reply["state"], "failed");
    assert_eq!(reply["reason"], "it was changed after it was asked for");
    assert_eq!(reply["decided_by"], somebody(&ben, "ben"));
    assert_eq!(reply["approvals_needed"], 0);
    assert_eq!(reply["approvals"], json!([]));
    assert_eq!(ada.get(&dora).await.fine()["name"], "dora");
    // It is out of the way.
    held(&ada.patch(&dora, &json!({"name": "D"})).await);
}

#[tokio::test]
async fn nobody_approves_their_own_request_nor_what_is_to_be_done_to_themselves() {
    let app = app(&["cleo"]).await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let id = id_of(&held(&ada.delete(&of_client("owner", "")).await));
    let refused = approve(&ada, &id).await;
    let words = refused.problem(409, "own-request");
    assert_eq!(
        words,
        "nobody approves their own request; it can be withdrawn"
    );
    assert_works(&app.owner()).await;
    let id = id_of(&held(&ada.delete(&of_person(&cleo.id)).await));
    let words = approve(&cleo, &id).await.problem(409, "own-privileges");
    assert_eq!(words, "nobody approves what is to be done to themselves");
    assert_eq!(see(&ada, &id).await["state"], "pending");
}

#[tokio::test]
async fn what_grants_modules_takes_an_approver_who_may_grant_them_and_a_code() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let body = json!({"modules": {"payments": {}}});
    let asked = held(&ada.patch(&of_client("owner", ""), &body).await);
    let id = id_of(&asked);
    assert_eq!(asked["needs_code"], true);
    for refused in [approve(&ben, &id).await, approve_with_code(&ben, &id).await] {
        refused.problem(403, "not-permitted");
    }
    let cleo = app.sign_in("cleo").await;
    let path = at(&id, "/approve");
    for body in [json!({}), json!({"code": null})] {
        let faults = cleo.post(&path, &body).await.faults();
        assert_eq!(faults, [("/code".to_owned(), "it is missing".to_owned())]);
    }
    let faults = cleo.post(&path, &json!({"code": 123_456})).await.faults();
    assert_eq!(faults[0].0, "/code");
    let wrong = json!({"code": cleo.wrong_code()});
    cleo.post(&path, &wrong).await.problem(401, "wrong-code");
    assert_eq!(view(&ada, "owner").await["modules"], json!({}));
    let code = json!({"code": cleo.next_code()});
    assert_eq!(cleo.post(&path, &code).await.fine()["state"], "applied");
    let granted = json!({"payments": {"administrator": false}});
    assert_eq!(view(&ada, "owner").await["modules"], granted);
}

#[tokio::test]
async fn what_is_decided_stays_so_and_says_by_whom_and_since_when() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let path = of_client("login_client", "");
    for (word, decision) in [("applied", "/approve"), ("rejected", "/reject")] {
        let asked = held(&ada.patch(&path, &json!({"name": word})).await);
        let id = id_of(&asked);
        ben.post(&at(&id, decision), &json!({})).await.fine();
        let cleo = app.sign_in("cleo").await;
        for late in [&cleo, &ada, &ben] {
            let reply = approve(late, &id).await;
            let words = reply.problem(409, "already-decided");
            let since = see(&ada, &id).await["decided_at"].clone();
            let wanted = format!("it is {word} by ben since {}", since.as_str().unwrap());
            assert_eq!(words, wanted);
            assert_eq!(reply.json()["change_request"], json!(id));
        }
    }
}

#[tokio::test]
async fn one_that_is_not_there_or_not_yours_is_not_approved() {
    let app = app(&["cleo"]).await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    let id = id_of(&held(&ada.delete(&of_client("owner", "")).await));
    approve(&fay, &id).await.problem(404, "not-found");
    approve(&ada, "nobody").await.problem(404, "not-found");
    let faults = ada
        .post(&at(&id, "/approve"), &json!({"reason": "x"}))
        .await;
    assert_eq!(faults.faults()[0].0, "/reason");
    assert_works(&app.owner()).await;
}

#[tokio::test]
async fn it_takes_manage_users_and_a_session() {
    let app = App::with_people().await;
    let path = at("nobody", "/approve");
    for lesser in ["cleo", "dora"] {
        let refused = app.sign_in(lesser).await.post(&path, &json!({})).await;
        refused.problem(403, "not-permitted");
    }
    for nobody in [app.stranger(), app.owner()] {
        let json = "application/json";
        let refused = nobody.post_raw(&path, json, Value::from("{}").to_string());
        refused.await.problem(401, "not-signed-in");
    }
}
