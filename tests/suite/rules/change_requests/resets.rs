//! Links to accounts: their receiver and the account's owner do not count as two people for 24 hours.

use std::time::Duration;

use countersign_tests::change_requests::{
    BOTH, CLIENT, app, apply, approve, approve_with_code, ask, ask_by_machine, ask_for,
    client_field, reject, seen,
};
use countersign_tests::machine_api::{assert_unknown, assert_works};
use countersign_tests::{App, Authenticator, PASSWORD, Person, administrators, email_of};
use reqwest::Method;
use serde_json::{Value, json};

pub(super) const DAY: Duration = Duration::from_hours(24);
const WORDS: &str = "words of somebody else";

/// Resets somebody; gives the link.
pub(super) async fn reset(by: &Person, whose: &str, what: &str) -> String {
    let path = format!("/admin/administrators/{whose}/reset-{what}");
    administrators::link(&by.post(&path, &json!({})).await.fine())
}

/// An account that was set up anew by a link, and what it signs in with.
pub(super) struct Account {
    email: String,
    password: String,
    authenticator: Authenticator,
}

impl Account {
    pub(super) async fn sign_in(&self, app: &App) -> Person {
        let code = self.authenticator.next_code(&app.clock);
        let body = json!({"email": self.email, "password": self.password, "code": code});
        let begun = app.ask_for_session(&body).await;
        app.person(&begun, self.authenticator.clone())
    }
}

/// Takes up the link of a reset of one factor, whose account has the other one still.
pub(super) async fn take_up(app: &App, link: &str, name: &str, what: &str) -> Account {
    let (password, authenticator) = if what == "mfa" {
        let authenticator = administrators::authenticator_of(app, link).await;
        (PASSWORD, authenticator)
    } else {
        (WORDS, Authenticator::of(name))
    };
    let code = authenticator.next_code(&app.clock);
    let body = json!({"password": password, "code": code});
    administrators::post_without_session(app, link, &body)
        .await
        .fine();
    Account {
        email: email_of(name),
        password: password.to_owned(),
        authenticator,
    }
}

/// Takes an account over: both factors, without the other one's doing.
pub(super) async fn take_over(app: &App, by: &Person, whose: &str, name: &str) -> Account {
    reset(by, whose, "password").await;
    let link = reset(by, whose, "mfa").await;
    let enrolled = administrators::take_up(app, &link, WORDS).await;
    Account {
        email: email_of(name),
        password: WORDS.to_owned(),
        authenticator: enrolled.authenticator,
    }
}

#[tokio::test]
async fn one_whom_the_requester_has_reset_can_not_approve_for_a_day_and_then_can() {
    for what in ["mfa", "password"] {
        let app = app(&[]).await;
        let ada = app.sign_in("ada").await;
        let ben = app.sign_in("ben").await.id;
        let link = reset(&ada, &ben, what).await;
        let account = take_up(&app, &link, "ben", what).await;
        let since = app.clock.now().millis();
        let ben = account.sign_in(&app).await;
        let id = ask(&ada, &json!({"name": "renamed"})).await;
        let words = approve(&ben, &id).await.problem(409, "reset-lately");
        assert!(words.contains("24 hours"), "{what}: {words}");
        seen(&ben, &id, "pending").await;
        assert_eq!(
            client_field(&ben, "login_client", "name").await,
            "the login_client"
        );
        app.advance(DAY.saturating_sub(Duration::from_mins(10)));
        let ben = account.sign_in(&app).await;
        let passed = u64::try_from(app.clock.now().millis() - since).unwrap();
        app.advance(DAY.saturating_sub(Duration::from_millis(passed + 1)));
        approve(&ben, &id).await.problem(409, "reset-lately");
        app.advance(Duration::from_millis(1));
        apply(&ben, &id).await;
    }
}

#[tokio::test]
async fn one_who_was_reset_can_approve_what_others_ask_for_and_turn_anything_down() {
    let app = app(&["cleo"]).await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let ben = app.sign_in("ben").await.id;
    let link = reset(&ada, &ben, "mfa").await;
    let ben = take_up(&app, &link, "ben", "mfa").await.sign_in(&app).await;
    let id = ask(&cleo, &json!({"name": "renamed"})).await;
    apply(&ben, &id).await;
    let id = ask(&ada, &json!({"name": "renamed again"})).await;
    reject(&ben, &id).await.fine();
    // And another one approves what the one who has reset him asks for.
    let id = ask(&ada, &json!({"name": "renamed again"})).await;
    apply(&cleo, &id).await;
}

#[tokio::test]
async fn nobody_takes_an_account_over_and_approves_with_it_or_asks_with_it() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    let ben = app.sign_in("ben").await.id;
    let ben = take_over(&app, &ada, &ben, "ben").await.sign_in(&app).await;
    let id = ask(&ada, &json!({"features": ["owner"]})).await;
    let reply = approve_with_code(&ben, &id).await;
    reply.problem(409, "reset-lately");
    reject(&ada, &id).await.fine();
    let id = ask(&ben, &json!({"features": ["owner"]})).await;
    let reply = approve_with_code(&ada, &id).await;
    reply.problem(409, "reset-lately");
    let off = json!({"enabled": false, "code": ben.next_code()});
    let off = ask_for(&ben, Method::PUT, "/admin/multi-admin", &off).await;
    let reply = approve_with_code(&ada, &off).await;
    reply.problem(409, "reset-lately");
    let features = client_field(&ada, "login_client", "features").await;
    assert_eq!(features, json!(["login_client"]));
}

#[tokio::test]
async fn nobody_approves_twice_what_an_api_client_asks_for_by_another_ones_account() {
    let app = app(&["cleo"]).await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let ben = app.sign_in("ben").await.id;
    let ben = take_over(&app, &ada, &ben, "ben").await.sign_in(&app).await;
    for (first, second) in [(&ada, &ben), (&ben, &ada)] {
        let id = ask_by_machine(&app, "login_client", "renamed").await;
        approve(first, &id).await.fine();
        let reply = approve(second, &id).await;
        if reply.status == 200 {
            assert_eq!(reply.json()["state"], "pending", "{}", reply.body);
        } else {
            reply.problem(409, "reset-lately");
        }
        approve(second, &id).await;
        approve(first, &id).await;
        let name = client_field(&ada, "login_client", "name").await;
        assert_eq!(name, "the login_client");
        let applied = approve(&cleo, &id).await.fine();
        assert_eq!(applied["state"], "applied");
        let back = ask(&ada, &json!({"name": "the login_client"})).await;
        apply(&cleo, &back).await;
    }
}

#[tokio::test]
async fn whoever_hands_out_an_invitation_is_not_two_with_the_invited() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let new = json!({
        "email": "ben.too@example.com", "name": "Ben, too", "privileges": BOTH
    });
    let id = ask_for(&ada, Method::POST, "/admin/administrators", &new).await;
    let invited = apply(&ben, &id).await;
    // Ben has the link in hand, and sets the account up himself.
    let path = administrators::link(&invited);
    let enrolled = administrators::take_up(&app, &path, WORDS).await;
    let account = Account {
        email: "ben.too@example.com".to_owned(),
        password: WORDS.to_owned(),
        authenticator: enrolled.authenticator,
    };
    let too = account.sign_in(&app).await;
    for (asker, approver) in [(&ben, &too), (&too, &ben)] {
        let id = ask_for(asker, Method::DELETE, CLIENT, &Value::Null).await;
        approve(approver, &id).await.problem(409, "reset-lately");
        reject(asker, &id).await.fine();
    }
    assert_works(&app.client("login_client")).await;
    // With ada they are two.
    let id = ask_for(&too, Method::DELETE, CLIENT, &Value::Null).await;
    apply(&ada, &id).await;
}

#[tokio::test]
async fn one_who_was_invited_before_it_was_on_is_another_person_at_once() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = administrators::signed_in(&app, &ada, "new", &BOTH).await;
    let on = json!({"enabled": true, "code": ada.next_code()});
    ada.put("/admin/multi-admin", &on).await.fine();
    let id = ask_for(&ada, Method::DELETE, CLIENT, &Value::Null).await;
    apply(&new, &id).await;
    assert_unknown(&app.client("login_client")).await;
}
