//! Many at once: one rotation is one.

use std::time::Duration;

use countersign_tests::signing_keys::{
    KeySet, ROTATE, app, doing, is_active, key_of, listed, rotate, token,
};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_tokens_that_are_due_for_another_key_one_rotates_and_none_fails() {
    let app = app().await;
    let first = key_of(&token(&app.owner()).await);
    app.advance(HOUR * 24 * 90);
    let calls: Vec<_> = ["owner", "login_client", "featureless", "direct_access"]
        .into_iter()
        .cycle()
        .take(16)
        .map(|client| {
            let client = app.client(client);
            tokio::spawn(async move { token(&client).await })
        })
        .collect();
    let mut tokens = Vec::new();
    for call in calls {
        tokens.push(call.await.unwrap());
    }
    let set = KeySet::fetch(&app).await;
    for token in &tokens {
        assert!(set.verifies(token) && is_active(&app, token).await);
    }
    let ada = app.sign_in("ada").await;
    let keys = listed(&ada).await;
    assert_eq!(doing(&keys, "last"), std::slice::from_ref(&first));
    let [second] = &*doing(&keys, "signing") else {
        panic!("{keys:#?}");
    };
    for token in &tokens {
        let key = key_of(token);
        assert!(key == first || key == *second, "{key} signed");
    }
    assert_eq!(doing(&keys, "next").len(), 1);
    let mut events = ada.audit("action=admin.signing_keys.rotate").await;
    events.retain(|event| event["actor"]["kind"] == "system");
    assert_eq!(events.len(), 1, "{events:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_who_plan_a_rotation_at_once_one_does() {
    let app = app().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    // Both codes are of the same moment.
    let codes = [ada.next_code(), ben.authenticator.code(&app.clock)];
    let bodies = codes.map(|code| serde_json::json!({"code": code}));
    let replies = tokio::join!(ada.post(ROTATE, &bodies[0]), ben.post(ROTATE, &bodies[1]));
    let (won, lost) = if replies.0.status == 200 {
        replies
    } else {
        (replies.1, replies.0)
    };
    won.fine();
    lost.problem(409, "rotation-pending");
    let keys = listed(&ada).await;
    assert_eq!(keys.len(), 3, "{keys:#?}");
    let applied = ada
        .audit("action=admin.signing_keys.rotate&outcome=applied")
        .await;
    assert_eq!(applied.len(), 1, "{applied:#?}");
}

/// The second one is a rotation soon after another: it is made as if it had been asked for afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_administrators_who_rotate_at_once_one_does_and_the_other_plans_the_next() {
    let app = app().await;
    app.advance(HOUR);
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let before = listed(&ada).await;
    let codes = [ada.next_code(), ben.authenticator.code(&app.clock)];
    let bodies = codes.map(|code| serde_json::json!({"code": code}));
    let replies = tokio::join!(ada.post(ROTATE, &bodies[0]), ben.post(ROTATE, &bodies[1]));
    replies.0.fine();
    replies.1.fine();
    let keys = listed(&ada).await;
    assert_eq!(doing(&keys, "last"), doing(&before, "signing"));
    assert_eq!(doing(&keys, "signing"), doing(&before, "next"));
    assert_eq!(doing(&keys, "next").len(), 2, "{keys:#?}");
    rotate(&ada).await.problem(409, "rotation-pending");
    let applied = ada
        .audit("action=admin.signing_keys.rotate&outcome=applied")
        .await;
    assert_eq!(applied.len(), 2, "{applied:#?}");
    assert_eq!(
        [key_of(&token(&app.owner()).await)],
        *doing(&keys, "signing")
    );
}
