//! Sessions: thirty minutes idle, eight hours at most, and over at once when they are to be.

use std::time::Duration;

use countersign_tests::administrators::{
    answer, assert_signed_in, assert_signed_out, at, done, reset,
};
use countersign_tests::{App, Authenticator, Person};
use serde_json::json;

const IDLE: Duration = Duration::from_mins(30);
const LONGEST: Duration = Duration::from_hours(8);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Another session of the same person.
async fn beside(app: &App, name: &str, first: &Person) -> Person {
    let other = app.sign_in(name).await;
    assert_eq!(other.id, first.id);
    assert!(other.token != first.token, "two sessions have one token");
    other
}

#[tokio::test]
async fn a_session_ends_after_30_minutes_without_a_call_to_the_millisecond() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    app.advance(IDLE.checked_sub(MILLISECOND).unwrap());
    assert_signed_in(&ada).await;
    app.advance(IDLE);
    assert_signed_out(&ada).await;
    // A call that comes too late does not bring it back.
    assert_signed_out(&ada).await;
    let dora = app.sign_in("dora").await;
    app.advance(IDLE);
    assert_signed_out(&dora).await;
}

#[tokio::test]
async fn calls_keep_a_session_alive_for_8_hours_and_no_longer() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let almost_idle = Duration::from_mins(29);
    for _ in 0..16 {
        app.advance(almost_idle);
        assert_signed_in(&ada).await;
    }
    let rest = LONGEST.checked_sub(almost_idle * 16 + MILLISECOND);
    app.advance(rest.unwrap());
    assert_signed_in(&ada).await;
    app.advance(MILLISECOND);
    assert_signed_out(&ada).await;
}

#[tokio::test]
async fn a_refused_call_keeps_a_session_alive_too_and_never_one_of_somebody_else() {
    let app = App::with_people().await;
    let (ada, dora) = (app.sign_in("ada").await, app.sign_in("dora").await);
    app.advance(IDLE * 2 / 3);
    let refused = dora.get("/admin/administrators").await;
    refused.problem(403, "not-permitted");
    app.advance(IDLE * 2 / 3);
    assert_signed_in(&dora).await;
    assert_signed_out(&ada).await;
}

#[tokio::test]
async fn signing_out_ends_that_session_at_once_and_no_other() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let other = beside(&app, "ada", &ada).await;
    ada.delete("/admin/sessions/current").await.nothing();
    assert_signed_out(&ada).await;
    assert_signed_in(&other).await;
    let again = ada.delete("/admin/sessions/current").await;
    again.problem(401, "not-signed-in");
}

#[tokio::test]
async fn deletion_and_both_resets_end_every_session_at_once() {
    for what in ["delete", "mfa", "password"] {
        let app = App::with_people().await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let other = beside(&app, "ben", &ben).await;
        match what {
            "delete" => ada.delete(&at(&ben.id)).await.nothing(),
            _ => drop(reset(&ada, &ben.id, what).await),
        }
        for session in [&ben, &other] {
            assert_signed_out(session).await;
            let try_it = session.get("/admin/administrators").await;
            try_it.problem(401, "not-signed-in");
        }
        assert_signed_in(&ada).await;
    }
}

#[tokio::test]
async fn the_loss_of_any_privilege_ends_sessions_and_a_gain_or_a_new_name_does_not() {
    let app = App::with_people().await;
    let (ben, ada) = (app.sign_in("ben").await, app.sign_in("ada").await);
    let change = |body| {
        let (ben, path) = (ben.clone(), at(&ada.id));
        async move { ben.patch(&path, &body).await.fine() }
    };
    change(json!({"name": "Augusta Ada"})).await;
    let me = ada.get("/admin/me").await.fine();
    assert_eq!(me["name"], "Augusta Ada", "the very next call knows");
    change(json!({"privileges": ["manage_users", "manage_modules"]})).await;
    assert_signed_in(&ada).await;
    change(json!({"privileges": ["manage_users"]})).await;
    assert_signed_out(&ada).await;

    let ada = app.sign_in("ada").await;
    change(json!({"privileges": ["manage_users", "manage_modules"]})).await;
    let me = ada.get("/admin/me").await.fine();
    assert_eq!(me["privileges"], json!(["manage_modules", "manage_users"]));
    // What is lost while something else is won is lost.
    change(json!({"privileges": ["manage_modules"]})).await;
    assert_signed_out(&ada).await;
    app.sign_in("ada").await;
}

#[tokio::test]
async fn a_gained_privilege_counts_at_the_next_call() {
    let app = App::with_people().await;
    let (ada, dora) = (app.sign_in("ada").await, app.sign_in("dora").await);
    let clients = dora.get("/admin/clients").await;
    clients.problem(403, "not-permitted");
    let more = json!({"privileges": ["manage_users"]});
    ada.patch(&at(&dora.id), &more).await.fine();
    dora.get("/admin/clients").await.fine();
}

#[tokio::test]
async fn a_session_token_is_opaque_and_kept_as_a_digest_only() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let random = &ada.token[ada.token.len() - 43..];
    for table in ["administrators", "attempts", "audit"] {
        let items = app.dump(table).await;
        let is_there = items.iter().any(|item| item.to_string().contains(random));
        assert!(!is_there, "a session's token stands in {table}");
    }
    // Whose it is does not make it theirs.
    let begun = ada.token.len() - 1;
    let last = if ada.token.ends_with('x') { 'y' } else { 'x' };
    let forged = format!("{}{last}", &ada.token[..begun]);
    let mut forger = ada.clone();
    forger.caller = app.stranger().authorization(&[&format!("Bearer {forged}")]);
    assert_signed_out(&forger).await;
    assert_signed_in(&ada).await;
}

#[tokio::test]
async fn a_session_that_a_reset_ended_does_not_come_back_with_the_new_password() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let link = reset(&ada, &ben.id, "password").await;
    let code = Authenticator::of("ben").next_code(&app.clock);
    answer(&app, &link, "a password of today", &code)
        .await
        .fine();
    assert_signed_out(&ben).await;
    assert_eq!(
        done(&ada, "admin.sessions.delete").await,
        [] as [serde_json::Value; 0]
    );
}
