//! Reveal a Client's Secret.

use countersign_tests::admin_clients::{
    assert_finds_own_clients_only, assert_takes_manage_users, of_client, reveal, view,
};
use countersign_tests::machine_api::{assert_unchanged, clients};
use countersign_tests::{App, secret_of};
use reqwest::Method;
use serde_json::json;

const REST: &str = "/secret/reveal";

#[tokio::test]
async fn the_secret_and_nothing_else_is_answered() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    for id in ["login_client", "disabled"] {
        let code = ben.next_code();
        let reply = reveal(&ben, id, &code).await;
        reply.fine();
        let wanted = format!(r#"{{"client_secret":"{}"}}"#, secret_of(id));
        assert!(reply.body == wanted, "{id}: not the secret of the seed");
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(
            reply.header("etag"),
            "",
            "a secret is no version of a client"
        );
    }
}

#[tokio::test]
async fn revealing_changes_nothing_and_is_an_event_each_time() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    // Another client than the one that this looks at the clients with.
    let before = (clients(&app).await, view(&ben, "login_client").await);
    for count in [1, 2] {
        let code = ben.next_code();
        reveal(&ben, "login_client", &code).await.fine();
        let events = ben.audit("action=admin.clients.reveal_secret").await;
        assert_eq!(events.len(), count);
        assert_eq!(events[0]["outcome"], "applied");
        assert_eq!(events[0]["actor"]["id"], *ben.id);
        assert_eq!(events[0]["object"]["id"], "login_client");
        assert_eq!(events[0]["changes"], json!({}));
    }
    assert_unchanged(&app, &before.0).await;
    assert_eq!(view(&ben, "login_client").await, before.1);
    assert_eq!(
        ben.get(&of_client("login_client", "")).await.header("etag"),
        r#""1""#
    );
}

#[tokio::test]
async fn a_wrong_code_reveals_nothing_and_stands_in_the_audit() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let words = reveal(&ben, "owner", &ben.wrong_code())
        .await
        .problem(401, "wrong-code");
    assert!(words.contains("wait for the next one"), "{words}");
    let events = ben.audit("action=admin.clients.reveal_secret").await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(
        (&events[0]["outcome"], &events[0]["reason"]),
        (&json!("refused"), &json!("wrong-code"))
    );
}

#[tokio::test]
async fn the_code_is_required_and_there_is_nothing_else_to_say() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = of_client("owner", REST);
    for body in [
        json!({}),
        json!({"hours_to_live": 1}),
        json!({"code": 123_456}),
    ] {
        let faults = ben.post(&path, &body).await.faults();
        assert_eq!(faults.last().unwrap().0, "/code", "{faults:?}");
    }
    let faults = ben
        .post(
            &path,
            &json!({"code": "123456", "client_id": "login_client"}),
        )
        .await
        .faults();
    assert_eq!(
        faults,
        [("/client_id".to_owned(), "it stands in the path".to_owned())]
    );
}

#[tokio::test]
async fn a_secret_is_not_to_be_had_by_get() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = format!("{}?code={}", of_client("owner", REST), ben.next_code());
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
        let reply = ben.send(method.clone(), &path, None).await;
        assert_eq!(reply.status, 404, "{method}");
    }
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
