//! Requests expire after 14 days, by the clock: nobody has to come by and sweep.

use std::time::Duration;

use countersign_tests::App;
use countersign_tests::change_requests::{
    CLIENT, app, apply, approve, ask, ask_by_machine, ask_for, at, client_field, held_id, reject,
    seen,
};
use reqwest::Method;
use serde_json::json;

const LIFETIME: Duration = Duration::from_hours(14 * 24);

/// Winds the clock to `before` the moment at which something asked for at `asked` expires.
fn wind(app: &App, asked: i64, before: Duration) {
    let until = asked + i64::try_from(LIFETIME.saturating_sub(before).as_millis()).unwrap();
    let left = until - app.clock.now().millis();
    app.advance(Duration::from_millis(left.try_into().unwrap()));
}

#[tokio::test]
async fn a_millisecond_before_it_is_pending_and_at_the_moment_expired() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    let (id, asked) = (
        ask(&ada, &json!({"name": "renamed"})).await,
        app.clock.now().millis(),
    );
    let expires = ada.get(&at(&id, "")).await.fine()["expires_at"].clone();
    wind(&app, asked, Duration::from_mins(5));
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    wind(&app, asked, Duration::from_millis(1));
    seen(&ada, &id, "pending").await;
    let second = ben.patch(CLIENT, &json!({"name": "other"})).await;
    second.problem(409, "request-pending");
    app.advance(Duration::from_millis(1));
    let request = seen(&ada, &id, "expired").await;
    assert_eq!(request["expires_at"], expires);
    for reply in [
        approve(&ben, &id).await,
        reject(&ben, &id).await,
        reject(&ada, &id).await,
    ] {
        let words = reply.problem(409, "already-decided");
        assert!(words.contains("expired"), "{words}");
    }
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
    // Its object and its name are free.
    let id = ask(&ben, &json!({"name": "renamed"})).await;
    apply(&ada, &id).await;
}

#[tokio::test]
async fn a_millisecond_before_it_can_still_be_approved() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    let (id, asked) = (
        ask(&ada, &json!({"name": "renamed"})).await,
        app.clock.now().millis(),
    );
    wind(&app, asked, Duration::from_mins(5));
    let ben = app.sign_in("ben").await;
    wind(&app, asked, Duration::from_millis(1));
    let applied = approve(&ben, &id).await.fine();
    assert_eq!(applied["state"], "applied");
    assert_eq!(client_field(&ben, "login_client", "name").await, "renamed");
}

#[tokio::test]
async fn at_no_moment_has_an_object_two_pending_requests() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    // Not at a whole second.
    app.advance(Duration::from_millis(999));
    let (first, asked) = (
        ask(&ada, &json!({"name": "first"})).await,
        app.clock.now().millis(),
    );
    wind(&app, asked, Duration::from_mins(5));
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for before in [1_001, 1_000, 999, 500, 2, 1, 0] {
        wind(&app, asked, Duration::from_millis(before));
        let state = ada.get(&at(&first, "")).await.fine()["state"].clone();
        let second = ben.patch(CLIENT, &json!({"name": "second"})).await;
        if second.status == 202 {
            assert_eq!(state, "expired", "{before} ms before, both wait");
            reject(&ben, &held_id(&second)).await.fine();
        } else {
            second.problem(409, "request-pending");
            assert_eq!(state, "pending", "{before} ms before, it locks in vain");
        }
    }
    app.advance(Duration::from_secs(1));
    seen(&ada, &first, "expired").await;
    let second = ask(&ben, &json!({"name": "second"})).await;
    apply(&ada, &second).await;
}

#[tokio::test]
async fn an_expired_creation_and_an_expired_invitation_free_their_names() {
    let app = app(&[]).await;
    let ada = app.sign_in("ada").await;
    let client = json!({"name": "wanted"});
    let person = json!({"email": "new@example.com", "name": "New"});
    let mut old = Vec::new();
    for (path, body) in [
        ("/admin/clients", &client),
        ("/admin/administrators", &person),
    ] {
        old.push(ask_for(&ada, Method::POST, path, body).await);
    }
    app.advance(LIFETIME);
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for (path, body) in [
        ("/admin/clients", &client),
        ("/admin/administrators", &person),
    ] {
        let id = ask_for(&ben, Method::POST, path, body).await;
        apply(&ada, &id).await;
    }
    for id in old {
        seen(&ada, &id, "expired").await;
        approve(&ben, &id).await.problem(409, "already-decided");
    }
    let wanted = ada.all("/admin/clients", "").await;
    let wanted = wanted.iter().filter(|client| client["name"] == "wanted");
    assert_eq!(wanted.count(), 1);
}

#[tokio::test]
async fn the_first_of_two_approvals_does_not_prolong_it() {
    let app = app(&[]).await;
    let id = ask_by_machine(&app, "login_client", "renamed").await;
    app.advance(LIFETIME.saturating_sub(Duration::from_mins(5)));
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    approve(&ada, &id).await.fine();
    app.advance(Duration::from_mins(5));
    approve(&ben, &id).await.problem(409, "already-decided");
    let request = seen(&ben, &id, "expired").await;
    assert_eq!(request["approvals_needed"], 0);
    assert_eq!(
        client_field(&ben, "login_client", "name").await,
        "the login_client"
    );
}
