//! Refusals that look alike cost alike: how long one takes tells nothing either.

use std::sync::Arc;
use std::time::Duration;

use countersign_tests::administrators::{
    REVEAL, WRONG_PASSWORD, answer, assert_not_let_in, assert_wrong_code, authenticator_of,
    fail_to_sign_in, invite, recover, sign_in_with,
};
use countersign_tests::call_hooks::UsageCounter;
use countersign_tests::{App, Authenticator, PASSWORD, Setup};
use serde_json::json;

async fn app_that_counts() -> (App, Arc<UsageCounter>) {
    let tally = Arc::new(UsageCounter::default());
    let mut setup = Setup::with_people();
    setup.hook = Some(tally.clone());
    (App::with(setup).await, tally)
}

/// The round trips of a function since it was last asked.
fn trips(tally: &UsageCounter, function: &str) -> Vec<String> {
    let mut trips = tally.take(function).trips;
    // Two counters are counted at once.
    trips.sort_unstable();
    trips
}

#[tokio::test]
async fn a_sign_in_that_fails_makes_the_same_round_trips_whatever_was_wrong() {
    const SIGN_IN: &str = "admin.sessions.create";
    let (app, tally) = app_that_counts().await;
    let ada = app.sign_in("ada").await;
    invite(&ada, "invited", &[]).await;
    let locked = Authenticator::of("cleo");
    fail_to_sign_in(&app, "cleo", 5).await;
    app.advance(Duration::from_mins(1));
    let ben = Authenticator::of("ben");
    let (right, wrong) = (ben.code(&app.clock), ben.wrong_code(&app.clock));
    trips(&tally, SIGN_IN);

    assert_not_let_in(&sign_in_with(&app, "ben", WRONG_PASSWORD, &right).await);
    let wanted = trips(&tally, SIGN_IN);
    assert!(wanted.len() > 4, "{wanted:?}");
    let of_locked = locked.code(&app.clock);
    for (name, password, code) in [
        ("ben", PASSWORD, &wrong),
        ("nobody", PASSWORD, &right),
        ("invited", PASSWORD, &right),
        ("cleo", WRONG_PASSWORD, &wrong),
        ("cleo", PASSWORD, &of_locked),
    ] {
        assert_not_let_in(&sign_in_with(&app, name, password, code).await);
        assert_eq!(trips(&tally, SIGN_IN), wanted, "{name}");
    }
    for name in ["ben", "nobody", "invited", "cleo"] {
        assert_not_let_in(&recover(&app, name, PASSWORD, "aaaa-bbbb-cccc").await);
        assert_eq!(trips(&tally, SIGN_IN), wanted, "{name}");
    }
}

#[tokio::test]
async fn a_code_that_fails_makes_the_same_round_trips_locked_or_not() {
    const PROMPT: &str = "admin.clients.reveal_secret";
    let (app, tally) = app_that_counts().await;
    let ben = app.sign_in("ben").await;
    let wrong = json!({"code": ben.wrong_code()});
    let mut seen = Vec::new();
    for attempt in 0..7 {
        assert_wrong_code(&ben.post(REVEAL, &wrong).await);
        seen.push(trips(&tally, PROMPT));
        assert_eq!(seen[attempt], seen[0], "attempt {attempt}");
    }
    let right = json!({"code": ben.authenticator.code_at(app.clock.now().millis() + 30_000)});
    assert_wrong_code(&ben.post(REVEAL, &right).await);
    assert_eq!(trips(&tally, PROMPT), seen[0], "a right one, locked");
}

#[tokio::test]
async fn an_invitation_that_fails_makes_the_same_round_trips_locked_or_not() {
    const ACCEPT: &str = "admin.invitations.accept";
    let (app, tally) = app_that_counts().await;
    let new = invite(&app.sign_in("ada").await, "new", &[]).await;
    let authenticator = authenticator_of(&app, &new.link).await;
    let wrong = authenticator.wrong_code(&app.clock);
    let mut seen = Vec::new();
    for attempt in 0..7 {
        assert_wrong_code(&answer(&app, &new.link, PASSWORD, &wrong).await);
        seen.push(trips(&tally, ACCEPT));
        assert_eq!(seen[attempt], seen[0], "attempt {attempt}");
    }
    let right = authenticator.code(&app.clock);
    assert_wrong_code(&answer(&app, &new.link, PASSWORD, &right).await);
    assert_eq!(trips(&tally, ACCEPT), seen[0], "a right one, locked");
}

#[tokio::test]
async fn attempts_on_people_who_are_not_there_leave_a_few_items_however_many_there_are() {
    let app = App::with_people().await;
    let before = app.dump("administrators").await.len();
    for attempt in 0..100 {
        if attempt == 50 {
            app.advance(Duration::from_mins(1));
        }
        let name = format!("nobody{attempt}");
        assert_not_let_in(&sign_in_with(&app, &name, PASSWORD, "000000").await);
    }
    let after = app.dump("administrators").await.len();
    assert!(after <= before + 64, "{before} became {after}");
}
