//! Limits: ten attempts a minute for one account, sixty from one source, over all servers.

use std::time::Duration;

use countersign_tests::administrators::{
    answer, assert_not_let_in, assert_wrong_code, fail_to_sign_in, id_of, invite, sign_in_with,
    state_of, take_up,
};
use countersign_tests::{App, Authenticator, Caller, PASSWORD, Reply, Setup, email_of};
use local::Options;
use reqwest::Method;
use serde_json::{Value, json};
use shared::seed::Seed;

pub(super) const OF_ACCOUNT: usize = 10;
const OF_SOURCE: usize = 60;

/// Refused for having tried too often; gives how long to wait.
#[track_caller]
pub(super) fn assert_too_many(reply: &Reply) -> Duration {
    let words = reply.problem(429, "too-many-attempts");
    assert_eq!(
        words,
        "too many attempts; Retry-After says how many seconds to wait"
    );
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    Duration::from_secs(seconds)
}

async fn post(caller: &Caller, path: &str, body: &Value) -> Reply {
    let json = [("content-type", "application/json")];
    caller
        .send(Method::POST, path, &json, body.to_string().into())
        .await
}

/// An attempt of somebody who is not there: it locks nobody.
async fn knock(caller: &Caller, name: &str) -> Reply {
    let body = json!({"email": email_of(name), "password": PASSWORD, "code": "000000"});
    post(caller, "/admin/sessions", &body).await
}

/// Another server on the same store and clock.
async fn second_server(app: &App) -> App {
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        storage: app.running.shared_storage().unwrap(),
        table_prefix: app.table_prefix.clone(),
        seed: Some(Seed::parse(&Setup::with_people().seed.to_string()).unwrap()),
        demo: false,
        clock: app.clock.clone(),
        hook: None,
        bootstrap: None,
        template: None,
    };
    App {
        running: local::start(options).await.unwrap(),
        clock: app.clock.clone(),
        table_prefix: app.table_prefix.clone(),
    }
}

#[tokio::test]
async fn one_account_has_ten_sign_ins_a_minute_from_wherever() {
    let app = App::with_people().await;
    app.advance(Duration::from_millis(12_345));
    let sources = ["127.0.0.2", "127.0.0.3"].map(|source| app.stranger().from(source));
    for attempt in 0..OF_ACCOUNT {
        // Case makes no other account.
        let name = ["nobody", "NOBODY"][attempt % 2];
        assert_not_let_in(&knock(&sources[attempt % 2], name).await);
    }
    let wait = assert_too_many(&knock(&app.stranger(), "nobody").await);
    assert_not_let_in(&knock(&app.stranger(), "nobody2").await);
    app.advance(wait);
    assert_not_let_in(&knock(&app.stranger(), "nobody").await);
}

#[tokio::test]
async fn right_credentials_count_and_are_limited_as_well() {
    let app = App::with_people().await;
    let first = of("ben").code(&app.clock);
    let begun = sign_in_with(&app, "ben", PASSWORD, &first).await;
    app.person(&begun, of("ben"));
    fail_to_sign_in(&app, "ben", 4).await;
    // Still the same minute.
    app.sign_in("ben").await;
    fail_to_sign_in(&app, "ben", 4).await;
    assert_too_many(&sign_in_with(&app, "ben", PASSWORD, &first).await);
    app.advance(Duration::from_secs(30));
    app.sign_in("ben").await;
}

fn of(name: &str) -> Authenticator {
    Authenticator::of(name)
}

#[tokio::test]
async fn one_source_has_sixty_sign_ins_a_minute_whoever_it_names() {
    let app = App::with_people().await;
    let source = app.stranger();
    for attempt in 0..OF_SOURCE {
        assert_not_let_in(&knock(&source, &format!("nobody{attempt}")).await);
    }
    let wait = assert_too_many(&knock(&source, "somebody").await);
    // Whoever calls from elsewhere gets in, also where that source was refused.
    let body =
        json!({"email": email_of("ben"), "password": PASSWORD, "code": of("ben").code(&app.clock)});
    assert_too_many(&post(&source, "/admin/sessions", &body).await);
    let elsewhere = app.stranger().from("127.0.0.2");
    let begun = post(&elsewhere, "/admin/sessions", &body).await;
    assert_eq!(begun.status, 201, "{}", begun.body);
    app.advance(wait);
    app.sign_in("ada").await;
}

#[tokio::test]
async fn a_sign_in_that_is_refused_for_too_many_is_not_looked_at() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    app.advance(Duration::from_secs(30));
    let source = app.stranger().from("127.0.0.2");
    for _ in 0..OF_ACCOUNT + 5 {
        knock(&source, "nobody").await;
    }
    let ben = id_of(&ada, "ben").await;
    // Of ben's ten, none is wrong: but his account is not locked, nor is the code used.
    let code = of("ben").code(&app.clock);
    for attempt in 0..OF_SOURCE {
        knock(&source, &format!("nobody{attempt}")).await;
    }
    let right = json!({"email": email_of("ben"), "password": PASSWORD, "code": code});
    for _ in 0..6 {
        assert_too_many(&post(&source, "/admin/sessions", &right).await);
    }
    assert_eq!(state_of(&ada, &ben).await, "active");
    let begun = sign_in_with(&app, "ben", PASSWORD, &code).await;
    app.person(&begun, of("ben"));
}

#[tokio::test]
async fn one_link_has_ten_calls_a_minute_to_look_and_to_take_up() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let first = invite(&ada, "new", &[]).await;
    let second = invite(&ada, "newer", &[]).await;
    app.advance(Duration::from_secs(30));
    for attempt in 0..OF_ACCOUNT {
        if attempt < 4 {
            assert_wrong_code(&answer(&app, &first.link, PASSWORD, "000000x").await);
        } else {
            app.stranger().get(&first.link, &[]).await.fine();
        }
    }
    assert_too_many(&app.stranger().get(&first.link, &[]).await);
    let elsewhere = app.stranger().from("127.0.0.2");
    let wait = assert_too_many(&elsewhere.get(&first.link, &[]).await);
    assert_too_many(&answer(&app, &first.link, PASSWORD, "000000x").await);
    app.stranger().get(&second.link, &[]).await.fine();
    app.advance(wait);
    take_up(&app, &first.link, PASSWORD).await;
}

#[tokio::test]
async fn one_source_guesses_sixty_links_a_minute() {
    let app = App::with_people().await;
    let new = invite(&app.sign_in("ada").await, "new", &[]).await;
    app.advance(Duration::from_secs(30));
    let source = app.stranger().from("127.0.0.2");
    for attempt in 0..OF_SOURCE {
        let path = format!("/admin/invitations/cin_guess{attempt}");
        let guessed = source.get(&path, &[]).await;
        guessed.problem(404, "not-found");
    }
    let wait = assert_too_many(&source.get(&new.link, &[]).await);
    app.stranger().get(&new.link, &[]).await.fine();
    app.advance(wait);
    source.get(&new.link, &[]).await.fine();
}

#[tokio::test]
async fn two_servers_on_one_store_count_together() {
    let mut setup = Setup::with_people();
    setup.embedded = true;
    let app = App::with(setup).await;
    let second = second_server(&app).await;
    for attempt in 0..OF_ACCOUNT {
        let server = [&app, &second][attempt % 2];
        assert_not_let_in(&knock(&server.stranger(), "nobody").await);
    }
    for server in [&app, &second] {
        assert_too_many(&knock(&server.stranger(), "nobody").await);
    }
    // And so do locks: three wrong ones here and two there.
    fail_to_sign_in(&app, "ben", 3).await;
    fail_to_sign_in(&second, "ben", 2).await;
    for server in [&app, &second] {
        let body = server.credentials("ben");
        assert_not_let_in(&server.ask_for_session(&body).await);
    }
}
