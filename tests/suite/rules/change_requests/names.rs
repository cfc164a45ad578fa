//! Names and addresses that a waiting request holds, in both APIs.

use std::time::Duration;

use countersign_tests::admin_clients::of_client;
use countersign_tests::change_requests::{
    app, apply, approve, ask_for, client_field, held, held_id, id_of, pending, reject, see,
};
use countersign_tests::{App, PEOPLE, Person, Reply};
use reqwest::Method;
use serde_json::{Value, json};

const ADD: &str = "/clients/add";
const RENAME: &str = "/clients/set_description";
const WANTED: &str = "Straße wanted";
/// The name that the renamed client gives up.
const OLD: &str = "the login_client";

async fn create(by: &Person, name: &str) -> Reply {
    by.post("/admin/clients", &json!({ "name": name })).await
}

async fn rename(by: &Person, client: &str, name: &str) -> Reply {
    by.patch(&of_client(client, ""), &json!({ "name": name }))
        .await
}

async fn invite(by: &Person, email: &str) -> Reply {
    let body = json!({"email": email, "name": "New", "privileges": []});
    by.post("/admin/administrators", &body).await
}

/// The name is refused to everybody else, whatever its case and the blanks around it.
async fn assert_spoken_for(app: &App, by: &Person) {
    let this = ("for_client_id", "featureless");
    for name in [WANTED, "sTRAßE WANTED", " straße wanted "] {
        let named = ("description", name);
        for (path, given) in [(ADD, vec![named]), (RENAME, vec![this, named])] {
            let why = app.owner().post(path, &given).await.invalid("description");
            if name.trim() == name {
                assert_eq!(why, "another client of this application has it");
            }
        }
        for reply in [
            create(by, name).await,
            rename(by, "featureless", name).await,
        ] {
            let words = reply.problem(409, "taken");
            assert_eq!(words, "another client of this application has this name");
            assert_eq!(reply.json()["change_request"], Value::Null);
        }
    }
}

#[tokio::test]
async fn a_pending_creation_or_renaming_keeps_its_name_for_itself_until_it_is_turned_down() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let owner = app.owner();
    let add = [("description", WANTED)];
    let machine = [("for_client_id", "login_client"), ("description", WANTED)];
    for (asking, decider) in [
        (ADD, &ben),
        (RENAME, &ben),
        ("create", &ada),
        ("create", &ben),
        ("rename", &ada),
        ("rename", &ben),
    ] {
        let id = match asking {
            ADD => pending(&owner.post(ADD, &add).await),
            RENAME => pending(&owner.post(RENAME, &machine).await),
            "create" => held_id(&create(&ada, WANTED).await),
            _ => held_id(&rename(&ada, "login_client", WANTED).await),
        };
        assert_spoken_for(&app, &ben).await;
        let waiting = ada.all("/admin/change-requests", "state=pending").await;
        assert_eq!(waiting.len(), 1);
        // Free again, whether it is taken back or turned down.
        reject(decider, &id).await.fine();
        assert_eq!(client_field(&ada, "login_client", "name").await, OLD);
    }
}

#[tokio::test]
async fn a_name_that_is_given_up_comes_free_when_the_renaming_takes_effect() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let owner = app.owner();
    let machine = [("for_client_id", "login_client"), ("description", WANTED)];
    let old = [("description", OLD)];
    let id = pending(&owner.post(RENAME, &machine).await);
    owner.post(ADD, &old).await.invalid("description");
    create(&ben, OLD).await.problem(409, "taken");
    for person in [&ada, &ben] {
        approve(person, &id).await.fine();
    }
    assert_eq!(client_field(&ada, "login_client", "name").await, WANTED);
    assert_spoken_for(&app, &ben).await;
    let by_client = pending(&owner.post(ADD, &old).await);
    reject(&ben, &by_client).await.fine();
    let id = held_id(&create(&ben, OLD).await);
    apply(&ada, &id).await;
    create(&ben, OLD).await.problem(409, "taken");
}

#[tokio::test]
async fn an_expired_creation_gives_its_name_back() {
    let app = app(&[]).await;
    let wanted = [("description", WANTED)];
    let first = pending(&app.owner().post(ADD, &wanted).await);
    app.advance(Duration::from_millis(14 * 24 * 3_600_000 - 1));
    let early = app.owner().post(ADD, &wanted).await;
    early.invalid("description");
    app.advance(Duration::from_millis(1));
    let second = pending(&app.owner().post(ADD, &wanted).await);
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    approve(&ada, &first).await.problem(409, "already-decided");
    for person in [&ada, &ben] {
        approve(person, &second).await.fine();
    }
    assert_eq!(see(&ada, &second).await["state"], "applied");
}

#[tokio::test]
async fn a_name_that_is_asked_for_is_kept_while_multi_admin_is_switched_off() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let creation = held_id(&create(&ada, "wanted").await);
    let off = json!({"enabled": false, "code": ada.next_code()});
    let id = ask_for(&ada, Method::PUT, "/admin/multi-admin", &off).await;
    apply(&ben, &id).await;
    // What waits keeps its name, whatever the policy is.
    create(&ben, "wanted").await.problem(409, "taken");
    apply(&ben, &creation).await;
    let names = ada.all("/admin/clients", "").await;
    let wanted = |client: &&Value| client["name"] == "wanted";
    assert_eq!(names.iter().filter(wanted).count(), 1);
}

#[tokio::test]
async fn another_case_of_its_own_name_is_no_other_name() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for name in ["THE Login_Client", OLD] {
        let asked = held(&rename(&ada, "login_client", name).await);
        assert_eq!(asked["changes"][0]["after"], name);
        let applied = approve(&ben, &id_of(&asked)).await.fine();
        assert_eq!(applied["state"], "applied");
        assert_eq!(client_field(&ada, "login_client", "name").await, name);
    }
}

/// Fay is another application's administrator.
async fn assert_fay_comes_in(app: &App) {
    let fay = app.sign_in("fay").await;
    fay.get("/admin/me").await.fine();
}

#[tokio::test]
async fn a_pending_invitation_holds_its_address_and_is_taken_after_it_took_effect() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let first = held_id(&invite(&ada, "New@example.com").await);
    for email in ["new@example.com", "new@EXAMPLE.com", "NEW@Example.com"] {
        let words = invite(&ben, email).await.problem(409, "taken");
        assert_eq!(
            words,
            "another administrator of this application has this email"
        );
    }
    reject(&ben, &first).await.fine();
    let second = held_id(&invite(&ben, "new@example.com").await);
    apply(&ada, &second).await;
    invite(&ada, "new@example.com").await.problem(409, "taken");
}

#[tokio::test]
async fn a_pending_invitation_lets_nobody_in_and_keeps_nobody_out() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let sign_in = async |email: &str| {
        let body = json!({"email": email, "password": "any words at all", "code": "123456"});
        let reply = app.ask_for_session(&body).await;
        let words = reply.problem(401, "sign-in-failed");
        (reply.status, words)
    };
    let stranger = sign_in("stranger@example.com").await;
    let new = held_id(&invite(&ada, "new@example.com").await);
    assert_eq!(sign_in("new@example.com").await, stranger);
    let reply = app.ask_for_session(&app.credentials("new")).await;
    reply.problem(401, "sign-in-failed");
    // An address that somebody of another application has.
    let fay = held_id(&invite(&ada, "fay@example.com").await);
    invite(&ben, "fay@example.com").await.problem(409, "taken");
    assert_fay_comes_in(&app).await;
    reject(&ben, &fay).await.fine();
    assert_fay_comes_in(&app).await;
    let fay = held_id(&invite(&ada, "fay@example.com").await);
    let listed = ada.all("/admin/administrators", "").await;
    assert_eq!(listed.len(), PEOPLE.len());
    for id in [&new, &fay] {
        apply(&ben, id).await;
    }
    let now = ada.all("/admin/administrators", "").await;
    assert_eq!(now.len(), listed.len() + 2);
    assert_fay_comes_in(&app).await;
}
