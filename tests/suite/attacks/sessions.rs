//! Sessions and codes that should be dead.

use countersign_tests::administrators::{link, post_without_session, signed_in};
use countersign_tests::{App, Authenticator, PASSWORD, Person, email_of};
use reqwest::Method;
use serde_json::{Value, json};
use shared::Requirement;

use super::{method, operations};

/// A path of an operation, with something that there is in the place of its `{name}`s.
fn path(route: &str, person: &str) -> String {
    route
        .replace("{client_id}", "login_client")
        .replace("{id}", person)
}

/// Every operation that takes a session answers this one that it is dead.
async fn assert_dead(app: &App, session: &Person, why: &str) {
    let mut asked = 0;
    for endpoint in operations() {
        if endpoint.requires == Requirement::Nothing {
            continue;
        }
        let path = path(endpoint.route.path, &session.id);
        let body = endpoint.route.takes_json().then(|| json!({}));
        let reply = session.send(method(endpoint), &path, body.as_ref()).await;
        reply.problem(401, "not-signed-in");
        assert_eq!(
            reply.header("www-authenticate"),
            "Bearer",
            "{why}: {}",
            endpoint.id
        );
        asked += 1;
    }
    assert!(asked > 15, "{why}: only {asked} operations");
    // As a cookie it is as dead.
    let cookie = format!("__Host-countersign={}", session.token);
    let headers = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    let reply = app
        .stranger()
        .send(Method::GET, "/admin/me", &headers, "".into())
        .await;
    reply.problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_session_is_dead_for_every_operation_after_a_demotion_reset_deletion_or_sign_out() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let of = |person: &Person| format!("/admin/administrators/{}", person.id);

    let demoted = app.sign_in("ben").await;
    ada.patch(&of(&demoted), &json!({"privileges": []}))
        .await
        .fine();
    assert_dead(&app, &demoted, "demotion").await;

    let out = app.sign_in("ben").await;
    let other = app.sign_in("ben").await;
    out.delete("/admin/sessions/current").await.nothing();
    assert_dead(&app, &out, "sign-out").await;
    other.get("/admin/me").await.fine();

    let reset = app.sign_in("cleo").await;
    ada.post(&format!("{}/reset-mfa", of(&reset)), &json!({}))
        .await
        .fine();
    assert_dead(&app, &reset, "a reset of the authenticator").await;

    let reset = app.sign_in("dora").await;
    ada.post(&format!("{}/reset-password", of(&reset)), &json!({}))
        .await
        .fine();
    assert_dead(&app, &reset, "a reset of the password").await;

    let deleted = signed_in(&app, &ada, "eve", &["manage_users"]).await;
    deleted.get("/admin/clients").await.fine();
    ada.delete(&of(&deleted)).await.nothing();
    assert_dead(&app, &deleted, "deletion").await;
    // Somebody else with her address has nothing of hers.
    signed_in(&app, &ada, "eve", &["manage_users"]).await;
    assert_dead(&app, &deleted, "a new person with the address").await;
}

#[tokio::test]
async fn a_token_that_was_not_handed_out_is_no_session() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let token = &ada.token;
    let random = &token[4 + 32..];
    let last = if token.ends_with('a') { "b" } else { "a" };
    for (what, forged) in [
        ("cut off", token[..token.len() - 1].to_owned()),
        ("longer", format!("{token}a")),
        (
            "one character off",
            format!("{}{last}", &token[..token.len() - 1]),
        ),
        ("another person's", format!("csn_{}{random}", ben.id)),
        ("another case", token.to_uppercase()),
        (
            "swapped case",
            format!("csn_{}{}", ada.id, random.to_lowercase()),
        ),
        ("without its prefix", token[4..].to_owned()),
        ("only whose it is", format!("csn_{}", ada.id)),
        ("empty", String::new()),
        ("hash", format!("csn_{}#standing{}", ada.id, "a".repeat(34))),
    ] {
        let forger = app.stranger().authorization(&[&format!("Bearer {forged}")]);
        let reply = forger.get("/admin/me", &[]).await;
        assert_eq!(reply.status, 401, "{what}");
        reply.problem(401, "not-signed-in");
    }
    // Nor is a token one elsewhere than in its header or cookie.
    for (name, value) in [
        ("token", token),
        ("access_token", token),
        ("session", token),
    ] {
        let reply = app.stranger().get("/admin/me", &[(name, value)]).await;
        reply.problem(401, "not-signed-in");
    }
    ada.get("/admin/me").await.fine();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_used_at_several_prompts_at_once_works_at_one() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for _ in 0..6 {
        app.advance(std::time::Duration::from_mins(1));
        let code = ada.next_code();
        let asked: Vec<(&str, Value)> = vec![
            ("/admin/clients/owner/secret/reveal", json!({"code": code})),
            (
                "/admin/clients/featureless/secret/reveal",
                json!({"code": code}),
            ),
            (
                "/admin/clients/login_client/secret/regenerate",
                json!({"code": code}),
            ),
            (
                "/admin/sessions",
                json!({"email": email_of("ada"), "password": PASSWORD, "code": code}),
            ),
        ];
        let calls = asked.into_iter().map(|(path, body)| {
            let ada = ada.clone();
            tokio::spawn(async move { ada.post(path, &body).await.status })
        });
        let mut done = 0;
        for call in calls.collect::<Vec<_>>() {
            match call.await.unwrap() {
                200 | 201 => done += 1,
                status => assert_eq!(status, 401),
            }
        }
        assert_eq!(done, 1, "one code was good for {done} prompts");
        // Those that came too late have counted; a right code makes that forgotten.
        ada.secret_of("owner").await;
    }
}

#[tokio::test]
async fn a_code_works_once_whatever_prompt_it_was_first_used_at() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let reveal = "/admin/clients/owner/secret/reveal";
    let signed_in_with = Authenticator::of("ada").code(&app.clock);
    let reply = ada.post(reveal, &json!({"code": signed_in_with})).await;
    reply.problem(401, "wrong-code");
    let code = ada.next_code();
    ada.post(reveal, &json!({"code": code})).await.fine();
    let body = json!({"email": email_of("ada"), "password": PASSWORD, "code": code});
    app.ask_for_session(&body)
        .await
        .problem(401, "sign-in-failed");
    // An earlier code that was never used is too old by then.
    let earlier = Authenticator::of("ada").code_at(app.clock.now().millis() - 30_000);
    let reply = ada.post(reveal, &json!({"code": earlier})).await;
    reply.problem(401, "wrong-code");
    // A code of somebody else's authenticator, and none.
    let bens = Authenticator::of("ben").next_code(&app.clock);
    let reply = ada.post(reveal, &json!({"code": bens})).await;
    reply.problem(401, "wrong-code");
    assert_eq!(ada.post(reveal, &json!({})).await.faults()[0].0, "/code");
}

#[tokio::test]
async fn a_session_of_one_application_is_none_of_another() {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    let of = |reply: Value| reply["application"]["application_id"].clone();
    assert_ne!(
        of(ada.get("/admin/me").await.fine()),
        of(fay.get("/admin/me").await.fine())
    );
    // Somebody who is invited in both has a session of the one that they signed in to.
    let asked = json!({"email": email_of("fay"), "name": "Fay", "privileges": []});
    let invited = ada.post("/admin/administrators", &asked).await.created();
    let again = app.sign_in("fay").await;
    assert_eq!(
        again.id, fay.id,
        "an invitation elsewhere has diverted a sign-in"
    );
    let path = link(&invited);
    let wrong = post_without_session(
        &app,
        &path,
        &json!({"password": PASSWORD, "code": "000000"}),
    )
    .await;
    wrong.problem(401, "wrong-code");
}
