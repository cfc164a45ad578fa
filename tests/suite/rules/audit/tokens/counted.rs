//! Counts of issued tokens.
//!
//! A few are counted exactly. Of many, at most a sixteenth is missing, and none after everything was
//! written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_tests::signing_keys::{self, ask, token};
use countersign_tests::{App, Person, Setup};
use local::Options;
use local::dynamodb::{AnswerView, Call, CallHook, Intervention};
use serde_json::Value;

use super::{ISSUES, MINUTE};

/// A store on which no count of tokens can be written down while a test says so.
#[derive(Debug, Default)]
struct Ledger(AtomicBool);

impl Ledger {
    fn fail(&self, fails: bool) {
        self.0.store(fails, Ordering::SeqCst);
    }
}

impl CallHook for Ledger {
    fn before(&self, call: &Call<'_>) -> Intervention {
        let body: Value = serde_json::from_slice(call.body).unwrap_or_default();
        let partition = body["Key"]["pk"]["S"].as_str().unwrap_or_default();
        let is_count = (call.function, call.operation) == ("oauth2.token", "UpdateItem")
            && !partition.starts_with("used#");
        if is_count && self.0.load(Ordering::SeqCst) {
            Intervention::FailBefore
        } else {
            Intervention::Proceed
        }
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}

async fn watched() -> (App, Arc<Ledger>) {
    let ledger = Arc::new(Ledger::default());
    let setup = Setup {
        hook: Some(ledger.clone()),
        embedded: true,
        ..signing_keys::setup()
    };
    (App::with(setup).await, ledger)
}

/// The counts of the events, newest first.
async fn counts(reader: &Person) -> Vec<u64> {
    let events = reader.audit(ISSUES).await;
    let count = |event: &Value| event["count"].as_u64().unwrap();
    events.iter().map(count).collect()
}

/// Stops the server gracefully, and starts another one on what it has written.
async fn again(app: App) -> App {
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        storage: app.running.shared_storage().unwrap(),
        table_prefix: app.table_prefix.clone(),
        seed: None,
        demo: false,
        clock: app.clock.clone(),
        hook: None,
        bootstrap: None,
        template: None,
    };
    app.running.stop().await;
    App {
        running: local::start(options).await.unwrap(),
        clock: app.clock,
        table_prefix: app.table_prefix,
    }
}

#[tokio::test]
async fn few_are_counted_one_by_one_and_of_many_a_sixteenth_is_missing_at_most() {
    let app = signing_keys::app().await;
    let (dora, client) = (app.sign_in("dora").await, app.client("login_client"));
    for issued in 1..=100 {
        token(&client).await;
        let counted = counts(&dora).await;
        assert_eq!(counted.len(), 1);
        let missing = issued - counted[0];
        assert!(missing <= issued / 16, "{missing} of {issued}");
        assert!(issued >= 32 || missing == 0, "{missing} of {issued}");
    }
    // The tokens of the next minute write down what is left, whoever asks for them.
    app.advance(MINUTE);
    token(&app.owner()).await;
    let mut counted = counts(&dora).await;
    counted.sort_unstable();
    assert_eq!(counted, [1, 100]);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_graceful_stop_none_is_missing() {
    let (app, _) = watched().await;
    let clients = ["owner", "login_client", "featureless"];
    let calls: Vec<_> = clients
        .into_iter()
        .cycle()
        .take(3 * 47)
        .map(|client| {
            let client = app.client(client);
            tokio::spawn(async move { token(&client).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let app = again(app).await;
    let dora = app.sign_in("dora").await;
    assert_eq!(counts(&dora).await, [47, 47, 47]);
}

#[tokio::test]
async fn a_token_that_can_not_be_counted_is_not_handed_out() {
    let (app, ledger) = watched().await;
    let (dora, client) = (app.sign_in("dora").await, app.client("login_client"));
    token(&client).await;
    ledger.fail(true);
    for _ in 0..2 {
        let refused = ask(&client).await;
        assert_eq!(refused.status, 500, "{}", refused.body);
        assert_eq!(refused.json()["error"], "server_error");
        assert!(
            !refused.body.contains("access_token"),
            "a token is handed out"
        );
    }
    ledger.fail(false);
    assert_eq!(counts(&dora).await, [1]);
    token(&client).await;
    assert_eq!(counts(&dora).await, [2]);
}

#[tokio::test]
async fn what_is_left_of_a_minute_outlives_a_store_that_fails_in_the_next() {
    let (app, ledger) = watched().await;
    let (dora, client) = (app.sign_in("dora").await, app.client("login_client"));
    for _ in 0..40 {
        token(&client).await;
    }
    app.advance(MINUTE);
    ledger.fail(true);
    assert_eq!(ask(&client).await.status, 500);
    ledger.fail(false);
    token(&client).await;
    // Whatever is still to be written is written when the server stops.
    drop(dora);
    let app = again(app).await;
    let dora = app.sign_in("dora").await;
    assert_eq!(counts(&dora).await, [1, 40]);
}

/// As many as were handed out are told, whatever was broken in between.
#[tokio::test]
async fn with_a_store_that_fails_now_and_then_as_many_are_told_as_were_handed_out() {
    let (app, ledger) = watched().await;
    let clients = ["owner", "login_client"].map(|client| app.client(client));
    let mut handed_out = 0;
    for number in 0..240_u64 {
        // One call in five fails, without any pattern that minutes have.
        ledger.fail((number * number + 3 * number) % 5 == 3);
        let reply = ask(&clients[usize::from(number % 3 == 0)]).await;
        match reply.status {
            200 => handed_out += 1,
            500 => {}
            other => panic!("{other}: {}", reply.body),
        }
        match number % 80 {
            79 => app.advance(MINUTE),
            40 => app.advance(MINUTE / 60),
            _ => {}
        }
    }
    ledger.fail(false);
    assert!((100..240).contains(&handed_out), "{handed_out} handed out");
    let app = again(app).await;
    let dora = app.sign_in("dora").await;
    assert_eq!(counts(&dora).await.iter().sum::<u64>(), handed_out);
}
