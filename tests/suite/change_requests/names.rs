//! A name that is asked for is spoken for, in both APIs, for as long as the request waits.

use std::time::Duration;

use serde_json::{Value, json};

use super::{app, approve, held, id_of, pending, reject};
use crate::admin_clients::of_client;

const RENAME: &str = "/clients/set_description";

#[tokio::test]
async fn a_pending_creation_or_renaming_keeps_its_name_for_itself_in_both_apis() {
    let app = app().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let owner = app.owner();
    let machine = [("description", "Wanted")];
    let rename = [("for_client_id", "login_client"), ("description", "Wanted")];
    for ask in 0..4 {
        let id = match ask {
            0 => pending(&owner.post("/clients/add", &machine).await),
            1 => pending(&owner.post(RENAME, &rename).await),
            2 => id_of(&held(
                &ada.post("/admin/clients", &json!({"name": "Wanted"})).await,
            )),
            _ => {
                let path = of_client("login_client", "");
                id_of(&held(&ada.patch(&path, &json!({"name": "Wanted"})).await))
            }
        };
        let this = ("for_client_id", "featureless");
        let name = ("description", "WANTED");
        for (path, given) in [("/clients/add", vec![name]), (RENAME, vec![this, name])] {
            let why = owner.post(path, &given).await.invalid("description");
            assert_eq!(why, "another client of this application has it");
        }
        let body = json!({"name": " wanted "});
        for reply in [
            ben.post("/admin/clients", &body).await,
            ben.patch(&of_client("featureless", ""), &body).await,
        ] {
            let words = reply.problem(409, "taken");
            assert_eq!(words, "another client of this application has this name");
            assert_eq!(reply.json()["change_request"], Value::Null);
        }
        assert_eq!(
            ada.all("/admin/change-requests", "state=pending")
                .await
                .len(),
            1
        );
        reject(&ben, &id).await.fine();
    }
    // A name that is given up comes free only when that takes effect.
    let id = pending(&owner.post(RENAME, &rename).await);
    let old = [("description", "the login_client")];
    owner
        .post("/clients/add", &old)
        .await
        .invalid("description");
    for person in [&ada, &ben] {
        approve(person, &id).await.fine();
    }
    pending(&owner.post("/clients/add", &old).await);
    owner
        .post("/clients/add", &machine)
        .await
        .invalid("description");
}

#[tokio::test]
async fn an_expired_creation_gives_its_name_back() {
    let app = app().await;
    let machine = [("description", "Wanted")];
    let first = pending(&app.owner().post("/clients/add", &machine).await);
    app.advance(Duration::from_millis(14 * 24 * 3_600_000 - 1));
    app.owner()
        .post("/clients/add", &machine)
        .await
        .invalid("description");
    app.advance(Duration::from_millis(1));
    let second = pending(&app.owner().post("/clients/add", &machine).await);
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    approve(&ada, &first).await.problem(409, "already-decided");
    for person in [&ada, &ben] {
        approve(person, &second).await.fine();
    }
    assert_eq!(super::see(&ada, &second).await["state"], "applied");
}

#[tokio::test]
async fn an_address_is_spoken_for_and_lets_nobody_in_nor_keeps_anybody_out() {
    let app = app().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let people = "/admin/administrators";
    let body = |email: &str| json!({"email": email, "name": "New", "privileges": []});
    let new = id_of(&held(&ada.post(people, &body("new@example.com")).await));
    // An address that somebody of another application has.
    let fay = id_of(&held(&ada.post(people, &body("fay@example.com")).await));
    for email in ["new@example.com", "NEW@Example.com", "fay@example.com"] {
        let words = ben.post(people, &body(email)).await.problem(409, "taken");
        assert_eq!(
            words,
            "another administrator of this application has this email"
        );
    }
    let reply = app.ask_for_session(&app.credentials("new")).await;
    reply.problem(401, "sign-in-failed");
    let there = app.sign_in("fay").await;
    there.get("/admin/me").await.fine();
    let listed = ada.all(people, "").await;
    assert_eq!(listed.len(), countersign_tests::PEOPLE.len());
    for id in [&new, &fay] {
        approve(&ben, id).await.fine();
    }
    assert_eq!(ada.all(people, "").await.len(), listed.len() + 2);
    app.sign_in("fay").await.get("/admin/me").await.fine();
}

#[tokio::test]
async fn another_case_of_its_own_name_is_no_other_name() {
    let app = app().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let path = of_client("login_client", "");
    for name in ["THE Login_Client", "the login_client"] {
        let asked = held(&ada.patch(&path, &json!({"name": name})).await);
        assert_eq!(asked["changes"][0]["after"], name);
        let applied = approve(&ben, &id_of(&asked)).await.fine();
        assert_eq!(applied["state"], "applied");
        assert_eq!(ada.get(&path).await.fine()["name"], name);
    }
}
