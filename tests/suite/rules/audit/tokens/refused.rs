//! Refusals of the three OAuth 2 endpoints in the audit, with reasons and counts.

use countersign_tests::{App, Caller, Reply, secret_of, signing_keys};
use serde_json::{Value, json};

use super::{GRANT, MINUTE, TOKEN, known, now, token};

const INTROSPECT: &str = "/oauth2/introspect";
const REVOKE: &str = "/oauth2/revoke";

/// A server with a client that may call from elsewhere only.
async fn app() -> App {
    let mut setup = signing_keys::setup();
    let clients = setup.seed["applications"][0]["clients"]
        .as_array_mut()
        .unwrap();
    clients.push(json!({
        "client_id": "elsewhere", "client_secret": secret_of("elsewhere"),
        "description": "calls from elsewhere", "whitelist": ["127.0.0.2"], "modules": {"payments": {}}
    }));
    App::with(setup).await
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, error: &str) {
    assert_eq!(reply.status, status, "{}", reply.body);
    assert_eq!(reply.json()["error"], error, "{}", reply.body);
}

/// Makes a call twice, which is refused twice and told as one event.
async fn refused_twice(
    app: &App,
    caller: &Caller,
    (path, given): (&str, &[(&str, &str)]),
    (status, error, reason): (u16, &str, &str),
    [actor, object]: [Value; 2],
) {
    app.advance(MINUTE);
    let dora = app.sign_in("dora").await;
    let (first, begun) = (caller.post(path, given).await, now(app));
    app.advance(MINUTE / 60);
    for reply in [&first, &caller.post(path, given).await] {
        assert_refused(reply, status, error);
    }
    let mut events = dora.audit("outcome=refused").await;
    events.retain(|event| event["time"] == begun);
    assert_eq!(events.len(), 1, "{path} {given:?}: {events:#?}");
    let wanted = json!({
        "time": begun, "actor": actor, "source_ip": "127.0.0.1", "user_agent": null,
        "action": format!("oauth2.{}", &path[8..]), "object": object, "outcome": "refused",
        "reason": reason, "count": 2, "last_time": now(app), "change_request": null,
        "request_id": first.header("x-request-id"), "changes": {}
    });
    assert_eq!(events[0], wanted, "{path} {given:?}");
}

fn of(id: &str) -> Value {
    known("api_client", id, &format!("the {id}"))
}

#[tokio::test]
async fn who_is_not_the_client_is_told_of_whom_it_claimed_to_be() {
    let app = app().await;
    let nobody = || json!({"kind": "unknown", "id": null, "name": null});
    let wrong = (401, "invalid_client", "invalid-client-credentials");
    for path in [TOKEN, INTROSPECT, REVOKE] {
        let given = [GRANT, ("token", "x")];
        for (caller, id) in [
            (
                app.caller("login_client", &secret_of("owner")),
                "login_client",
            ),
            (app.client("disabled"), "disabled"),
        ] {
            refused_twice(&app, &caller, (path, &given), wrong, [nobody(), of(id)]).await;
        }
    }
}

#[tokio::test]
async fn what_a_client_may_not_have_or_asks_for_in_the_wrong_way_is_told() {
    let app = app().await;
    let client = app.client("login_client");
    let by_client = || [of("login_client"), Value::Null];
    let wrong = "invalid-request";
    let scope: (&str, &[_]) = (TOKEN, &[GRANT, ("scope", "collections")]);
    let admin: (&str, &[_]) = (TOKEN, &[GRANT, ("scope", "payments:admin")]);
    let audience: (&str, &[_]) = (TOKEN, &[GRANT, ("audience", "reports")]);
    let resource: (&str, &[_]) = (TOKEN, &[GRANT, ("resource", "https://a.example.com")]);
    let password: (&str, &[_]) = (TOKEN, &[("grant_type", "password")]);
    let twice: (&str, &[_]) = (TOKEN, &[GRANT, GRANT]);
    for (call, (status, error, reason)) in [
        (scope, (400, "invalid_scope", "invalid-scope")),
        (admin, (400, "invalid_scope", "invalid-scope")),
        (audience, (400, "invalid_target", "invalid-target")),
        (resource, (400, "invalid_target", "invalid-target")),
        (password, (400, "unsupported_grant_type", wrong)),
        (twice, (400, "invalid_request", wrong)),
        ((TOKEN, &[]), (400, "invalid_request", wrong)),
        ((INTROSPECT, &[]), (400, "invalid_request", wrong)),
        ((REVOKE, &[]), (400, "invalid_request", wrong)),
    ] {
        refused_twice(&app, &client, call, (status, error, reason), by_client()).await;
    }
}

#[tokio::test]
async fn who_would_revoke_another_client_s_token_is_told_and_it_lives_on() {
    let app = app().await;
    app.advance(MINUTE);
    let client = app.client("login_client");
    let of_another = token(&app.owner()).await;
    let call: (&str, &[_]) = (REVOKE, &[("token", of_another.as_str())]);
    let foreign = (400, "unauthorized_client", "foreign-token");
    let who = [of("login_client"), Value::Null];
    refused_twice(&app, &client, call, foreign, who).await;
    assert!(signing_keys::is_active(&app, &of_another).await);
    // What is not this application's token is none: there is nothing to refuse.
    let elsewhere = token(&app.client("foreigner")).await;
    let given = [("token", elsewhere.as_str())];
    assert_eq!(client.post(REVOKE, &given).await.status, 200);
    let still = app.client("foreigner").post(INTROSPECT, &given).await;
    assert_eq!(still.json()["active"], true);
    let dora = app.sign_in("dora").await;
    let refused = dora.audit("action=oauth2.revoke").await;
    assert_eq!(refused.len(), 1, "{refused:#?}");
}

#[tokio::test]
async fn a_client_without_modules_is_refused_a_token_and_told() {
    let mut setup = countersign_tests::Setup::with_people();
    setup.seed["applications"][0]["clients"][4]["modules"] = json!({});
    let app = App::with(setup).await;
    let none = (400, "invalid_scope", "invalid-scope");
    let who = [of("login_client"), Value::Null];
    refused_twice(
        &app,
        &app.client("login_client"),
        (TOKEN, &[GRANT]),
        none,
        who,
    )
    .await;
}

#[tokio::test]
async fn a_client_outside_its_allow_list_is_told() {
    let app = app().await;
    let elsewhere = known("api_client", "elsewhere", "calls from elsewhere");
    for path in [TOKEN, INTROSPECT, REVOKE] {
        let given = [GRANT, ("token", "x")];
        let outside = (400, "unauthorized_client", "not-permitted");
        let who = [elsewhere.clone(), Value::Null];
        refused_twice(&app, &app.client("elsewhere"), (path, &given), outside, who).await;
    }
    token(&app.client("elsewhere").from("127.0.0.2")).await;
}

#[tokio::test]
async fn refusals_and_issues_of_one_minute_are_counted_apart() {
    let app = app().await;
    let dora = app.sign_in("dora").await;
    let client = app.client("login_client");
    for _ in 0..3 {
        token(&client).await;
        client.post(TOKEN, &[GRANT, ("scope", "other")]).await;
        client.post(TOKEN, &[GRANT, ("audience", "other")]).await;
        client.post(TOKEN, &[]).await;
        client.post(INTROSPECT, &[]).await;
    }
    let events = dora.audit("actor=login_client").await;
    let mut told: Vec<_> = events
        .iter()
        .map(|event| {
            json!([
                event["action"],
                event["outcome"],
                event["reason"],
                event["count"]
            ])
        })
        .collect();
    told.sort_by_key(Value::to_string);
    assert_eq!(
        json!(told),
        json!([
            ["oauth2.introspect", "refused", "invalid-request", 3],
            ["oauth2.token", "applied", null, 3],
            ["oauth2.token", "refused", "invalid-request", 3],
            ["oauth2.token", "refused", "invalid-scope", 3],
            ["oauth2.token", "refused", "invalid-target", 3],
        ])
    );
}
