//! Revoke an Access Token.

use countersign_tests::access_tokens::{
    REVOKE, ask, claims_of, granted, introspect, is_active, refused, seeded, setup, start,
    token_in, token_of,
};
use countersign_tests::admin_clients::of_client;
use countersign_tests::{App, Caller, Reply, secret_of};
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";

async fn revoke(caller: &Caller, token: &str) -> Reply {
    caller.post(REVOKE, &[("token", token)]).await
}

#[track_caller]
fn assert_done(reply: &Reply) {
    granted(reply);
    assert_eq!(reply.body, "{}");
}

#[tokio::test]
async fn a_token_of_one_s_own_is_not_active_any_more_and_others_are() {
    let app = start().await;
    let [token, other] = [
        token_of(&app, "login_client").await,
        token_of(&app, "login_client").await,
    ];
    let client = app.client("login_client");
    for _ in 0..3 {
        assert_done(&revoke(&client, &token).await);
        assert!(!is_active(&app, &token).await);
    }
    assert!(is_active(&app, &other).await);
    // Whoever had it may have another one.
    let fresh = token_of(&app, "login_client").await;
    assert!(is_active(&app, &fresh).await);
}

#[tokio::test]
async fn a_token_of_another_client_is_none_of_one_s_business() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    for other in ["direct_access", "owner", "featureless"] {
        let reply = revoke(&app.client(other), &token).await;
        let words = refused(&reply, 400, "unauthorized_client");
        assert_eq!(words, "the token was issued to another client");
    }
    assert!(is_active(&app, &token).await);
    assert_done(&revoke(&app.client("login_client"), &token).await);
    assert!(!is_active(&app, &token).await);
}

#[tokio::test]
async fn what_is_no_token_here_is_not_active_afterwards_either() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    let foreign = token_of(&app, "foreigner").await;
    let client = app.client("login_client");
    let half = &token[..token.len() / 2];
    let secret = secret_of("login_client");
    for garbage in [
        "x", "..", "a.b.c", half, &secret, "größe", "\u{0}", &foreign,
    ] {
        assert_done(&revoke(&client, garbage).await);
    }
    assert!(is_active(&app, &token).await);
    let reply = introspect(&app.client("foreigner"), &foreign).await;
    assert_eq!(granted(&reply)["active"], true);
}

#[tokio::test]
async fn a_hint_says_nothing_new() {
    let app = start().await;
    for hint in ["access_token", "refresh_token", "unheard_of", ""] {
        let token = token_of(&app, "login_client").await;
        let given = [("token", token.as_str()), ("token_type_hint", hint)];
        assert_done(&app.client("login_client").post(REVOKE, &given).await);
        assert!(!is_active(&app, &token).await, "{hint}");
    }
}

#[tokio::test]
async fn whose_modules_were_taken_away_still_revokes() {
    let app = start().await;
    let token = token_of(&app, "direct_access").await;
    let ada = app.sign_in("ada").await;
    let path = of_client("direct_access", "");
    let of = |modules| json!({ "modules": modules });
    ada.patch(&path, &of(json!({}))).await.fine();
    assert_done(&revoke(&app.client("direct_access"), &token).await);
    ada.patch(&path, &of(json!({"payments": {}}))).await.fine();
    assert!(!is_active(&app, &token).await);
}

#[tokio::test]
async fn a_revocation_is_one_event() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    for _ in 0..2 {
        assert_done(&revoke(&app.client("login_client"), &token).await);
    }
    let ada = app.sign_in("ada").await;
    let events = ada.audit("action=oauth2.revoke").await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["actor"]["id"], "login_client");
    assert_eq!(events[0]["object"]["kind"], "access_token");
    assert_eq!(events[0]["object"]["id"], claims_of(&token)["jti"]);
    let signature = token.rsplit('.').next().unwrap();
    assert!(!json!(events).to_string().contains(signature));
}

#[tokio::test]
async fn of_two_at_once_both_are_told_that_it_is_done_and_there_is_one_event() {
    let app = start().await;
    let client = app.client("login_client");
    let token = token_of(&app, "login_client").await;
    let twice = tokio::join!(revoke(&client, &token), revoke(&client, &token));
    assert_done(&twice.0);
    assert_done(&twice.1);
    assert!(!is_active(&app, &token).await);
    let ada = app.sign_in("ada").await;
    assert_eq!(ada.audit("action=oauth2.revoke").await.len(), 1);
}

#[tokio::test]
async fn only_a_client_with_its_secret_revokes_and_from_where_it_may() {
    let mut setup = setup();
    seeded(&mut setup, "login_client")["whitelist"] = json!(["127.0.0.7/32"]);
    let app = App::with(setup).await;
    let client = app.client("login_client");
    let near = client.clone().from("127.0.0.7");
    let token = token_in(&ask(&near, &[]).await);
    let bearer = app.stranger().authorization(&[&format!("Bearer {token}")]);
    let wrong = app.caller("login_client", &secret_of("nobody"));
    for nobody in [app.stranger(), bearer, wrong, app.client("disabled")] {
        refused(&revoke(&nobody, &token).await, 401, "invalid_client");
    }
    let reply = revoke(&client, &token).await;
    refused(&reply, 400, "unauthorized_client");
    assert!(is_active(&app, &token).await);
    assert_done(&revoke(&near, &token).await);
    assert!(!is_active(&app, &token).await);
}

#[tokio::test]
async fn it_takes_one_token_in_a_form() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    let client = app.client("login_client");
    for body in ["", "token=", "token_type_hint=access_token"] {
        let reply = client.post_raw(REVOKE, FORM, body).await;
        let words = refused(&reply, 400, "invalid_request");
        assert_eq!(words, "missing: token", "{body}");
    }
    let twice = format!("token={token}&token={token}");
    for (path, content_type, body) in [
        (REVOKE, FORM, twice),
        (REVOKE, FORM, "token=%ff".to_owned()),
        (
            REVOKE,
            "application/json",
            json!({"token": token}).to_string(),
        ),
        (&format!("{REVOKE}?token={token}"), FORM, String::new()),
    ] {
        let reply = client.post_raw(path, content_type, body).await;
        refused(&reply, 400, "invalid_request");
    }
    let large = format!("token={}", "x".repeat(1_048_571));
    let reply = client.post_raw(REVOKE, FORM, large).await;
    refused(&reply, 413, "invalid_request");
    assert!(is_active(&app, &token).await);
}
