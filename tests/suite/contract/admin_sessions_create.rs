//! Sign in.

use countersign_tests::administrators::{
    REVEAL, WRONG_PASSWORD, assert_not_let_in, assert_signed_in, assert_signed_out,
    assert_wrong_code, seen,
};
use countersign_tests::machine_api::is_id;
use countersign_tests::{APPLICATION, App, Authenticator, PASSWORD, email_of};
use reqwest::Method;
use serde_json::{Value, json};

const SIGN_IN: &str = "/admin/sessions";

/// The session's token, if it has the shape of one.
#[track_caller]
fn token_of(session: &Value) -> String {
    let token = session["token"].as_str().unwrap();
    let rest = token.strip_prefix("csn_").unwrap_or_default();
    assert!(
        rest.len() == 75 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "a token of another shape"
    );
    token.to_owned()
}

#[tokio::test]
async fn a_session_comes_as_a_token_and_as_a_cookie_with_whose_it_is() {
    let app = App::with_people().await;
    let begun = app.ask_for_session(&app.credentials("ada")).await;
    let mut session = begun.created();
    let token = token_of(&session);
    let cookie = format!(
        "__Host-countersign={token}; Path=/; Max-Age=28800; HttpOnly; Secure; SameSite=Strict"
    );
    assert!(begun.header("set-cookie") == cookie, "another cookie");
    assert_eq!(begun.header("content-type"), "application/json");
    assert_eq!(begun.header("referrer-policy"), "no-referrer");
    session["token"] = "<token>".into();
    let id = session["administrator"]["id"].take();
    assert!(is_id(id.as_str().unwrap()), "{id}");
    session["administrator"]["id"] = "<id>".into();
    assert_eq!(
        session,
        json!({
            "token": "<token>", "expires_at": "2036-11-21T08:00:30Z", "application_id": APPLICATION,
            "administrator": {
                "id": "<id>", "email": "ada@example.com", "name": "ada",
                "privileges": ["manage_modules", "manage_users"]
            }
        })
    );
    assert_signed_in(&app.person(&begun, Authenticator::of("ada"))).await;
}

#[tokio::test]
async fn the_cookie_alone_reads_and_changes_only_with_a_proof_of_the_same_origin() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let cookie = format!("a=b; __Host-countersign={}", ada.token);
    let send = |method: Method, path: &'static str, proof: [&'static str; 2]| {
        let (browser, cookie) = (app.stranger(), cookie.clone());
        let own = app.url().to_owned();
        async move {
            let value = if proof[1] == "self" { &own } else { proof[1] };
            let headers = [("cookie", cookie.as_str()), (proof[0], value)];
            let body = reqwest::Body::default();
            browser.send(method, path, &headers, body).await
        }
    };
    let none = ["x-nothing", "x"];
    send(Method::GET, "/admin/me", none).await.fine();
    let sign_out = "/admin/sessions/current";
    for proof in [
        none,
        ["sec-fetch-site", "same-site"],
        ["sec-fetch-site", "cross-site"],
        ["origin", "null"],
        ["origin", "https://evil.example"],
    ] {
        let forged = send(Method::DELETE, sign_out, proof).await;
        forged.problem(403, "cross-site");
    }
    assert_signed_in(&ada).await;
    for proof in [["sec-fetch-site", "same-origin"], ["origin", "self"]] {
        let other = app.sign_in("ada").await;
        let cookie = format!("__Host-countersign={}", other.token);
        let value = if proof[1] == "self" {
            app.url()
        } else {
            proof[1]
        };
        let headers = [("cookie", cookie.as_str()), (proof[0], value)];
        let body = reqwest::Body::default();
        let out = app
            .stranger()
            .send(Method::DELETE, sign_out, &headers, body)
            .await;
        out.nothing();
        assert_signed_out(&other).await;
    }
}

#[tokio::test]
async fn nobody_is_signed_in_from_another_site() {
    let app = App::with_people().await;
    let credentials = app.credentials("ada");
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let headers = [("content-type", "application/json"), (name, value)];
        let body = credentials.to_string().into();
        let reply = app
            .stranger()
            .send(Method::POST, SIGN_IN, &headers, body)
            .await;
        reply.problem(403, "cross-site");
        assert_eq!(reply.header("set-cookie"), "");
    }
    app.ask_for_session(&credentials).await.created();
}

#[tokio::test]
async fn every_failure_is_the_same_401() {
    let app = App::with_people().await;
    let right = app.credentials("ada");
    let with = |field: &str, value: &str| {
        let mut body = right.clone();
        body[field] = value.into();
        body
    };
    let mut recovery = with("recovery_code", "aaaa-bbbb-cccc");
    recovery.as_object_mut().unwrap().remove("code");
    let wrong = app.ask_for_session(&with("password", WRONG_PASSWORD)).await;
    assert_not_let_in(&wrong);
    assert_eq!(wrong.header("www-authenticate"), "Bearer");
    assert_eq!(wrong.header("set-cookie"), "");
    for body in [
        with("email", "nobody@example.com"),
        with("email", &email_of("ben")),
        with("password", ""),
        with("password", &"x".repeat(5000)),
        with("code", "000000"),
        with("code", ""),
        with("application_id", "app2bbbbbbbbbbbbbbbbbbbbbb"),
        with("application_id", "nowhere"),
        with("application_id", &"x".repeat(255)),
        recovery,
    ] {
        app.advance(std::time::Duration::from_secs(1));
        let reply = app.ask_for_session(&body).await;
        assert_eq!(seen(&reply), seen(&wrong));
    }
}

#[tokio::test]
async fn the_address_is_compared_without_case_and_without_blanks_around_it() {
    let app = App::with_people().await;
    for email in ["ADA@example.com", " Ada@Example.Com\n"] {
        let mut body = app.credentials("ada");
        body["email"] = email.into();
        let session = app.ask_for_session(&body).await.created();
        assert_eq!(session["administrator"]["email"], "ada@example.com");
    }
    let mut body = app.credentials("ada");
    body["password"] = PASSWORD.to_uppercase().into();
    assert_not_let_in(&app.ask_for_session(&body).await);
}

#[tokio::test]
async fn what_is_missing_or_does_not_fit_is_named_and_is_no_attempt() {
    let app = App::with_people().await;
    let right = app.credentials("ada");
    for (body, wanted) in [
        (json!({}), &["/email", "/password"][..]),
        (
            json!({"email": "ada", "password": 1}),
            &["/email", "/password"],
        ),
        (
            json!({"email": "a@b", "password": PASSWORD, "code": 123_456}),
            &["/code"],
        ),
        (json!({"email": "a@b", "password": PASSWORD}), &["/code"]),
        (
            json!({"email": "a@b", "password": "x", "code": "1", "recovery_code": "2"}),
            &["/recovery_code"],
        ),
        (
            json!({"email": "a@b", "password": "x", "code": "1", "application_id": ""}),
            &["/application_id"],
        ),
        (
            json!({"email": "a@b", "password": "x", "code": "1", "remember": true}),
            &["/remember"],
        ),
    ] {
        let faults = app.ask_for_session(&body).await.faults();
        let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, wanted, "{faults:?}");
        for (_, words) in faults {
            assert!(!words.is_empty() && !words.contains(PASSWORD));
        }
    }
    let list = app.ask_for_session(&json!([right])).await;
    assert_eq!(list.faults()[0].0, "");
    let form = app.stranger().post(SIGN_IN, &[("email", "a@b")]).await;
    form.problem(415, "unsupported-media-type");
    app.ask_for_session(&right).await.created();
}

#[tokio::test]
async fn a_session_is_audited_and_so_is_a_refusal() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let code = ada.authenticator.code(&app.clock);
    app.advance(std::time::Duration::from_secs(1));
    let used = json!({"email": email_of("ada"), "password": PASSWORD, "code": code});
    assert_not_let_in(&app.ask_for_session(&used).await);
    assert_wrong_code(&ada.post(REVEAL, &json!({"code": code})).await);
    let events = ada.audit("action=admin.sessions.create").await;
    let outcomes: Vec<_> = events.iter().map(|event| &event["outcome"]).collect();
    assert_eq!(outcomes, ["refused", "applied"]);
    assert_eq!(events[1]["actor"]["id"], ada.id);
    assert_eq!(events[0]["actor"]["kind"], "unknown");
    assert_eq!(events[0]["object"]["id"], ada.id);
    let told = json!(events).to_string();
    assert!(!told.contains(&code) && !told.contains(PASSWORD) && !told.contains(&ada.token));
}
