//! Names and addresses that waiting requests hold.

use countersign_tests::{App, Person, Reply};
use reqwest::Method;
use serde_json::{Value, json};

use super::{app, apply, ask, ask_for, field, held, reject};

async fn create(by: &Person, name: &str) -> Reply {
    by.post("/admin/clients", &json!({ "name": name })).await
}

async fn invite(by: &Person, email: &str) -> Reply {
    let body = json!({"email": email, "name": "New"});
    by.post("/admin/administrators", &body).await
}

#[tokio::test]
async fn a_pending_creation_and_a_pending_renaming_hold_their_names() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let creation = held(&create(&ada, "Straße").await);
    let renaming = ask(&ada, &json!({"name": "renamed"})).await;
    for name in ["Straße", " straße ", "Renamed"] {
        create(&ben, name).await.problem(409, "taken");
        let body = json!({ "name": name });
        let other = ben.patch("/admin/clients/featureless", &body).await;
        other.problem(409, "taken");
        let given = [("description", name)];
        let machine = app.owner().post("/clients/add", &given).await;
        machine.invalid("description");
    }
    // The name that it has until then is its own, too.
    create(&ben, "the login_client").await.problem(409, "taken");
    apply(&ben, &creation).await;
    apply(&ben, &renaming).await;
    create(&ben, "Straße").await.problem(409, "taken");
    // And afterwards it is free.
    let id = held(&create(&ben, "the login_client").await);
    apply(&ada, &id).await;
}

#[tokio::test]
async fn what_is_turned_down_frees_its_name() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for decide in [&ada, &ben] {
        let creation = held(&create(&ada, "wanted").await);
        create(&ben, "wanted").await.problem(409, "taken");
        reject(decide, &creation).await.fine();
        let renaming = ask(&ada, &json!({"name": "wanted"})).await;
        create(&ben, "wanted").await.problem(409, "taken");
        reject(decide, &renaming).await.fine();
    }
    let id = held(&create(&ben, "wanted").await);
    apply(&ada, &id).await;
    assert_eq!(
        field(&ada, "login_client", "name").await,
        "the login_client"
    );
}

#[tokio::test]
async fn a_pending_invitation_holds_its_address() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let first = held(&invite(&ada, "New@example.com").await);
    invite(&ben, "new@EXAMPLE.com").await.problem(409, "taken");
    reject(&ben, &first).await.fine();
    let second = held(&invite(&ben, "new@example.com").await);
    apply(&ada, &second).await;
    invite(&ada, "new@example.com").await.problem(409, "taken");
}

/// Fay is another application's administrator.
async fn assert_fay_comes_in(app: &App) {
    let fay = app.sign_in("fay").await;
    fay.get("/admin/me").await.fine();
}

#[tokio::test]
async fn a_pending_invitation_keeps_nobody_from_signing_in_elsewhere() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = held(&invite(&ada, "fay@example.com").await);
    assert_fay_comes_in(&app).await;
    reject(&ben, &id).await.fine();
    assert_fay_comes_in(&app).await;
    let id = held(&invite(&ada, "fay@example.com").await);
    apply(&ben, &id).await;
    assert_fay_comes_in(&app).await;
}

#[tokio::test]
async fn one_whose_invitation_waits_is_nobody_at_the_door() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    let sign_in = async |email: &str| {
        let body = json!({"email": email, "password": "any words at all", "code": "123456"});
        let reply = app.ask_for_session(&body).await;
        let words = reply.problem(401, "sign-in-failed");
        (reply.status, words)
    };
    let stranger = sign_in("stranger@example.com").await;
    held(&invite(&ada, "new@example.com").await);
    assert_eq!(sign_in("new@example.com").await, stranger);
}

#[tokio::test]
async fn a_name_that_a_direct_change_took_while_it_was_off_is_not_taken_away() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let creation = held(&create(&ada, "wanted").await);
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
