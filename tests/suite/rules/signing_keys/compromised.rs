//! Keys that may be in other hands: all of them end at once.

use std::time::Duration;

use countersign_tests::signing_keys::{
    KeySet, ROTATE, app, doing, is_active, key_of, listed, rotate, token,
};
use countersign_tests::{App, Person};
use serde_json::{Value, json};

async fn replace(by: &Person) -> Vec<Value> {
    let body = json!({"code": by.next_code(), "compromised": true});
    let replaced = by.post(ROTATE, &body).await.fine();
    replaced["keys"].as_array().unwrap().clone()
}

/// Makes sure that nothing is left of `before`, and that what is issued now is good.
async fn assert_replaced(app: &App, before: &[Value], tokens: &[String], after: &[Value]) {
    let set = KeySet::fetch(app).await;
    assert_eq!(
        set.names_of(before),
        Vec::<String>::new(),
        "an old key is published"
    );
    for token in tokens {
        assert!(!is_active(app, token).await, "an old token is active");
        assert!(!set.verifies(token), "an old token verifies");
    }
    assert_eq!(set.names_of(after).len(), 2, "{after:#?}");
    let new = token(&app.owner()).await;
    assert_eq!(doing(after, "signing"), [key_of(&new)]);
    assert!(set.verifies(&new) && is_active(app, &new).await);
}

#[tokio::test]
async fn old_tokens_and_old_keys_end_at_once_and_new_tokens_are_good() {
    let app = app().await;
    app.advance(Duration::from_hours(1));
    let ada = app.sign_in("ada").await;
    let mut tokens = vec![token(&app.owner()).await];
    rotate(&ada).await.fine();
    tokens.push(token(&app.owner()).await);
    for token in &tokens {
        assert!(is_active(&app, token).await);
    }
    let before = listed(&ada).await;
    assert_eq!(before.len(), 3);
    let after = replace(&ada).await;
    assert_replaced(&app, &before, &tokens, &after).await;
    // And once more, which takes no waiting.
    let tokens = [token(&app.owner()).await];
    let again = replace(&ada).await;
    assert_replaced(&app, &after, &tokens, &again).await;
}

#[tokio::test]
async fn a_rotation_that_waits_does_not_stand_in_the_way() {
    let app = app().await;
    let ada = app.sign_in("ada").await;
    rotate(&ada).await.fine();
    rotate(&ada).await.problem(409, "rotation-pending");
    let (before, tokens) = (listed(&ada).await, [token(&app.owner()).await]);
    let after = replace(&ada).await;
    assert_replaced(&app, &before, &tokens, &after).await;
    // What was planned does not happen any more.
    app.advance(Duration::from_hours(2));
    assert_eq!(
        doing(&after, "signing"),
        [key_of(&token(&app.owner()).await)]
    );
}

#[tokio::test]
async fn the_new_keys_follow_one_another_as_the_first_ones_did() {
    let app = app().await;
    let ada = app.sign_in("ada").await;
    let after = replace(&ada).await;
    let next = doing(&after, "next");
    app.advance(Duration::from_hours(24 * 90));
    assert_eq!([key_of(&token(&app.owner()).await)], *next);
}

#[tokio::test]
async fn the_event_names_the_keys_before_and_after() {
    let app = app().await;
    let ada = app.sign_in("ada").await;
    let before = listed(&ada).await;
    let after = replace(&ada).await;
    let events = ada.audit("action=admin.signing_keys.rotate").await;
    assert_eq!(events.len(), 1, "{events:#?}");
    assert_eq!(events[0]["actor"]["name"], "ada");
    let pair =
        |state| json!({"before": doing(&before, state)[0], "after": doing(&after, state)[0]});
    assert_eq!(
        events[0]["changes"],
        json!({
            "signing_key": pair("signing"), "next_key": pair("next"),
            "compromised": {"before": null, "after": true}
        })
    );
}
