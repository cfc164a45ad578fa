//! Retire a Client's Old Secret.

use std::time::Duration;

use countersign_tests::admin_clients::{
    assert_finds_own_clients_only, assert_takes_manage_users, assert_tells_no_secret, of_client,
    regenerate, view,
};
use countersign_tests::machine_api::{
    assert_not_admitted, assert_unchanged, assert_unknown, assert_works, clients,
};
use countersign_tests::{App, Caller, Person, signing_keys};
use reqwest::Method;
use serde_json::{Value, json};

const REST: &str = "/secret/retire";

fn path() -> String {
    of_client("login_client", REST)
}

/// Gives the tests' client a second secret, and returns callers with the new and the old one.
async fn two_secrets(app: &App, by: &Person, hours: u64) -> [Caller; 2] {
    let old = by.secret_of("login_client").await;
    let more = json!({"hours_to_live": hours});
    let new = regenerate(by, "login_client", &by.next_code(), &more).await;
    let new = new.fine()["client_secret"].as_str().unwrap().to_owned();
    [new, old].map(|secret| app.caller("login_client", &secret))
}

#[tokio::test]
async fn the_old_secret_is_refused_at_the_very_next_call_and_the_present_one_goes_on() {
    let app = signing_keys::app().await;
    let ben = app.sign_in("ben").await;
    for _ in 0..2 {
        let [new, old] = two_secrets(&app, &ben, 168).await;
        for caller in [&new, &old] {
            assert_works(caller).await;
        }
        let live = signing_keys::token(&old).await;
        let reply = ben.post(&path(), &json!({})).await;
        reply.fine();
        assert_tells_no_secret(&reply);
        assert_unknown(&old).await;
        assert_works(&new).await;
        let refused = signing_keys::ask(&old).await;
        assert_eq!(
            (refused.status, &refused.json()["error"]),
            (401, &json!("invalid_client"))
        );
        signing_keys::token(&new).await;
        // A token is the client's, whichever secret it was got with.
        assert!(signing_keys::is_active(&app, &live).await);
    }
}

#[tokio::test]
async fn the_answer_is_the_client_in_its_new_version() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    two_secrets(&app, &ben, 1).await;
    let reply = ben.post(&path(), &json!({})).await;
    reply.fine();
    assert_eq!(
        reply.body,
        r#"{"client_id":"login_client","name":"the login_client","enabled":true,"features":["login_client"],"allow_list":["0.0.0.0/0"],"modules":{},"created_at":"2036-11-21T00:00:00Z","previous_secret_expires_at":null,"secret_last_used_at":null,"previous_secret_last_used_at":null}"#
    );
    assert_eq!(reply.header("etag"), r#""3""#);
    let seen = ben.get(&of_client("login_client", "")).await;
    assert_eq!(seen.header("etag"), r#""3""#);
    assert_eq!(seen.fine()["previous_secret_expires_at"], Value::Null);
}

#[tokio::test]
async fn there_must_be_an_old_secret_that_works() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    let refused = async |by: &Person| {
        let words = by
            .post(&path(), &json!({}))
            .await
            .problem(409, "no-previous-secret");
        assert_eq!(words, "only its present secret works");
    };
    refused(&ben).await;
    assert_unchanged(&app, &before).await;
    // One that was replaced without a grace period,
    let [new, _] = two_secrets(&app, &ben, 0).await;
    refused(&ben).await;
    assert_works(&new).await;
    // one that was retired already,
    two_secrets(&app, &ben, 1).await;
    ben.post(&path(), &json!({})).await.fine();
    refused(&ben).await;
    // and one that has ended by itself.
    let [new, old] = two_secrets(&app, &ben, 1).await;
    app.advance(Duration::from_hours(1));
    let ben = app.sign_in("ben").await;
    refused(&ben).await;
    assert_unknown(&old).await;
    assert_works(&new).await;
    let events = ben
        .audit("action=admin.clients.retire_secret&outcome=refused")
        .await;
    assert_eq!(events.len(), 4, "{events:#?}");
    for event in events {
        assert_eq!(event["reason"], "no-previous-secret");
        assert_eq!(event["object"]["id"], "login_client");
    }
}

#[tokio::test]
async fn who_has_seen_another_version_retires_nothing() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let [_, old] = two_secrets(&app, &ben, 1).await;
    for stale in [r#""1""#, r#""3""#, r#"W/"2""#] {
        let careful = ben.clone().with("if-match", stale);
        let words = careful
            .post(&path(), &json!({}))
            .await
            .problem(412, "stale");
        assert!(words.contains("read it again"), "{words}");
    }
    assert_works(&old).await;
    let careful = ben.clone().with("if-match", r#""2""#);
    careful.post(&path(), &json!({})).await.fine();
    assert_unknown(&old).await;
    careful
        .post(&path(), &json!({}))
        .await
        .problem(412, "stale");
}

#[tokio::test]
async fn it_is_an_event_without_a_secret() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    two_secrets(&app, &ben, 1).await;
    let until = app.clock.now().millis() + 3_600_000;
    ben.post(&path(), &json!({})).await.fine();
    let events = ben.audit("action=admin.clients.retire_secret").await;
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(event["actor"]["id"], *ben.id);
    assert_eq!(event["outcome"], "applied");
    assert_eq!(
        event["object"],
        json!({"kind": "api_client", "id": "login_client", "name": "the login_client"})
    );
    let ends = json!({"previous_secret_until": {"before": until, "after": null}});
    assert_eq!(event["changes"], ends);
}

#[tokio::test]
async fn nobody_else_s_secret_ends() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    two_secrets(&app, &ben, 1).await;
    let other = app.client("featureless");
    let more = json!({"hours_to_live": 1});
    regenerate(&ben, "featureless", &ben.next_code(), &more)
        .await
        .fine();
    let before = view(&ben, "featureless").await;
    ben.post(&path(), &json!({})).await.fine();
    assert_eq!(view(&ben, "featureless").await, before);
    assert_not_admitted(&other).await;
}

#[tokio::test]
async fn it_takes_nothing_but_the_client() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let [_, old] = two_secrets(&app, &ben, 1).await;
    for unknown in [json!({"code": "123456"}), json!({"serial": 1})] {
        let faults = ben.post(&path(), &unknown).await.faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
    }
    assert_works(&old).await;
    // Not even a body.
    ben.send(Method::POST, &path(), None).await.fine();
    assert_unknown(&old).await;
}

#[tokio::test]
async fn only_clients_of_the_own_application_are_there() {
    let app = App::with_people().await;
    let (ben, fay) = (app.sign_in("ben").await, app.sign_in("fay").await);
    let more = json!({"hours_to_live": 1});
    regenerate(&fay, "foreigner", &fay.next_code(), &more)
        .await
        .fine();
    let body = json!({});
    assert_finds_own_clients_only(&app, &ben, Method::POST, REST, Some(&body)).await;
    fay.post(&of_client("foreigner", REST), &body).await.fine();
}

#[tokio::test]
async fn it_takes_manage_users() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let [_, old] = two_secrets(&app, &ben, 1).await;
    assert_takes_manage_users(&app, Method::POST, &path(), Some(&json!({}))).await;
    assert_works(&old).await;
}
