//! Administrators of two applications: the same address in both, and the people of the other one.

use countersign_tests::administrators::{
    Enrolled, NOT_THERE, assert_not_let_in, assert_signed_in, at, id_of, invite, link, reset,
    take_up,
};
use countersign_tests::{APPLICATION, App, Authenticator, PASSWORD, Reply, email_of};
use serde_json::{Value, json};

const FOREIGN: &str = "app2bbbbbbbbbbbbbbbbbbbbbb";
const ELSEWHERE: &str = "the password elsewhere";

/// Asks for a session, in an application if one is named.
async fn ask(
    app: &App,
    name: &str,
    password: &str,
    code: &str,
    application: Option<&str>,
) -> Reply {
    let mut body = json!({"email": email_of(name), "password": password, "code": code});
    if let Some(application) = application {
        body["application_id"] = application.into();
    }
    app.ask_for_session(&body).await
}

/// In which application a session is.
#[track_caller]
fn application_of(begun: &Reply) -> Value {
    begun.created()["application_id"].take()
}

async fn ada_elsewhere(app: &App) -> (String, Enrolled) {
    let fay = app.sign_in("fay").await;
    let invited = invite(&fay, "ada", &["manage_users"]).await;
    let enrolled = take_up(app, &invited.link, ELSEWHERE).await;
    (invited.id, enrolled)
}

#[tokio::test]
async fn an_invitation_elsewhere_shuts_nobody_out() {
    let app = App::with_people().await;
    let fay = app.sign_in("fay").await;
    let elsewhere = invite(&fay, "ada", &["manage_users"]).await;
    let authenticator = Authenticator::of("ada");
    let begun = app.ask_for_session(&app.credentials("ada")).await;
    assert_eq!(application_of(&begun), APPLICATION);
    // It is not taken up: nobody is there to sign in.
    let code = authenticator.next_code(&app.clock);
    assert_not_let_in(&ask(&app, "ada", PASSWORD, &code, Some(FOREIGN)).await);
    let begun = ask(&app, "ada", PASSWORD, &code, Some(APPLICATION)).await;
    assert_eq!(application_of(&begun), APPLICATION);
    // Nor does taking it up change anything for who does not name it.
    take_up(&app, &elsewhere.link, ELSEWHERE).await;
    let begun = app.ask_for_session(&app.credentials("ada")).await;
    assert_eq!(application_of(&begun), APPLICATION);
}

#[tokio::test]
async fn application_id_chooses_and_each_application_has_factors_of_its_own() {
    let app = App::with_people().await;
    let (id, there) = ada_elsewhere(&app).await;
    let here = Authenticator::of("ada");
    let code = there.authenticator.next_code(&app.clock);
    let begun = ask(&app, "ada", ELSEWHERE, &code, Some(FOREIGN)).await;
    assert_eq!(application_of(&begun), FOREIGN);
    let person = app.person(&begun, there.authenticator.clone());
    assert_eq!(person.id, id);
    let me = person.get("/admin/me").await.fine();
    assert_eq!(me["application"]["application_id"], FOREIGN);

    let mine = here.next_code(&app.clock);
    let theirs = there.authenticator.code(&app.clock);
    for (password, code, application) in [
        (PASSWORD, &mine, Some(FOREIGN)),
        (ELSEWHERE, &mine, Some(FOREIGN)),
        (ELSEWHERE, &theirs, None),
        (ELSEWHERE, &theirs, Some(APPLICATION)),
        (PASSWORD, &mine, Some("no such application")),
    ] {
        assert_not_let_in(&ask(&app, "ada", password, code, application).await);
    }
    let begun = ask(&app, "ada", PASSWORD, &mine, None).await;
    assert_eq!(application_of(&begun), APPLICATION);
}

#[tokio::test]
async fn without_it_the_first_one_is_meant_where_they_could_sign_in() {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    // Invited here first, and in there first.
    let here = invite(&ada, "new", &[]).await;
    let there = invite(&fay, "new", &[]).await;
    let of_there = take_up(&app, &there.link, ELSEWHERE).await;
    let code = of_there.authenticator.next_code(&app.clock);
    let begun = ask(&app, "new", ELSEWHERE, &code, None).await;
    assert_eq!(application_of(&begun), FOREIGN);
    let of_here = take_up(&app, &here.link, PASSWORD).await;
    let code = of_there.authenticator.next_code(&app.clock);
    let begun = ask(&app, "new", ELSEWHERE, &code, None).await;
    assert_eq!(application_of(&begun), FOREIGN);
    let code = of_here.authenticator.code(&app.clock);
    assert_not_let_in(&ask(&app, "new", PASSWORD, &code, None).await);
    let begun = ask(&app, "new", PASSWORD, &code, Some(APPLICATION)).await;
    assert_eq!(application_of(&begun), APPLICATION);
    // When that one is gone, the other is the first.
    fay.delete(&at(&there.id)).await.nothing();
    let code = of_here.authenticator.next_code(&app.clock);
    let begun = ask(&app, "new", PASSWORD, &code, None).await;
    assert_eq!(application_of(&begun), APPLICATION);
}

#[tokio::test]
async fn a_lock_and_a_reset_in_one_application_leave_the_other_alone() {
    let app = App::with_people().await;
    let (id, there) = ada_elsewhere(&app).await;
    let code = there.authenticator.next_code(&app.clock);
    for _ in 0..5 {
        assert_not_let_in(&ask(&app, "ada", "wrong", &code, Some(FOREIGN)).await);
    }
    assert_not_let_in(&ask(&app, "ada", ELSEWHERE, &code, Some(FOREIGN)).await);
    let ada = app.sign_in("ada").await;
    let fay = app.sign_in("fay").await;
    reset(&fay, &id, "password").await;
    assert_signed_in(&ada).await;
    app.sign_in("ada").await;
}

#[tokio::test]
async fn an_address_is_given_once_in_an_application_whatever_its_case() {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    for email in ["ben@example.com", "BEN@Example.COM", "  ben@example.com "] {
        let body = json!({"email": email, "name": "Another"});
        let taken = ada.post("/admin/administrators", &body).await;
        assert_eq!(
            taken.problem(409, "taken"),
            "another administrator of this application has this email"
        );
        assert_eq!(taken.json()["errors"][0]["pointer"], "/email");
    }
    // Elsewhere it is free,
    let body = json!({"email": "BEN@example.com", "name": "Another"});
    fay.post("/admin/administrators", &body).await.created();
    // and here, when its holder is gone.
    let ben = id_of(&ada, "ben").await;
    ada.delete(&at(&ben)).await.nothing();
    let again = ada.post("/admin/administrators", &body).await.created();
    take_up(&app, &link(&again), PASSWORD).await;
    let pending = ada.post("/admin/administrators", &body).await;
    pending.problem(409, "taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_invitations_of_one_address_at_once_one_is_made() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let calls = (0..8).map(|index| {
        let ada = ada.clone();
        let email = ["new@example.com", "NEW@example.com"][index % 2];
        let body = json!({"email": email, "name": "New"});
        tokio::spawn(async move { ada.post("/admin/administrators", &body).await })
    });
    let mut made = 0;
    for call in calls.collect::<Vec<_>>() {
        let reply = call.await.unwrap();
        if reply.status == 201 {
            made += 1;
        } else {
            reply.problem(409, "taken");
        }
    }
    assert_eq!(made, 1);
    assert_eq!(ada.all("/admin/administrators", "").await.len(), 5);
}

#[tokio::test]
async fn those_of_another_application_are_not_there() {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    let path = at(&fay.id);
    let before = fay.get(&path).await.body;
    let replies = [
        ada.get(&path).await,
        ada.patch(&path, &json!({"name": "Taken over"})).await,
        ada.delete(&path).await,
        ada.post(&format!("{path}/reset-mfa"), &json!({})).await,
        ada.post(&format!("{path}/reset-password"), &json!({}))
            .await,
    ];
    for reply in replies {
        assert_eq!(reply.problem(404, "not-found"), NOT_THERE);
    }
    assert_eq!(fay.get(&path).await.body, before);
    let listed = ada.all("/admin/administrators", "").await;
    assert_eq!(listed.len(), 4);
    let is_listed = listed.iter().any(|one| one["id"] == fay.id);
    assert!(!is_listed);
}
