//! Refusals in the audit, with their reasons.

use std::time::Duration;

use countersign_tests::administrators::{authenticator_of, invite, post_without_session};
use countersign_tests::audit::event_of;
use countersign_tests::{App, Authenticator, PASSWORD, Person, Reply, email_of};
use serde_json::{Value, json};

use super::{AGENT, call, known, now};

fn nobody() -> Value {
    json!({"kind": "unknown", "id": null, "name": null})
}

/// Holds the event of a refusal to all that it has to say, and begins another minute.
async fn refused(app: &App, reader: &Person, reply: &Reply, says: [&str; 2], who: [Value; 2]) {
    let ([action, reason], [actor, object]) = (says, who);
    let event = event_of(reader, reply).await;
    let now = now(app);
    let wanted = json!({
        "time": now, "actor": actor, "source_ip": "127.0.0.1", "user_agent": event["user_agent"],
        "action": action, "object": object, "outcome": "refused", "reason": reason, "count": 1,
        "last_time": now, "change_request": null, "request_id": reply.header("x-request-id"),
        "changes": {}
    });
    assert_eq!(event, wanted);
    app.advance(Duration::from_mins(1));
}

#[tokio::test]
async fn a_sign_in_with_a_wrong_password_or_code_is_told_of_whom_it_claimed_to_be() {
    let app = App::with_people().await;
    let reader = app.sign_in("dora").await;
    let ada = app.sign_in("ada").await;
    let her = || known("administrator", &ada.id, "ADA@example.com");
    let says = ["admin.sessions.create", "sign-in-failed"];
    let right = Authenticator::of("ada").next_code(&app.clock);
    let wrong = ada.wrong_code();
    let unused = "2222-2222-2222";
    for (password, second, code) in [
        ("wrong password", "code", right.as_str()),
        (PASSWORD, "code", wrong.as_str()),
        (PASSWORD, "recovery_code", unused),
    ] {
        let body = json!({"email": "ADA@example.com", "password": password, second: code});
        let reply = app.ask_for_session(&body).await;
        refused(&app, &reader, &reply, says, [nobody(), her()]).await;
    }
    // Twice more, and she is locked: what is right is refused now, and told as before.
    for _ in 0..2 {
        let body = json!({"email": email_of("ada"), "password": "wrong", "code": wrong});
        app.ask_for_session(&body).await;
    }
    app.advance(Duration::from_mins(1));
    let mut body = app.credentials("ada");
    body["email"] = json!("ADA@example.com");
    let locked = app.ask_for_session(&body).await;
    refused(&app, &reader, &locked, says, [nobody(), her()]).await;
}

#[tokio::test]
async fn a_wrong_or_used_code_at_a_prompt_is_told_with_who_typed_it() {
    let app = App::with_people().await;
    let (reader, ada) = (app.sign_in("dora").await, app.sign_in("ada").await);
    let by_ada = || {
        [
            known("administrator", &ada.id, "ada"),
            known("api_client", "owner", "owner"),
        ]
    };
    let used = ada.next_code();
    let path = |what: &str| format!("/admin/clients/owner/secret/{what}");
    let reveal = json!({"code": used});
    ada.post(&path("reveal"), &reveal).await.fine();
    for (what, code) in [("reveal", ada.wrong_code()), ("regenerate", used)] {
        let reply = ada.post(&path(what), &json!({"code": code})).await;
        reply.problem(401, "wrong-code");
        let says = [&format!("admin.clients.{what}_secret"), "wrong-code"];
        refused(&app, &reader, &reply, says, by_ada()).await;
    }
    let mut last = None;
    for _ in 0..11 {
        last = Some(
            ada.post(&path("reveal"), &json!({"code": ada.wrong_code()}))
                .await,
        );
    }
    let last = last.unwrap();
    last.problem(429, "too-many-attempts");
    let says = ["admin.clients.reveal_secret", "too-many-attempts"];
    refused(&app, &reader, &last, says, by_ada()).await;
}

#[tokio::test]
async fn a_wrong_code_for_an_invitation_is_told_of_whom_it_is_for() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "eve", &[]).await;
    let code = authenticator_of(&app, &new.link)
        .await
        .wrong_code(&app.clock);
    let reply = post_without_session(
        &app,
        &new.link,
        &json!({"password": PASSWORD, "code": code}),
    )
    .await;
    let says = ["admin.invitations.accept", "wrong-code"];
    let eve = known("administrator", &new.id, "eve@example.com");
    refused(&app, &ada, &reply, says, [nobody(), eve]).await;
}

#[tokio::test]
async fn a_client_with_a_wrong_secret_or_switched_off_is_told_of_whom_it_claimed_to_be() {
    let app = App::with_people().await;
    let reader = app.sign_in("dora").await;
    let says = ["settings.get_default", "invalid-client-credentials"];
    let secret_of_another = countersign_tests::secret_of("owner");
    for (caller, id) in [
        (app.caller("featureless", &secret_of_another), "featureless"),
        (app.caller("featureless", "a person's words"), "featureless"),
        (app.client("disabled"), "disabled"),
    ] {
        let reply = call(&caller, "/settings/get_default", &[("key", "any")]).await;
        reply.error(402, "invalid_client_credentials");
        let object = known("api_client", id, &format!("the {id}"));
        refused(&app, &reader, &reply, says, [nobody(), object]).await;
    }
}

#[tokio::test]
async fn who_lacks_a_privilege_or_a_feature_or_calls_from_elsewhere_is_told_by_name() {
    let app = App::with_people().await;
    let (dora, ben) = (app.sign_in("dora").await, app.sign_in("ben").await);
    let by = |person: &Person, name: &str| [known("administrator", &person.id, name), Value::Null];
    let not_permitted = "not-permitted";

    let reply = dora.get("/admin/clients").await;
    reply.problem(403, not_permitted);
    refused(
        &app,
        &dora,
        &reply,
        ["admin.clients.list", not_permitted],
        by(&dora, "dora"),
    )
    .await;

    let grant = json!({"name": "granted", "modules": {"payments": {}}});
    let reply = ben.post("/admin/clients", &grant).await;
    reply.problem(403, not_permitted);
    refused(
        &app,
        &dora,
        &reply,
        ["admin.clients.create", not_permitted],
        by(&ben, "ben"),
    )
    .await;

    let reply = call(&app.client("featureless"), "/clients/list", &[]).await;
    reply.error(403, "client_permission_error");
    let client = [
        known("api_client", "featureless", "the featureless"),
        Value::Null,
    ];
    refused(&app, &dora, &reply, ["clients.list", not_permitted], client).await;

    let elsewhere = json!({"allow_list": ["10.0.0.0/8"]});
    ben.patch("/admin/clients/login_client", &elsewhere)
        .await
        .fine();
    let any = [("key", "any")];
    let reply = call(&app.client("login_client"), "/settings/get_default", &any).await;
    reply.error(403, "client_permission_error");
    let client = [
        known("api_client", "login_client", "the login_client"),
        Value::Null,
    ];
    let says = ["settings.get_default", not_permitted];
    refused(&app, &dora, &reply, says, client).await;
    let agent = event_of(&dora, &reply).await["user_agent"].clone();
    assert_eq!(agent, AGENT);
}

#[tokio::test]
async fn what_the_guard_rails_hold_back_and_what_is_stale_is_told_with_why() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let by_ada = || known("administrator", &ada.id, "ada");
    // A refusal names by the ID what the path names.
    let of_herself = || [by_ada(), known("administrator", &ada.id, &ada.id)];
    let herself = format!("/admin/administrators/{}", ada.id);

    let reply = ada.patch(&herself, &json!({"privileges": []})).await;
    reply.problem(409, "own-privileges");
    let says = ["admin.administrators.update", "own-privileges"];
    refused(&app, &ada, &reply, says, of_herself()).await;

    for what in ["mfa", "password"] {
        let reply = ada
            .post(&format!("{herself}/reset-{what}"), &json!({}))
            .await;
        reply.problem(409, "own-reset");
        let action = format!("admin.administrators.reset_{what}");
        refused(&app, &ada, &reply, [&action, "own-reset"], of_herself()).await;
    }

    let his = format!("/admin/administrators/{}", ben.id);
    ada.delete(&his).await.nothing();
    let reply = ada.delete(&herself).await;
    reply.problem(409, "last-administrator");
    let says = ["admin.administrators.delete", "last-administrator"];
    refused(&app, &ada, &reply, says, of_herself()).await;

    let granted = json!({"name": "granted", "modules": {"payments": {}}});
    ada.new_client(&granted).await;
    let reply = ada.put("/admin/modules", &json!({"modules": []})).await;
    reply.problem(409, "module-in-use");
    refused(
        &app,
        &ada,
        &reply,
        ["admin.modules.replace", "module-in-use"],
        [by_ada(), Value::Null],
    )
    .await;

    let late = ada.clone().with("if-match", "\"99\"");
    let client = "/admin/clients/owner";
    let code = json!({"code": "000000"});
    for (reply, action) in [
        (
            late.patch(client, &json!({"enabled": true})).await,
            "clients.update",
        ),
        (late.delete(client).await, "clients.delete"),
        (
            late.post(&format!("{client}/secret/reveal"), &code).await,
            "clients.reveal_secret",
        ),
        (
            late.put("/admin/modules", &json!({"modules": []})).await,
            "modules.replace",
        ),
        (
            late.patch(&herself, &json!({"name": "Ada"})).await,
            "administrators.update",
        ),
    ] {
        reply.problem(412, "stale");
        let event = event_of(&ada, &reply).await;
        assert_eq!(event["action"], format!("admin.{action}"));
        assert_eq!(
            (&event["reason"], &event["actor"]["name"]),
            (&json!("stale"), &json!("ada"))
        );
    }
}

#[tokio::test]
async fn no_secret_password_or_code_that_was_refused_is_told() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let body = json!({
        "email": email_of("ben"), "password": "TELLTALE-password", "recovery_code": "TELLTALE-code"
    });
    app.ask_for_session(&body).await;
    let telltale = app.caller("featureless", "TELLTALE-secret");
    call(
        &telltale,
        "/clients/list",
        &[("client_secret", "TELLTALE-secret")],
    )
    .await;
    let body = json!({"code": "TELLTALE-otp"});
    ada.post("/admin/clients/owner/secret/reveal", &body).await;
    let refused = ada.audit("outcome=refused").await;
    assert_eq!(refused.len(), 3);
    let told = json!(refused).to_string();
    assert!(!told.to_lowercase().contains("telltale"), "{told}");
}
