//! Notes of uses: their cost, and calls whose note cannot be written.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign_tests::admin_clients::uses;
use countersign_tests::machine_api::{assert_unknown, assert_works};
use countersign_tests::{App, Setup, secret_of, signing_keys};
use local::dynamodb::{AnswerView, Call, CallHook, Intervention};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::{MINUTE, SECOND, minute, two_secrets};

/// Counts the attempts to note a use, and lets them fail while a test says so.
#[derive(Default)]
struct Notes {
    seen: AtomicUsize,
    fails: AtomicBool,
    hangs: AtomicBool,
    happening: Mutex<Option<Happening>>,
}

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;

impl std::fmt::Debug for Notes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notes(..)")
    }
}

impl Notes {
    /// Returns the number of notes since the last time.
    fn take(&self) -> usize {
        self.seen.swap(0, Ordering::SeqCst)
    }

    /// Runs `happening` before the next note is written.
    fn meanwhile(&self, happening: impl Future<Output = ()> + Send + 'static) {
        *self.happening.lock().unwrap() = Some(Box::pin(happening));
    }
}

impl CallHook for Notes {
    fn before(&self, call: &Call<'_>) -> Intervention {
        let body: Value = serde_json::from_slice(call.body).unwrap_or_default();
        let partition = body["Key"]["pk"]["S"].as_str().unwrap_or_default();
        if call.operation != "UpdateItem" || !partition.starts_with("used#") {
            return Intervention::Proceed;
        }
        self.seen.fetch_add(1, Ordering::SeqCst);
        let happening = self.happening.lock().unwrap().take();
        if let Some(happening) = happening {
            block_in_place(|| Handle::current().block_on(happening));
        }
        if self.fails.load(Ordering::SeqCst) {
            Intervention::FailBefore
        } else if self.hangs.load(Ordering::SeqCst) {
            Intervention::Delay(Duration::from_hours(1))
        } else {
            Intervention::Proceed
        }
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}

async fn watched() -> (App, Arc<Notes>) {
    let notes = Arc::new(Notes::default());
    let setup = Setup {
        hook: Some(notes.clone()),
        ..signing_keys::setup()
    };
    (App::with(setup).await, notes)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_written_for_each_minute_and_secret() {
    let (app, notes) = watched().await;
    let ben = app.sign_in("ben").await;
    let [new, old] = two_secrets(&app, &ben, 168).await;
    app.advance(MINUTE);
    notes.take();
    for _ in 0..3 {
        for _ in 0..5 {
            assert_works(&new).await;
        }
        assert_eq!(notes.take(), 1);
        for _ in 0..5 {
            assert_works(&old).await;
            assert_works(&new).await;
        }
        assert_eq!(notes.take(), 1, "of the old secret");
        assert_works(&app.client("owner")).await;
        assert_eq!(notes.take(), 1, "of another client");
        app.advance(MINUTE);
    }
    // A minute begins with the clock's, not with the first use.
    assert_works(&new).await;
    assert_eq!(notes.take(), 1);
    let now = app.clock.now().millis();
    let rest = u64::try_from(60_000 - now.rem_euclid(60_000)).unwrap();
    app.advance(Duration::from_millis(rest - 1));
    assert_works(&new).await;
    assert_eq!(notes.take(), 0);
    app.advance(Duration::from_millis(1));
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let new = new.clone();
            tokio::spawn(async move { assert_works(&new).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(notes.take(), 1, "of sixteen at once");
    assert_eq!(uses(&ben, "login_client").await[0], minute(&app));
}

#[tokio::test]
async fn a_store_that_hangs_holds_no_answer_back() {
    let (app, notes) = watched().await;
    let ben = app.sign_in("ben").await;
    notes.hangs.store(true, Ordering::SeqCst);
    assert_works(&app.client("login_client")).await;
    assert!(notes.take() > 0, "nothing was noted");
    assert_eq!(uses(&ben, "login_client").await[0], Value::Null);
}

#[tokio::test]
async fn a_store_that_fails_fails_no_call_and_is_asked_again_by_the_next() {
    let (app, notes) = watched().await;
    let ben = app.sign_in("ben").await;
    let client = app.client("login_client");
    notes.fails.store(true, Ordering::SeqCst);
    notes.take();
    for _ in 0..2 {
        assert_works(&client).await;
        assert!(notes.take() > 0, "it is not tried again");
        let token = signing_keys::token(&client).await;
        assert!(notes.take() > 0, "it is not tried again");
        assert!(signing_keys::is_active(&app, &token).await);
    }
    assert_eq!(uses(&ben, "login_client").await, [Value::Null, Value::Null]);
    notes.fails.store(false, Ordering::SeqCst);
    app.advance(SECOND);
    notes.take();
    assert_works(&client).await;
    assert_works(&client).await;
    assert_eq!(notes.take(), 1);
    assert_eq!(uses(&ben, "login_client").await[0], minute(&app));
}

/// Returns the stored notes of uses.
async fn noted(app: &App) -> Vec<Value> {
    let mut items = app.dump("attempts").await;
    items.retain(|item| item["pk"]["S"].as_str().unwrap().starts_with("used#"));
    items
}

#[tokio::test]
async fn who_has_not_proved_to_be_the_client_notes_nothing() {
    let (app, notes) = watched().await;
    let other = secret_of("foreigner");
    for caller in [
        app.client("disabled"),
        app.caller("login_client", &other),
        app.caller("login_client", "a person's words"),
        app.caller("nobody", &other),
        app.stranger(),
    ] {
        assert_unknown(&caller).await;
        assert_eq!(signing_keys::ask(&caller).await.status, 401);
    }
    assert_eq!(notes.take(), 0);
    assert!(noted(&app).await.is_empty());
    let ben = app.sign_in("ben").await;
    for client in ["disabled", "login_client"] {
        assert_eq!(uses(&ben, client).await, [Value::Null, Value::Null]);
    }
}

#[tokio::test]
async fn a_note_holds_no_secret_and_goes_some_time_after_the_last_use() {
    let (app, _) = watched().await;
    let ben = app.sign_in("ben").await;
    let [new, old] = two_secrets(&app, &ben, 168).await;
    for caller in [&new, &old] {
        assert_works(caller).await;
    }
    let items = noted(&app).await;
    assert_eq!(items.len(), 1, "one for each client");
    let text = items[0].to_string();
    let secrets = [
        secret_of("login_client"),
        ben.secret_of("login_client").await,
    ];
    assert!(secrets.iter().all(|secret| !text.contains(secret)));
    let expires: i64 = items[0]["expires"]["N"].as_str().unwrap().parse().unwrap();
    let days = (expires - app.clock.now().millis() / 1_000) / 86_400;
    assert!((390..=400).contains(&days), "{days} days");
    // Of two replacements ago nothing is kept.
    let [newest, _] = two_secrets(&app, &ben, 168).await;
    app.advance(MINUTE);
    assert_works(&newest).await;
    let kept = noted(&app).await[0].as_object().unwrap().clone();
    let kept: Vec<_> = kept
        .keys()
        .filter(|name| name.starts_with('s') && *name != "sk")
        .collect();
    assert_eq!(kept, ["s2", "s3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_use_that_another_process_was_faster_to_note_stays() {
    let (app, notes) = watched().await;
    let ben = app.sign_in("ben").await;
    let client = app.client("login_client");
    // Each function is a process of its own.
    let (other, clock) = (client.clone(), app.clock.clone());
    notes.meanwhile(async move {
        clock.advance(MINUTE);
        let given = [("token", "none")];
        let reply = other.post("/oauth2/introspect", &given).await;
        assert_eq!(reply.json(), json!({"active": false}));
    });
    assert_works(&client).await;
    assert_eq!(notes.take(), 2);
    assert_eq!(uses(&ben, "login_client").await[0], minute(&app));
}
