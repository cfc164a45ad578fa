//! Sign out.

use countersign_tests::App;
use countersign_tests::administrators::{assert_signed_in, assert_signed_out, done};

const SIGN_OUT: &str = "/admin/sessions/current";

#[tokio::test]
async fn it_ends_the_session_and_a_browser_forgets_its_cookie() {
    let app = App::with_people().await;
    let dora = app.sign_in("dora").await;
    let reply = dora.delete(SIGN_OUT).await;
    reply.nothing();
    assert_eq!(
        reply.header("set-cookie"),
        "__Host-countersign=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict"
    );
    assert_signed_out(&dora).await;
    let again = dora.delete(SIGN_OUT).await;
    again.problem(401, "not-signed-in");
    assert_eq!(again.header("www-authenticate"), "Bearer");
    assert_signed_in(&app.sign_in("dora").await).await;
}

#[tokio::test]
async fn it_ends_no_other_session_and_is_audited_once() {
    let app = App::with_people().await;
    let (ada, other) = (app.sign_in("ada").await, app.sign_in("ada").await);
    let ben = app.sign_in("ben").await;
    ada.delete(SIGN_OUT).await.nothing();
    ada.delete(SIGN_OUT).await.problem(401, "not-signed-in");
    assert_signed_in(&other).await;
    assert_signed_in(&ben).await;
    let events = done(&ben, "admin.sessions.delete").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["actor"]["id"], ada.id);
    assert_eq!(events[0]["object"]["id"], ada.id);
}

#[tokio::test]
async fn without_a_session_there_is_nothing_to_end() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for header in ["", "Bearer", "Bearer csn_", "Basic YTpi", &ada.token] {
        let mut nobody = ada.clone();
        nobody.caller = app.stranger().authorization(&[header]);
        let refused = nobody.delete(SIGN_OUT).await;
        let words = refused.problem(401, "not-signed-in");
        assert_eq!(
            words,
            "there is no session, or it has ended; sign in with POST /admin/sessions"
        );
    }
    let token = format!("Bearer {}", ada.token);
    let mut twice = ada.clone();
    twice.caller = app.stranger().authorization(&[&token, &token]);
    twice.delete(SIGN_OUT).await.problem(401, "not-signed-in");
    assert_signed_in(&ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_end_it_without_an_error() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let calls = (0..8).map(|_| {
        let ada = ada.clone();
        tokio::spawn(async move { ada.delete(SIGN_OUT).await })
    });
    let mut ended = 0;
    for call in calls.collect::<Vec<_>>() {
        let reply = call.await.unwrap();
        if reply.status == 204 {
            ended += 1;
        } else {
            reply.problem(401, "not-signed-in");
        }
    }
    assert!(ended >= 1);
    assert_signed_out(&ada).await;
}
