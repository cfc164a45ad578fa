//! List the Signing Keys.

use std::time::Duration;

use countersign_tests::App;
use countersign_tests::admin_clients::assert_takes_manage_users;
use countersign_tests::signing_keys::{self, KEYS, KeySet, doing, key_of, listed, now, rotate};
use reqwest::Method;
use serde_json::{Value, json};

/// A key of the list, as text.
fn key(kid: &str, state: &str, times: [Value; 3]) -> String {
    let [published, from, ends] = times;
    format!(
        r#"{{"kid":"{kid}","state":"{state}","published_at":{published},"signs_from":{from},"ends_at":{ends}}}"#
    )
}

fn list(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

#[tokio::test]
async fn at_the_beginning_one_signs_and_one_waits_and_both_are_published() {
    let app = signing_keys::app().await;
    let start = json!(now(&app));
    let ben = app.sign_in("ben").await;
    let reply = ben.get(KEYS).await;
    reply.fine();
    let keys = listed(&ben).await;
    let [signing, next] = [&keys[0], &keys[1]].map(|key| key["kid"].as_str().unwrap());
    let wanted = list(&[
        key(
            signing,
            "signing",
            [start.clone(), start.clone(), Value::Null],
        ),
        key(next, "next", [start, Value::Null, Value::Null]),
    ]);
    assert_eq!(reply.body, wanted);
    assert_eq!(key_of(&signing_keys::token(&app.owner()).await), signing);
    assert_eq!(KeySet::fetch(&app).await.names_of(&keys), [signing, next]);
}

#[tokio::test]
async fn after_a_rotation_the_last_one_is_there_until_its_tokens_are_dead() {
    let app = App::with_people().await;
    let start = json!(now(&app));
    app.advance(Duration::from_hours(1));
    let ben = app.sign_in("ben").await;
    let before = listed(&ben).await;
    rotate(&ben).await.fine();
    let rotated = json!(now(&app));
    let reply = ben.get(KEYS).await;
    let keys = reply.fine()["keys"].as_array().unwrap().clone();
    let [last, signing, next] = [0, 1, 2].map(|place: usize| keys[place]["kid"].as_str().unwrap());
    assert_eq!(
        [last, signing],
        [0, 1].map(|place: usize| before[place]["kid"].as_str().unwrap())
    );
    app.advance(Duration::from_mins(10) - Duration::from_millis(1));
    assert_eq!(ben.get(KEYS).await.body, reply.body);
    app.advance(Duration::from_millis(1));
    let ends = json!(now(&app));
    let wanted = list(&[
        key(last, "last", [start.clone(), start.clone(), ends]),
        key(signing, "signing", [start, rotated.clone(), Value::Null]),
        key(next, "next", [rotated, Value::Null, Value::Null]),
    ]);
    assert_eq!(reply.body, wanted);
    assert_eq!(doing(&listed(&ben).await, "last"), Vec::<String>::new());
}

#[tokio::test]
async fn keys_of_another_application_are_not_among_them() {
    let app = App::with_people().await;
    let (ben, fay) = (app.sign_in("ben").await, app.sign_in("fay").await);
    let (ours, theirs) = (listed(&ben).await, listed(&fay).await);
    assert_eq!((ours.len(), theirs.len()), (2, 2));
    for key in &ours {
        assert!(theirs.iter().all(|their| their["kid"] != key["kid"]));
    }
    let set = KeySet::fetch(&app).await;
    assert_eq!(set.keys.len(), 4);
    assert_eq!(set.names_of(&ours).len() + set.names_of(&theirs).len(), 4);
}

#[tokio::test]
async fn it_takes_manage_users() {
    let app = App::with_people().await;
    assert_takes_manage_users(&app, Method::GET, KEYS, None).await;
}
