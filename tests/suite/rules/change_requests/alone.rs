//! Attempts of one person alone, with all their sessions, clients, codes and keys.

use countersign_tests::administrators::{link, take_up};
use countersign_tests::change_requests::{
    BOTH, CLIENT, app, apply, approve, approve_with_code, ask, ask_by_machine, ask_for, at,
    client_field, held_id, pending, reject, seen,
};
use countersign_tests::machine_api::assert_works;
use countersign_tests::{Person, secret_of};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn another_session_of_the_same_person_is_the_same_person() {
    let app = app(&[]).await;
    let (one, other) = (app.sign_in("ada").await, app.sign_in("ada").await);
    assert_ne!(one.token, other.token);
    let id = ask(&one, &json!({"enabled": false})).await;
    approve(&other, &id).await.problem(409, "own-request");
    one.delete("/admin/sessions/current").await.nothing();
    approve(&other, &id).await.problem(409, "own-request");
    approve(&one, &id).await.problem(401, "not-signed-in");
    let third = app.sign_in("ada").await;
    let reply = approve_with_code(&third, &id).await;
    reply.problem(409, "own-request");
    assert_works(&app.client("login_client")).await;
}

#[tokio::test]
async fn a_session_begun_with_a_recovery_code_is_the_same_person() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let new = json!({"email": "eve@example.com", "name": "Eve", "privileges": BOTH});
    let id = ask_for(&ada, Method::POST, "/admin/administrators", &new).await;
    let path = link(&apply(&ben, &id).await);
    let words = "a newcomer's own words";
    let enrolled = take_up(&app, &path, words).await;
    let authenticator = enrolled.authenticator;
    let code = authenticator.next_code(&app.clock);
    let body = json!({"email": "eve@example.com", "password": words, "code": code});
    let begun = app.ask_for_session(&body).await;
    let eve = app.person(&begun, authenticator.clone());
    let id = ask(&eve, &json!({"enabled": false})).await;
    let recovery = &enrolled.recovery_codes[0];
    let body = json!({"email": "eve@example.com", "password": words, "recovery_code": recovery});
    let begun = app.ask_for_session(&body).await;
    let again = app.person(&begun, authenticator);
    approve(&again, &id).await.problem(409, "own-request");
    assert_works(&app.client("login_client")).await;
}

#[tokio::test]
async fn an_owner_client_whose_secret_one_has_seen_is_no_second_person() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let secret = ada.secret_of("owner").await;
    let owner = app.caller("owner", &secret);
    let given = [("for_client_id", "login_client"), ("description", "mine")];
    let id = pending(&owner.post("/clients/set_description", &given).await);
    for _ in 0..3 {
        approve_with_code(&ada, &id).await;
        assert_eq!(
            client_field(&ada, "login_client", "name").await,
            "the login_client"
        );
    }
    // Nor does a client approve what its user has asked for: there is no way to say so.
    let own = ask_for(
        &ada,
        Method::DELETE,
        "/admin/clients/featureless",
        &Value::Null,
    )
    .await;
    let mut client = ada.clone();
    client.caller = owner;
    approve(&client, &own).await.problem(401, "not-signed-in");
    seen(&ada, &own, "pending").await;
    apply(&ben, &id).await;
}

#[tokio::test]
async fn an_owner_client_does_not_get_at_a_secret_by_the_machine_api() {
    let app = app(&[]).await;
    let list = app.owner().post("/clients/list", &[]).await.ok();
    for client in list["results"].as_array().unwrap() {
        assert_eq!(client["client_secret"], Value::Null);
    }
    assert!(!list.to_string().contains(&secret_of("login_client")));
}

#[tokio::test]
async fn an_approval_that_is_sent_again_counts_once() {
    let app = app(&["cleo"]).await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let id = ask_by_machine(&app, "login_client", "renamed").await;
    let keyed = ada.clone().with("idempotency-key", "k");
    let other = ada.clone().with("idempotency-key", "another");
    keyed.post(&at(&id, "/approve"), &json!({})).await.fine();
    for person in [&keyed, &other, &ada] {
        let again = approve(person, &id).await;
        if again.status == 200 {
            assert_eq!(again.json()["state"], "pending");
        } else {
            again.problem(409, "already-approved");
        }
        let request = seen(&ada, &id, "pending").await;
        assert_eq!(request["approvals"].as_array().unwrap().len(), 1);
    }
    // Another one's key is another one's.
    let hers = cleo.clone().with("idempotency-key", "k");
    assert_eq!(approve(&hers, &id).await.fine()["state"], "applied");
    let events = ada
        .audit(&format!("object=login_client&outcome={}", "approved"))
        .await;
    assert_eq!(events.len(), 1);
}

#[tokio::test]
async fn an_old_approval_does_not_approve_a_new_request() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let keyed = ben.clone().with("idempotency-key", "yes");
    let body = json!({"enabled": false});
    let first = ask(&ada, &body).await;
    approve(&keyed, &first).await.fine();
    let second = ask(&ada, &json!({"enabled": true})).await;
    apply(&ben, &second).await;
    let third = ask(&ada, &body).await;
    assert_ne!(first, third);
    approve(&keyed, &first)
        .await
        .problem(409, "already-decided");
    seen(&ada, &third, "pending").await;
    assert_works(&app.client("login_client")).await;
}

#[tokio::test]
async fn a_creation_with_a_key_is_asked_for_once_and_sent_again_creates_nothing() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let keyed = ada.clone().with("idempotency-key", "k");
    let new = json!({"name": "new"});
    let id = held_id(&keyed.post("/admin/clients", &new).await);
    assert_eq!(held_id(&keyed.post("/admin/clients", &new).await), id);
    let count = async |query: &str| ada.all("/admin/change-requests", query).await.len();
    assert_eq!(count("").await, 1);
    apply(&ben, &id).await;
    assert_eq!(held_id(&keyed.post("/admin/clients", &new).await), id);
    assert_eq!(count("").await, 1);
    let list = ada.all("/admin/clients", "").await;
    assert_eq!(list.iter().filter(|one| one["name"] == "new").count(), 1);
    // A key of a request is not one of an approval, nor of anything else.
    let other = json!({"name": "newer"});
    let reused = keyed.post("/admin/clients", &other).await;
    reused.problem(422, "idempotency-key-reused");
}

#[tokio::test]
async fn nobody_promotes_themselves_by_any_way() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let path = |of: &Person| format!("/admin/administrators/{}", of.id);
    let more = json!({"privileges": BOTH});
    ben.patch(&path(&ben), &more)
        .await
        .problem(409, "own-privileges");
    // Asked for by a colleague, it takes a third one.
    let id = ask_for(&ada, Method::PATCH, &path(&ben), &more).await;
    approve(&ben, &id).await.problem(409, "own-privileges");
    approve(&ada, &id).await.problem(409, "own-request");
    apply(&cleo, &id).await;
    // By another address of one's own: the address is taken, or another person's.
    let again = json!({"email": "BEN@example.com", "name": "Ben", "privileges": BOTH});
    let reply = ben.post("/admin/administrators", &again).await;
    reply.problem(409, "taken");
}

#[tokio::test]
async fn one_invited_by_oneself_is_not_there_before_another_one_says_yes() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let me_too = json!({
        "email": "ada.too@example.com", "name": "Ada, too", "privileges": BOTH
    });
    let asked = ada.post("/admin/administrators", &me_too).await;
    let id = held_id(&asked);
    let object = asked.json()["change_request"]["object"]["id"].clone();
    let path = format!("/admin/administrators/{}", object.as_str().unwrap());
    ada.get(&path).await.problem(404, "not-found");
    for what in ["mfa", "password"] {
        let reset = format!("{path}/reset-{what}");
        ada.post(&reset, &json!({})).await.problem(404, "not-found");
    }
    approve(&ada, &id).await.problem(409, "own-request");
    reject(&ben, &id).await.fine();
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
    ada.get(CLIENT).await.fine();
}
