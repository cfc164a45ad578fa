//! Finding out who or what there is, by the answer or by what it costs.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_tests::administrators::{
    authenticator_of, invite, link, post_without_session, take_up,
};
use countersign_tests::{App, Authenticator, Caller, PASSWORD, Reply, Setup, email_of, secret_of};
use serde_json::{Value, json};

use super::{Bare, Calls, bare};

async fn watched(setup: Setup) -> (App, Arc<Calls>) {
    let calls = Arc::new(Calls::default());
    let app = App::with(Setup {
        hook: Some(calls.clone()),
        ..setup
    })
    .await;
    (app, calls)
}

/// Answers by what they are of, each with its calls: all must be one and the same.
#[derive(Default)]
struct Alike(Vec<Seen>);

/// The observable parts of a call: its object, its answer, and the calls that it caused.
type Seen = (String, Bare, Vec<String>);

impl Alike {
    fn note(&mut self, what: impl Into<String>, reply: &Reply, calls: &Calls) {
        self.0.push((what.into(), bare(reply), calls.take()));
    }

    #[track_caller]
    fn hold(&self) {
        let (first, answer, calls) = &self.0[0];
        assert!(!calls.is_empty(), "{first} costs nothing");
        for (what, other_answer, other_calls) in &self.0[1..] {
            assert_eq!(other_answer, answer, "{what} is answered unlike {first}");
            assert_eq!(other_calls, calls, "{what} costs unlike {first}");
        }
    }
}

#[tokio::test]
async fn a_failed_sign_in_tells_nothing_of_whether_there_is_such_an_administrator() {
    let (app, calls) = watched(Setup::with_people()).await;
    let ada = app.sign_in("ada").await;
    invite(&ada, "invited", &["manage_users"]).await;
    let reset = app.sign_in("ben").await;
    let path = format!("/admin/administrators/{}/reset-mfa", reset.id);
    ada.post(&path, &json!({})).await.fine();
    let wrong = Authenticator::of("dora").wrong_code(&app.clock);
    for _ in 0..5 {
        let body = json!({"email": email_of("dora"), "password": "wrong", "code": wrong});
        app.ask_for_session(&body).await;
    }
    app.advance(Duration::from_mins(1));
    // A code that was used: cleo's, just now.
    let used = app.credentials("cleo");
    assert_eq!(app.ask_for_session(&used).await.status, 201);
    let right = |name: &str| Authenticator::of(name).code(&app.clock);
    let body = |email: &str, password: &str, code: &str| json!({"email": email, "password": password, "code": code});
    let cases: Vec<(&str, Value)> = vec![
        (
            "unknown address",
            body("nobody@example.com", PASSWORD, &wrong),
        ),
        (
            "wrong password",
            body(&email_of("ada"), "wrong", &right("ada")),
        ),
        (
            "wrong code",
            body(&email_of("ada"), PASSWORD, &ada.wrong_code()),
        ),
        ("used code", used),
        ("locked", body(&email_of("dora"), PASSWORD, &right("dora"))),
        (
            "invited only",
            body("invited@example.com", PASSWORD, &wrong),
        ),
        ("reset", body(&email_of("ben"), PASSWORD, &right("ben"))),
        ("another case", body("NOBODY@EXAMPLE.COM", PASSWORD, &wrong)),
        ("another application's", {
            let mut other = body(&email_of("fay"), PASSWORD, &right("fay"));
            other["application_id"] = json!(countersign_tests::APPLICATION);
            other
        }),
        ("no application", {
            let mut other = body(&email_of("fay"), PASSWORD, &right("fay"));
            other["application_id"] = json!("nowhere");
            other
        }),
        ("no code", body(&email_of("ada"), PASSWORD, "")),
        ("no password", body(&email_of("ada"), "", "123456")),
        (
            "a long password",
            body(&email_of("ada"), &"x".repeat(5_000), "123456"),
        ),
    ];
    let mut alike = Alike::default();
    calls.take();
    for (what, body) in cases {
        let reply = app.ask_for_session(&body).await;
        reply.problem(401, "sign-in-failed");
        assert_eq!(reply.header("set-cookie"), "");
        alike.note(what, &reply, &calls);
    }
    alike.hold();
}

#[tokio::test]
async fn a_wrong_recovery_code_tells_as_little() {
    let (app, calls) = watched(Setup::with_people()).await;
    let mut alike = Alike::default();
    calls.take();
    for email in ["nobody@example.com", &email_of("ada")] {
        for password in ["wrong password", PASSWORD] {
            let body = json!({"email": email, "password": password, "recovery_code": "a-b-c"});
            let reply = app.ask_for_session(&body).await;
            alike.note(format!("{email} {password}"), &reply, &calls);
        }
    }
    alike.hold();
}

#[tokio::test]
async fn too_many_sign_ins_are_refused_alike_for_somebody_and_for_nobody() {
    let (app, calls) = watched(Setup::with_people()).await;
    let mut alike = Alike::default();
    for email in [email_of("ada"), "nobody@example.com".to_owned()] {
        let body = json!({"email": email, "password": "wrong", "code": "123456"});
        for _ in 0..10 {
            app.ask_for_session(&body)
                .await
                .problem(401, "sign-in-failed");
        }
        calls.take();
        let reply = app.ask_for_session(&body).await;
        reply.problem(429, "too-many-attempts");
        alike.note(email, &reply, &calls);
    }
    alike.hold();
}

#[tokio::test]
async fn a_link_that_leads_nowhere_tells_nothing_of_why() {
    let (app, calls) = watched(Setup::with_people()).await;
    let ada = app.sign_in("ada").await;
    let expired = invite(&ada, "expired", &[]).await.link;
    app.advance(Duration::from_hours(72));
    let ada = app.sign_in("ada").await;
    let used = invite(&ada, "used", &[]).await;
    take_up(&app, &used.link, PASSWORD).await;
    let deleted = invite(&ada, "deleted", &[]).await;
    let person = format!("/admin/administrators/{}", deleted.id);
    ada.delete(&person).await.nothing();
    let person = format!("/admin/administrators/{}", used.id);
    let void = ada.post(&format!("{person}/reset-mfa"), &json!({})).await;
    let void = link(&void.fine());
    let newer = ada.post(&format!("{person}/reset-mfa"), &json!({})).await;
    let newer = link(&newer.fine());

    let (token, other) = (&ada.token, &newer["/admin/invitations/".len()..]);
    let cases = [
        (
            "unknown",
            format!("/admin/invitations/cin_{}", "x".repeat(43)),
        ),
        ("used", used.link),
        ("expired", expired),
        ("deleted", deleted.link),
        ("void", void),
        ("malformed", "/admin/invitations/x".to_owned()),
        ("cut off", newer[..newer.len() - 1].to_owned()),
        ("with more", format!("{newer}x")),
        (
            "another case",
            format!("/admin/invitations/{}", other.to_uppercase()),
        ),
        ("a session's", format!("/admin/invitations/{token}")),
        ("an ID", format!("/admin/invitations/{}", ada.id)),
        ("white space", format!("/admin/invitations/%20{other}")),
        ("long", format!("/admin/invitations/{}", "x".repeat(5_000))),
    ];
    let code = authenticator_of(&app, &newer).await.next_code(&app.clock);
    let body = json!({"password": PASSWORD, "code": code});
    let (mut looks, mut tries) = (Alike::default(), Alike::default());
    calls.take();
    for (what, path) in &cases {
        let reply = app.stranger().get(path, &[]).await;
        reply.problem(404, "not-found");
        looks.note(*what, &reply, &calls);
        let reply = post_without_session(&app, path, &body).await;
        reply.problem(404, "not-found");
        tries.note(*what, &reply, &calls);
    }
    looks.hold();
    tries.hold();
    // And none of it has used up the one that works.
    post_without_session(&app, &newer, &body).await.fine();
}

/// Somebody who calls with what stands in the header or in the form.
async fn machine(caller: &Caller, given: &[(&str, &str)]) -> Reply {
    let reply = caller.post("/clients/list", given).await;
    reply.error(402, "invalid_client_credentials");
    reply
}

#[tokio::test]
async fn a_refused_client_tells_nothing_of_whether_there_is_such_a_client() {
    let mut setup = Setup::with_people();
    setup.seed["applications"][0]["clients"][5]["client_secret"] = json!("a person's choice");
    let (app, calls) = watched(setup).await;
    let foreign = secret_of("foreigner");
    for secret in [
        foreign.as_str(),
        "a person's guess",
        "",
        "csk_",
        &foreign[..41],
    ] {
        let mut alike = Alike::default();
        calls.take();
        for id in ["nobody", "owner", "disabled", "featureless", "OWNER"] {
            let reply = machine(&app.caller(id, secret), &[]).await;
            alike.note(format!("{id} in the header"), &reply, &calls);
            let given = [("client_id", id), ("client_secret", secret)];
            let reply = machine(&app.stranger(), &given).await;
            alike.note(format!("{id} in the form"), &reply, &calls);
        }
        // The right secret of one that is switched off is as good as a wrong one.
        if secret == foreign {
            let reply = machine(&app.client("disabled"), &[]).await;
            alike.note("disabled with its secret", &reply, &calls);
        }
        alike.hold();
    }
}

#[tokio::test]
async fn a_refused_signature_tells_as_little() {
    let mut setup = Setup::with_people();
    setup.seed["applications"][0]["signatures"] = json!(true);
    let (app, calls) = watched(setup).await;
    let mut alike = Alike::default();
    calls.take();
    for id in ["nobody", "owner", "disabled", "foreigner"] {
        let header = format!("Signature {id}:{}", STANDARD.encode("x".repeat(20)));
        let caller = app.stranger().authorization(&[&header]);
        let date = shared::Moment(app.clock.now());
        let date = String::from(date).replace('T', " ").replace('Z', "");
        let headers = [("date", date.as_str())];
        let reply = caller
            .send(
                reqwest::Method::POST,
                "/clients/list?key=any",
                &headers,
                "".into(),
            )
            .await;
        reply.error(402, "invalid_client_credentials");
        alike.note(id, &reply, &calls);
    }
    alike.hold();
}
