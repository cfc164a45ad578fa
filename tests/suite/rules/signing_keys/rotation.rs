//! Rotations of signing keys: by hand, by schedule, and one that has to wait. Only one at a time.

use std::sync::Arc;
use std::time::Duration;

use countersign_tests::call_hooks::Breakage;
use countersign_tests::signing_keys::{
    KeySet, ROTATE, ResourceServer, app, doing, is_active, key_of, listed, now, rotate, setup,
    token,
};
use countersign_tests::{App, Setup};
use local::dynamodb::Intervention;
use serde_json::json;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Winds the clock to a moment before `until` has passed.
fn wind(app: &App, until: Duration, before: Duration) {
    app.advance(until.checked_sub(before).unwrap());
}

/// Asserts that no resource server refuses a token, at its beginning or at its end.
///
/// The servers have fetched the key set at different times. There is a token every half minute for
/// `minutes`.
async fn assert_no_outage(app: &App, servers: &mut Vec<ResourceServer>, minutes: u32) {
    let mut living: Vec<(u32, String)> = Vec::new();
    for step in 0..minutes * 2 {
        if step % 3 == 0 {
            servers.push(ResourceServer::start(app).await);
        }
        living.push((step, token(&app.owner()).await));
        living.retain(|(issued, _)| step - issued < 10);
        for server in servers.iter_mut() {
            for (issued, token) in &living {
                assert!(
                    server.accepts(app, token).await,
                    "in step {step}, a token of step {issued}"
                );
            }
        }
        for (_, token) in &living {
            assert!(is_active(app, token).await, "in step {step}");
        }
        app.advance(MINUTE / 2);
    }
}

#[tokio::test]
async fn a_rotation_by_hand_is_no_outage() {
    let app = app().await;
    app.advance(HOUR);
    let mut servers = Vec::new();
    assert_no_outage(&app, &mut servers, 6).await;
    let ada = app.sign_in("ada").await;
    let old = key_of(&token(&app.owner()).await);
    rotate(&ada).await.fine();
    assert_ne!(key_of(&token(&app.owner()).await), old, "the old key signs");
    assert_no_outage(&app, &mut servers, 16).await;
    let keys = listed(&ada).await;
    assert_eq!(keys.len(), 2, "{keys:#?}");
    assert!(!KeySet::fetch(&app).await.keys.contains_key(&old));
}

#[tokio::test]
async fn a_rotation_by_schedule_is_no_outage_and_happens_when_it_is_due() {
    let app = app().await;
    let first = key_of(&token(&app.owner()).await);
    wind(&app, DAY * 90, MINUTE * 6);
    let mut servers = Vec::new();
    assert_no_outage(&app, &mut servers, 5).await;
    wind(&app, MINUTE, MILLISECOND);
    assert_eq!(key_of(&token(&app.owner()).await), first, "a moment early");
    app.advance(MILLISECOND);
    let second = key_of(&token(&app.owner()).await);
    assert_ne!(second, first, "the old key still signs");
    assert_no_outage(&app, &mut servers, 16).await;
    assert_eq!(key_of(&token(&app.owner()).await), second);
    // It is told, and nobody did it.
    let dora = app.sign_in("dora").await;
    let mut events = dora.audit("action=admin.signing_keys.rotate").await;
    events.retain(|event| event["actor"]["kind"] == "system");
    assert_eq!(events.len(), 1, "{events:#?}");
    let event = &events[0];
    assert_eq!(event["object"]["kind"], "signing_key");
    assert_eq!(event["outcome"], "applied");
    assert_eq!(
        (&event["source_ip"], &event["user_agent"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(
        event["changes"]["signing_key"],
        json!({"before": first, "after": second})
    );
}

#[tokio::test]
async fn how_often_a_key_is_replaced_is_what_the_policy_says() {
    let app = app().await;
    let first = key_of(&token(&app.owner()).await);
    let cleo = app.sign_in("cleo").await;
    let policy = json!({"audiences": ["reports"], "key_rotation_days": 2});
    cleo.put("/admin/token-policy", &policy).await.fine();
    wind(&app, DAY * 2, MINUTE + MILLISECOND);
    let mut seen = vec![first];
    for _ in 0..3 {
        app.advance(MINUTE);
        let key = key_of(&token(&app.owner()).await);
        assert!(!seen.contains(&key), "the old key still signs");
        seen.push(key.clone());
        wind(&app, DAY * 2, MINUTE * 2);
        assert_eq!(key_of(&token(&app.owner()).await), key, "too early");
        app.advance(MINUTE);
    }
}

#[tokio::test]
async fn a_rotation_soon_after_another_is_planned_an_hour_ahead_and_is_no_outage() {
    let app = app().await;
    app.advance(HOUR);
    let ada = app.sign_in("ada").await;
    rotate(&ada).await.fine();
    let second = key_of(&token(&app.owner()).await);
    let published = now(&app);
    app.advance(MINUTE);
    let asked = rotate(&ada).await.fine();
    let keys = asked["keys"].as_array().unwrap();
    assert_eq!(doing(keys, "signing"), std::slice::from_ref(&second));
    let planned = keys
        .iter()
        .find(|key| !key["signs_from"].is_null() && key["state"] == "next");
    let planned = planned.expect("a key that will sign").clone();
    assert_eq!(planned["published_at"], published);
    // Asked for again, it stays as it is planned.
    let words = rotate(&ada).await.problem(409, "rotation-pending");
    let from = planned["signs_from"].as_str().unwrap().to_owned();
    assert!(words.contains(&from), "{words}");
    let mut servers = Vec::new();
    assert_no_outage(&app, &mut servers, 56).await;
    assert_eq!(key_of(&token(&app.owner()).await), second, "too early");
    assert_no_outage(&app, &mut servers, 20).await;
    assert_eq!(json!(key_of(&token(&app.owner()).await)), planned["kid"]);
    assert!(!KeySet::fetch(&app).await.keys.contains_key(&second));
}

#[tokio::test]
async fn the_old_key_is_published_until_its_last_token_is_dead_and_then_goes() {
    let app = app().await;
    app.advance(HOUR);
    let ada = app.sign_in("ada").await;
    let last = token(&app.owner()).await;
    let old = key_of(&last);
    rotate(&ada).await.fine();
    // The code took half a minute of the token's life.
    wind(&app, MINUTE * 5, MINUTE / 2 + MILLISECOND);
    assert!(is_active(&app, &last).await);
    assert!(KeySet::fetch(&app).await.verifies(&last));
    app.advance(MILLISECOND);
    assert!(!is_active(&app, &last).await, "it outlives itself");
    wind(&app, MINUTE * 5 + MINUTE / 2, MILLISECOND);
    assert!(KeySet::fetch(&app).await.keys.contains_key(&old));
    assert_eq!(
        doing(&listed(&ada).await, "last"),
        std::slice::from_ref(&old)
    );
    app.advance(MILLISECOND);
    assert!(!KeySet::fetch(&app).await.keys.contains_key(&old));
    assert_eq!(doing(&listed(&ada).await, "last"), Vec::<String>::new());
}

#[tokio::test]
async fn one_application_s_rotation_is_no_other_s() {
    let app = app().await;
    app.advance(HOUR);
    let foreign = token(&app.client("foreigner")).await;
    let ada = app.sign_in("ada").await;
    rotate(&ada).await.fine();
    let compromised = json!({"code": ada.next_code(), "compromised": true});
    ada.post(ROTATE, &compromised).await.fine();
    assert!(KeySet::fetch(&app).await.verifies(&foreign));
    let again = token(&app.client("foreigner")).await;
    assert_eq!(key_of(&again), key_of(&foreign));
    let given = [("token", foreign.as_str())];
    let asked = app
        .client("foreigner")
        .post("/oauth2/introspect", &given)
        .await;
    assert_eq!(asked.json()["active"], true, "{}", asked.body);
    // Nobody introspects what another application has issued.
    assert!(!is_active(&app, &again).await);
}

#[tokio::test]
async fn nobody_s_token_waits_for_a_scheduled_rotation_that_fails() {
    for fault in [Intervention::FailBefore, Intervention::FailAfter] {
        let breakage = Arc::new(Breakage::default());
        let app = App::with(Setup {
            hook: Some(breakage.clone()),
            ..setup()
        })
        .await;
        let first = key_of(&token(&app.owner()).await);
        app.advance(DAY * 90);
        let due = ["oauth2.token", "TransactWriteItems"];
        breakage.begin(due, fault.clone(), 0, usize::MAX);
        let mut tokens = Vec::new();
        for _ in 0..3 {
            tokens.push(token(&app.owner()).await);
            app.advance(MINUTE / 2);
        }
        assert!(breakage.end() > 0, "nothing was broken");
        tokens.push(token(&app.owner()).await);
        let set = KeySet::fetch(&app).await;
        for token in &tokens {
            assert!(
                set.verifies(token) && is_active(&app, token).await,
                "{fault:?}"
            );
        }
        // What fails is tried again by the next token.
        assert_ne!(key_of(&tokens[3]), first, "{fault:?}");
        let dora = app.sign_in("dora").await;
        let mut events = dora.audit("action=admin.signing_keys.rotate").await;
        events.retain(|event| event["actor"]["kind"] == "system");
        assert_eq!(events.len(), 1, "{fault:?}: {events:#?}");
    }
}
