//! Overtaken at work: what was right when it began and is not any more when it is to be done.

use countersign_tests::administrators::{
    REVEAL, answer, assert_not_let_in, assert_wrong_code, at, authenticator_of, done,
    fail_to_sign_in, id_of, invite, reset, sign_in_with, state_of,
};
use countersign_tests::gate::{app_with_a_gate, overtake};
use countersign_tests::{App, Authenticator, PASSWORD, Person, Reply, email_of};
use serde_json::{Value, json};

const REGENERATE: &str = "/admin/clients/login_client/secret/regenerate";

fn posting(
    person: &Person,
    path: &'static str,
    body: &Value,
) -> impl Future<Output = Reply> + Send + 'static {
    let (person, body) = (person.clone(), body.clone());
    async move { person.post(path, &body).await }
}

fn signing_in(app: &App, name: &str, code: &str) -> impl Future<Output = Reply> + Send + 'static {
    let caller = app.stranger();
    let body = json!({"email": email_of(name), "password": PASSWORD, "code": code}).to_string();
    async move {
        let json = "application/json";
        caller.post_raw("/admin/sessions", json, body).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_spent_elsewhere_in_the_meantime_is_used() {
    let (app, gate) = app_with_a_gate().await;
    let ben = app.sign_in("ben").await;
    let code = json!({"code": ben.next_code()});
    let reveal = ("admin.clients.reveal_secret", 1);
    let late = overtake(&gate, reveal, posting(&ben, REVEAL, &code), async || {
        ben.post(REGENERATE, &code).await.fine();
    });
    assert_wrong_code(&late.await);

    let code = ben.next_code();
    let body = json!({"code": code});
    let late = overtake(&gate, reveal, posting(&ben, REVEAL, &body), async || {
        let begun = sign_in_with(&app, "ben", PASSWORD, &code).await;
        app.person(&begun, Authenticator::of("ben"));
    });
    assert_wrong_code(&late.await);

    let code = ben.next_code();
    let body = json!({"code": code});
    let sign_in = ("admin.sessions.create", 1);
    let late = overtake(&gate, sign_in, signing_in(&app, "ben", &code), async || {
        ben.post(REVEAL, &body).await.fine();
    });
    assert_not_let_in(&late.await);
    assert_eq!(done(&ben, "admin.clients.reveal_secret").await.len(), 1);
    assert_eq!(done(&ben, "admin.sessions.create").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_attempt_that_a_lock_overtakes_is_not_looked_at() {
    let (app, gate) = app_with_a_gate().await;
    let ben = app.sign_in("ben").await;
    let code = ben.next_code();
    let sign_in = ("admin.sessions.create", 0);
    let late = overtake(&gate, sign_in, signing_in(&app, "ben", &code), async || {
        fail_to_sign_in(&app, "ben", 5).await;
    });
    assert_not_let_in(&late.await);
    app.advance(std::time::Duration::from_mins(20));
    let body = json!({"code": ben.authenticator.code(&app.clock)});
    let reveal = ("admin.clients.reveal_secret", 0);
    let late = overtake(&gate, reveal, posting(&ben, REVEAL, &body), async || {
        fail_to_sign_in(&app, "ben", 5).await;
    });
    assert_wrong_code(&late.await);
    assert_eq!(done(&ben, "admin.clients.reveal_secret").await.len(), 0);
}

/// The actions that end a session.
const ENDS: [&str; 4] = ["delete", "mfa", "password", "demote"];

async fn end(by: &Person, id: &str, how: &str) {
    match how {
        "delete" => by.delete(&at(id)).await.nothing(),
        "demote" => {
            let less = json!({"privileges": []});
            by.patch(&at(id), &less).await.fine();
        }
        _ => drop(reset(by, id, how).await),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deleted_reset_or_demoted_while_signing_in_does_not_get_in() {
    for how in ENDS {
        let (app, gate) = app_with_a_gate().await;
        let ada = app.sign_in("ada").await;
        let ben = id_of(&ada, "ben").await;
        let code = Authenticator::of("ben").code(&app.clock);
        let sign_in = ("admin.sessions.create", 1);
        let late = overtake(&gate, sign_in, signing_in(&app, "ben", &code), async || {
            end(&ada, &ben, how).await;
        });
        assert_not_let_in(&late.await);
        assert_eq!(done(&ada, "admin.sessions.create").await.len(), 1, "{how}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deleted_reset_or_demoted_at_work_does_not_get_it_done() {
    for how in ENDS {
        let (app, gate) = app_with_a_gate().await;
        let (ben, ada) = (app.sign_in("ben").await, app.sign_in("ada").await);
        let code = json!({"code": ben.next_code()});
        let reveal = ("admin.clients.reveal_secret", 2);
        let late = overtake(&gate, reveal, posting(&ben, REVEAL, &code), async || {
            end(&ada, &ben.id, how).await;
        })
        .await;
        late.problem(401, "not-signed-in");
        assert!(!late.body.contains("csk_"), "{how}: the secret was shown");
        assert_eq!(done(&ada, "admin.clients.reveal_secret").await.len(), 0);

        let (app, gate) = app_with_a_gate().await;
        let (ben, ada) = (app.sign_in("ben").await, app.sign_in("ada").await);
        let new = json!({"email": "new@example.com", "name": "New"});
        let invite = ("admin.administrators.invite", 0);
        let inviting = posting(&ben, "/admin/administrators", &new);
        let late = overtake(&gate, invite, inviting, async || {
            end(&ada, &ben.id, how).await;
        });
        late.await.problem(401, "not-signed-in");
        let left = if how == "delete" { 3 } else { 4 };
        assert_eq!(ada.all("/admin/administrators", "").await.len(), left);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_becomes_void_while_it_is_taken_up_sets_nothing() {
    for how in ["delete", "mfa", "password"] {
        let (app, gate) = app_with_a_gate().await;
        let ada = app.sign_in("ada").await;
        let new = invite(&ada, "new", &["manage_users"]).await;
        let authenticator = authenticator_of(&app, &new.link).await;
        let code = authenticator.next_code(&app.clock);
        let (caller, link) = (app.stranger(), new.link.clone());
        let body = json!({"password": PASSWORD, "code": code}).to_string();
        let taking_up = async move { caller.post_raw(&link, "application/json", body).await };
        let accept = ("admin.invitations.accept", 1);
        let late = overtake(&gate, accept, taking_up, async || {
            end(&ada, &new.id, how).await;
        });
        let late = late.await;
        assert!(matches!(late.status, 404 | 503), "{how}: {}", late.body);
        answer(&app, &new.link, PASSWORD, &code)
            .await
            .problem(404, "not-found");
        if how != "delete" {
            assert_eq!(state_of(&ada, &new.id).await, "invited");
        }
        let code = authenticator.next_code(&app.clock);
        assert_not_let_in(&sign_in_with(&app, "new", PASSWORD, &code).await);
        assert_eq!(done(&ada, "admin.invitations.accept").await.len(), 0);
    }
}

/// Replaces somebody's authenticator, as two people do that together; gives the new one.
async fn replace_authenticator(app: &App, by: &Person, id: &str) -> Authenticator {
    let link = reset(by, id, "mfa").await;
    let fresh = authenticator_of(app, &link).await;
    let code = fresh.code(&app.clock);
    answer(app, &link, PASSWORD, &code).await.fine();
    fresh
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_an_authenticator_that_is_replaced_in_the_meantime_is_worth_nothing() {
    let (app, gate) = app_with_a_gate().await;
    let (ben, ada) = (app.sign_in("ben").await, app.sign_in("ada").await);
    // Of a later step than the code that sets up the new one.
    let early = app.clock.now().millis() + 30_000;
    let old_code = Authenticator::of("ben").code_at(early);
    let sign_in = ("admin.sessions.create", 1);
    let signing_in = signing_in(&app, "ben", &old_code);
    let late = overtake(&gate, sign_in, signing_in, async || {
        replace_authenticator(&app, &ada, &ben.id).await;
    });
    assert_not_let_in(&late.await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_of_an_authenticator_that_is_replaced_uses_up_none_of_the_new_one() {
    let (app, gate) = app_with_a_gate().await;
    let (ben, ada) = (app.sign_in("ben").await, app.sign_in("ada").await);
    let early = app.clock.now().millis() + 30_000;
    let old_code = json!({"code": ben.authenticator.code_at(early)});
    let reveal = ("admin.clients.reveal_secret", 1);
    let mut fresh = None;
    let late = overtake(
        &gate,
        reveal,
        posting(&ben, REVEAL, &old_code),
        async || {
            fresh = Some(replace_authenticator(&app, &ada, &ben.id).await);
        },
    )
    .await;
    late.problem(401, "not-signed-in");
    let fresh = fresh.unwrap();
    let begun = sign_in_with(&app, "ben", PASSWORD, &fresh.code_at(early)).await;
    assert_eq!(app.person(&begun, fresh).id, ben.id);
}
