//! Rotate the Signing Keys.

use std::time::Duration;

use countersign_tests::admin_clients::{assert_takes_manage_users, reveal};
use countersign_tests::signing_keys::{self, ROTATE, doing, key_of, listed, now, rotate};
use countersign_tests::{App, Person};
use reqwest::Method;
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_hours(1);
const ACTION: &str = "action=admin.signing_keys.rotate";

#[tokio::test]
async fn the_key_signs_that_waited_and_another_one_waits() {
    let app = signing_keys::app().await;
    app.advance(HOUR);
    let ben = app.sign_in("ben").await;
    let before = listed(&ben).await;
    let reply = rotate(&ben).await;
    let keys = reply.fine()["keys"].as_array().unwrap().clone();
    assert_eq!(doing(&keys, "last"), doing(&before, "signing"));
    assert_eq!(doing(&keys, "signing"), doing(&before, "next"));
    let next = doing(&keys, "next");
    assert_eq!(next.len(), 1);
    assert!(before.iter().all(|key| key["kid"] != next[0]), "no new key");
    assert_eq!(ben.get(signing_keys::KEYS).await.body, reply.body);
    let signing = key_of(&signing_keys::token(&app.owner()).await);
    assert_eq!(doing(&keys, "signing"), [signing]);
}

#[tokio::test]
async fn a_key_that_was_just_published_waits_for_the_rest_of_its_hour() {
    let app = signing_keys::app().await;
    let ben = app.sign_in("ben").await;
    let before = listed(&ben).await;
    let keys = rotate(&ben).await.fine()["keys"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(doing(&keys, "signing"), doing(&before, "signing"));
    assert_eq!(doing(&keys, "next").len(), 2);
    // They were published when the clock began.
    assert_eq!(keys[1]["signs_from"], "2036-11-21T01:00:00Z");
    assert_eq!(keys[0]["ends_at"], "2036-11-21T01:10:00Z");
    assert_eq!(keys[2]["signs_from"], Value::Null);
    let words = rotate(&ben).await.problem(409, "rotation-pending");
    assert_eq!(
        words,
        "the next key was published a short time ago, and signs from 2036-11-21T01:00:00Z on: those who verify tokens may not know it before"
    );
    assert_eq!(listed(&ben).await, keys);
    let refused = ben.audit(&format!("{ACTION}&outcome=refused")).await;
    assert_eq!(refused[0]["reason"], "rotation-pending");
}

#[tokio::test]
async fn where_keys_are_compromised_two_new_ones_are_in_their_place_at_once() {
    let app = signing_keys::app().await;
    let ben = app.sign_in("ben").await;
    let before = listed(&ben).await;
    let body = json!({"code": ben.next_code(), "compromised": true});
    let reply = ben.post(ROTATE, &body).await;
    let keys = reply.fine()["keys"].as_array().unwrap().clone();
    let wanted = json!([
        {
            "kid": keys[0]["kid"], "state": "signing", "published_at": now(&app),
            "signs_from": now(&app), "ends_at": null
        },
        {
            "kid": keys[1]["kid"], "state": "next", "published_at": now(&app),
            "signs_from": null, "ends_at": null
        }
    ]);
    assert_eq!(json!(keys), wanted);
    for key in &keys {
        assert!(
            before.iter().all(|old| old["kid"] != key["kid"]),
            "an old key"
        );
    }
}

#[tokio::test]
async fn a_wrong_or_used_code_rotates_nothing_and_stands_in_the_audit() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = listed(&ben).await;
    let used = ben.next_code();
    reveal(&ben, "owner", &used).await.fine();
    for (code, compromised) in [(ben.wrong_code(), false), (used, true)] {
        let body = json!({"code": code, "compromised": compromised});
        let words = ben.post(ROTATE, &body).await.problem(401, "wrong-code");
        assert!(!words.contains(&code), "{words}");
    }
    assert_eq!(listed(&ben).await, before);
    let events = ben.audit(ACTION).await;
    assert_eq!(events.len(), 1, "{events:#?}");
    assert_eq!(
        (
            &events[0]["outcome"],
            &events[0]["reason"],
            &events[0]["count"]
        ),
        (&json!("refused"), &json!("wrong-code"), &json!(2))
    );
}

#[tokio::test]
async fn what_does_not_fit_is_named_and_spends_no_code() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = listed(&ben).await;
    let code = ben.next_code();
    for (body, pointer) in [
        (json!({}), "/code"),
        (json!({"compromised": true}), "/code"),
        (json!({"code": 123_456}), "/code"),
        (json!({"code": code, "compromised": "yes"}), "/compromised"),
        (json!({"code": code, "compromised": null}), "/compromised"),
        (json!({"code": code, "key": "mine"}), "/key"),
    ] {
        let faults = ben.post(ROTATE, &body).await.faults();
        assert_eq!(faults.len(), 1, "{body}: {faults:?}");
        assert_eq!(faults[0].0, pointer, "{body}: {faults:?}");
    }
    assert_eq!(listed(&ben).await, before);
    ben.post(ROTATE, &json!({"code": code})).await.fine();
}

#[tokio::test]
async fn a_rotation_that_waits_for_another_spends_no_code() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    rotate(&ben).await.fine();
    let code = ben.next_code();
    let pending = ben.post(ROTATE, &json!({"code": code})).await;
    pending.problem(409, "rotation-pending");
    let replaced = ben
        .post(ROTATE, &json!({"code": code, "compromised": true}))
        .await;
    replaced.fine();
}

#[tokio::test]
async fn a_rotation_is_an_event_that_names_the_keys() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = listed(&ben).await;
    let planned = rotated(&ben).await;
    let events = ben.audit(ACTION).await;
    assert_eq!(events.len(), 1, "{events:#?}");
    let event = &events[0];
    assert_eq!(event["actor"]["id"], *ben.id);
    assert_eq!(event["outcome"], "applied");
    let new = planned[2]["kid"].clone();
    assert_eq!(
        event["object"],
        json!({"kind": "signing_key", "id": new, "name": new})
    );
    assert_eq!(
        event["changes"],
        json!({
            "next_key": {"before": before[1]["kid"], "after": new},
            "signs_from": {"before": null, "after": "2036-11-21T01:00:00Z"}
        })
    );
    app.advance(HOUR * 2);
    let ben = app.sign_in("ben").await;
    let last = rotated(&ben).await;
    let event = &ben.audit(ACTION).await[0];
    assert_eq!(
        event["changes"],
        json!({
            "next_key": {"before": new, "after": last.last().unwrap()["kid"]},
            "signing_key": {"before": before[1]["kid"], "after": new}
        })
    );
}

async fn rotated(by: &Person) -> Vec<Value> {
    let rotated = rotate(by).await.fine();
    rotated["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn it_takes_manage_users() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = listed(&ada).await;
    for compromised in [false, true] {
        let body = json!({"code": "123456", "compromised": compromised});
        assert_takes_manage_users(&app, Method::POST, ROTATE, Some(&body)).await;
    }
    assert_eq!(listed(&ada).await, before);
}
