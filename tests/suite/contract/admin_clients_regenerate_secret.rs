//! Regenerate a Client's Secret.

use std::time::Duration;

use countersign_tests::App;
use countersign_tests::admin_clients::{
    assert_finds_own_clients_only, assert_takes_manage_users, of_client, regenerate, reveal, view,
};
use countersign_tests::machine_api::{
    assert_unchanged, assert_unknown, assert_works, clients, is_secret,
};
use reqwest::Method;
use serde_json::{Value, json};

const REST: &str = "/secret/regenerate";
const HOUR: Duration = Duration::from_hours(1);
const MILLISECOND: Duration = Duration::from_millis(1);

#[tokio::test]
async fn without_hours_the_old_secret_stops_at_once_and_the_new_one_works() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    for more in [json!({}), json!({"hours_to_live": 0})] {
        let old = app.caller("login_client", &ben.secret_of("login_client").await);
        assert_works(&old).await;
        let reply = regenerate(&ben, "login_client", &ben.next_code(), &more).await;
        let secret = reply.fine()["client_secret"].as_str().unwrap().to_owned();
        assert!(is_secret(&secret), "{more}");
        let wanted = format!(r#"{{"client_secret":"{secret}","previous_expires_at":null}}"#);
        assert!(reply.body == wanted, "{more}");
        assert_unknown(&old).await;
        assert_works(&app.caller("login_client", &secret)).await;
        assert!(
            ben.secret_of("login_client").await == secret,
            "another one is revealed"
        );
    }
}

#[tokio::test]
async fn the_old_secret_lives_for_the_grace_period_to_the_millisecond() {
    for (hours, until) in [(1, "2036-11-21T01:01:00Z"), (168, "2036-11-28T00:01:00Z")] {
        let app = App::with_people().await;
        let ben = app.sign_in("ben").await;
        let old = app.client("login_client");
        let more = json!({"hours_to_live": hours});
        let new = regenerate(&ben, "login_client", &ben.next_code(), &more)
            .await
            .fine();
        assert_eq!(new["previous_expires_at"], until);
        let seen = view(&ben, "login_client").await;
        assert_eq!(seen["previous_secret_expires_at"], until);
        let new = app.caller("login_client", new["client_secret"].as_str().unwrap());
        app.advance((HOUR * hours).checked_sub(MILLISECOND).unwrap());
        assert_works(&old).await;
        assert_works(&new).await;
        app.advance(MILLISECOND);
        assert_unknown(&old).await;
        assert_works(&new).await;
        let ben = app.sign_in("ben").await;
        let seen = view(&ben, "login_client").await;
        assert_eq!(seen["previous_secret_expires_at"], Value::Null);
    }
}

#[tokio::test]
async fn a_second_one_leaves_only_the_latest_old_secret() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let first = app.client("login_client");
    let hours = json!({"hours_to_live": 168});
    let second = regenerate(&ben, "login_client", &ben.next_code(), &hours)
        .await
        .fine();
    let second = app.caller("login_client", second["client_secret"].as_str().unwrap());
    assert_works(&first).await;
    regenerate(&ben, "login_client", &ben.next_code(), &hours)
        .await
        .fine();
    assert_unknown(&first).await;
    assert_works(&second).await;
    regenerate(&ben, "login_client", &ben.next_code(), &json!({}))
        .await
        .fine();
    assert_unknown(&second).await;
}

#[tokio::test]
async fn it_is_an_event_without_a_secret_and_a_new_version_of_the_client() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let more = json!({"hours_to_live": 2});
    regenerate(&ben, "owner", &ben.next_code(), &more)
        .await
        .fine();
    let events = ben.audit("action=admin.clients.regenerate_secret").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["outcome"], "applied");
    assert_eq!(events[0]["object"]["id"], "owner");
    let fields: Vec<_> = events[0]["changes"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["previous_secret_until", "secret_serial"]);
    assert_eq!(
        ben.get(&of_client("owner", "")).await.header("etag"),
        r#""2""#
    );
}

#[tokio::test]
async fn a_wrong_code_replaces_nothing_and_stands_in_the_audit() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    let reply = regenerate(&ben, "owner", &ben.wrong_code(), &json!({})).await;
    reply.problem(401, "wrong-code");
    assert_unchanged(&app, &before).await;
    let events = ben.audit("action=admin.clients.regenerate_secret").await;
    assert_eq!(
        (&events[0]["outcome"], &events[0]["reason"]),
        (&json!("refused"), &json!("wrong-code"))
    );
}

#[tokio::test]
async fn hours_are_a_whole_number_from_0_to_168_and_no_code_is_spent_on_others() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    let code = ben.next_code();
    for hours in [
        json!(169),
        json!(-1),
        json!(1.5),
        json!("1"),
        json!(65_536),
        json!(null),
    ] {
        let more = json!({"hours_to_live": hours});
        let faults = regenerate(&ben, "owner", &code, &more).await.faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].0, "/hours_to_live");
    }
    let nothing = ben
        .post(&of_client("owner", REST), &json!({}))
        .await
        .faults();
    assert_eq!(nothing, [("/code".to_owned(), "it is missing".to_owned())]);
    assert_unchanged(&app, &before).await;
    regenerate(&ben, "owner", &code, &json!({})).await.fine();
}

#[tokio::test]
async fn only_clients_of_the_own_application_are_there_and_no_code_is_spent_on_others() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let code = ben.next_code();
    let body = json!({"code": code});
    assert_finds_own_clients_only(&app, &ben, Method::POST, REST, Some(&body)).await;
    reveal(&ben, "owner", &code).await.fine();
}

#[tokio::test]
async fn it_takes_manage_users() {
    let app = App::with_people().await;
    let body = json!({"code": "123456"});
    assert_takes_manage_users(&app, Method::POST, &of_client("owner", REST), Some(&body)).await;
}
