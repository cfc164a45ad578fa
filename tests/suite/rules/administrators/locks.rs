//! Locks: five wrong passwords or codes, counted together, lock for twenty minutes, and nobody is
//! told.

use std::time::Duration;

use countersign_tests::administrators::{
    REVEAL, WRONG_PASSWORD, answer, assert_not_let_in, assert_signed_in, assert_wrong_code, at,
    authenticator_of, enrol, fail_to_sign_in, invite, recover, reset, seen, sign_in_with, state_of,
};
use countersign_tests::{App, Authenticator, PASSWORD, email_of};
use serde_json::json;

const LOCK: Duration = Duration::from_mins(20);
const MINUTE: Duration = Duration::from_mins(1);
const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test]
async fn five_wrong_passwords_and_codes_of_all_prompts_lock_for_20_minutes() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let authenticator = Authenticator::of("ben");
    let wrong = authenticator.wrong_code(&app.clock);
    fail_to_sign_in(&app, "ben", 1).await;
    assert_not_let_in(&sign_in_with(&app, "ben", PASSWORD, &wrong).await);
    assert_not_let_in(&recover(&app, "ben", PASSWORD, "aaaa-bbbb-cccc").await);
    assert_wrong_code(&ben.post(REVEAL, &json!({"code": wrong})).await);
    assert_eq!(state_of(&ada, &ben.id).await, "active");
    let regenerate = "/admin/clients/login_client/secret/regenerate";
    assert_wrong_code(&ben.post(regenerate, &json!({"code": wrong})).await);
    assert_eq!(state_of(&ada, &ben.id).await, "locked");

    app.advance(LOCK.checked_sub(MILLISECOND).unwrap());
    assert_eq!(state_of(&ada, &ben.id).await, "locked");
    let code = authenticator.code(&app.clock);
    assert_not_let_in(&sign_in_with(&app, "ben", PASSWORD, &code).await);
    app.advance(MILLISECOND);
    assert_eq!(state_of(&ada, &ben.id).await, "active");
    let code = authenticator.code(&app.clock);
    let begun = sign_in_with(&app, "ben", PASSWORD, &code).await;
    assert_signed_in(&app.person(&begun, authenticator)).await;
}

#[tokio::test]
async fn a_lock_looks_like_a_wrong_password_even_to_the_right_one() {
    let app = App::with_people().await;
    let authenticator = Authenticator::of("ben");
    let code = authenticator.code(&app.clock);
    let wrong = authenticator.wrong_code(&app.clock);
    let unlocked = seen(&sign_in_with(&app, "ben", WRONG_PASSWORD, &code).await);
    assert_eq!(unlocked.0, 401);
    let unknown = seen(&sign_in_with(&app, "nobody", PASSWORD, &code).await);
    assert_eq!(unknown, unlocked);
    let wrong_code = seen(&sign_in_with(&app, "ben", PASSWORD, &wrong).await);
    assert_eq!(wrong_code, unlocked);
    fail_to_sign_in(&app, "ben", 3).await;
    for (password, code) in [
        (PASSWORD, &code),
        (WRONG_PASSWORD, &code),
        (PASSWORD, &wrong),
    ] {
        let locked = sign_in_with(&app, "ben", password, code).await;
        assert_eq!(seen(&locked), unlocked);
        assert_eq!(locked.header("www-authenticate"), "Bearer");
        assert_eq!(locked.header("retry-after"), "");
    }
}

#[tokio::test]
async fn the_lock_is_checked_before_the_code_at_every_prompt() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let wrong = ben.post(REVEAL, &json!({"code": ben.wrong_code()})).await;
    assert_wrong_code(&wrong);
    fail_to_sign_in(&app, "ben", 4).await;
    let code = ben.next_code();
    let locked = ben.post(REVEAL, &json!({"code": code})).await;
    assert_eq!(seen(&locked), seen(&wrong));
    assert_not_let_in(&sign_in_with(&app, "ben", PASSWORD, &code).await);
    // Who is in stays in: only what takes a code is shut.
    assert_signed_in(&ben).await;
    app.advance(LOCK);
    ben.secret_of("login_client").await;
}

#[tokio::test]
async fn the_lock_holds_at_an_invitation_too() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    let authenticator = authenticator_of(&app, &new.link).await;
    let wrong = authenticator.wrong_code(&app.clock);
    for _ in 0..5 {
        assert_wrong_code(&answer(&app, &new.link, PASSWORD, &wrong).await);
    }
    let code = authenticator.next_code(&app.clock);
    assert_wrong_code(&answer(&app, &new.link, PASSWORD, &code).await);
    app.advance(LOCK);
    let code = authenticator.code(&app.clock);
    answer(&app, &new.link, PASSWORD, &code).await.fine();
    assert_eq!(state_of(&ada, &new.id).await, "active");
}

#[tokio::test]
async fn what_is_right_forgets_what_was_wrong_before() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    fail_to_sign_in(&app, "ben", 4).await;
    app.advance(MINUTE);
    app.sign_in("ben").await;
    fail_to_sign_in(&app, "ben", 4).await;
    ben.secret_of("login_client").await;
    app.advance(MINUTE);
    fail_to_sign_in(&app, "ben", 4).await;
    app.advance(MINUTE);
    app.sign_in("ben").await;
}

#[tokio::test]
async fn four_wrong_ones_are_remembered_however_long_ago_they_were() {
    let app = App::with_people().await;
    fail_to_sign_in(&app, "ben", 4).await;
    app.advance(Duration::from_hours(24));
    fail_to_sign_in(&app, "ben", 1).await;
    assert_not_let_in(&app.ask_for_session(&app.credentials("ben")).await);
}

#[tokio::test]
async fn a_lock_that_is_over_has_forgotten_what_led_to_it() {
    let app = App::with_people().await;
    fail_to_sign_in(&app, "ben", 5).await;
    app.advance(LOCK);
    fail_to_sign_in(&app, "ben", 4).await;
    let ben = app.sign_in("ben").await;
    assert_signed_in(&ben).await;
    // And five more lock again.
    app.advance(MINUTE);
    fail_to_sign_in(&app, "ben", 5).await;
    assert_not_let_in(&app.ask_for_session(&app.credentials("ben")).await);
}

#[tokio::test]
async fn attempts_while_it_is_locked_do_not_make_a_lock_longer() {
    let app = App::with_people().await;
    fail_to_sign_in(&app, "ben", 5).await;
    for _ in 0..4 {
        app.advance(LOCK / 5);
        fail_to_sign_in(&app, "ben", 2).await;
    }
    app.advance(LOCK / 5);
    app.sign_in("ben").await;
}

#[tokio::test]
async fn a_lock_is_of_one_person_and_of_all_spellings_of_their_address() {
    let app = App::with_people().await;
    for email in ["BEN@example.com", "ben@EXAMPLE.com", " Ben@Example.Com "] {
        let code = Authenticator::of("ben").code(&app.clock);
        let body = json!({"email": email, "password": WRONG_PASSWORD, "code": code});
        assert_not_let_in(&app.ask_for_session(&body).await);
    }
    fail_to_sign_in(&app, "ben", 2).await;
    assert_not_let_in(&app.ask_for_session(&app.credentials("ben")).await);
    app.sign_in("cleo").await;
    app.sign_in("fay").await;
}

#[tokio::test]
async fn an_administrator_is_invited_active_locked_or_has_pending_actions() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    assert_eq!(state_of(&ada, &new.id).await, "invited");
    ada.delete(&at(&new.id)).await.nothing();
    let (id, enrolled) = enrol(&app, &ada, "new", &[]).await;
    assert_eq!(state_of(&ada, &id).await, "active");
    let code = enrolled.authenticator.next_code(&app.clock);
    for _ in 0..5 {
        let body = json!({"email": email_of("new"), "password": "wrong", "code": code});
        assert_not_let_in(&app.ask_for_session(&body).await);
    }
    assert_eq!(state_of(&ada, &id).await, "locked");
    app.advance(LOCK);
    for what in ["mfa", "password"] {
        reset(&ada, &id, what).await;
        assert_eq!(state_of(&ada, &id).await, "pending_actions");
    }
}
