//! Take up an Invitation or Reset.

use countersign_tests::administrators::{
    NOT_THERE, answer, assert_wrong_code, authenticator_of, done, id_of, invite, reset, state_of,
};
use countersign_tests::{APPLICATION, App, PASSWORD};
use serde_json::json;

#[tokio::test]
async fn it_answers_ten_recovery_codes_and_the_application() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    let authenticator = authenticator_of(&app, &new.link).await;
    let code = authenticator.code(&app.clock);
    let reply = answer(&app, &new.link, PASSWORD, &code).await;
    let mut enrolled = reply.fine();
    let codes = enrolled["recovery_codes"].take();
    let codes = codes.as_array().unwrap();
    let alphabet = "23456789abcdefghjkmnpqrstuvwxyz-";
    let is_code = |code: &str| code.len() == 14 && code.chars().all(|c| alphabet.contains(c));
    assert!(codes.len() == 10 && codes.iter().all(|code| is_code(code.as_str().unwrap())));
    assert_eq!(
        enrolled,
        json!({"recovery_codes": null, "application_id": APPLICATION})
    );
    // It is no session: that takes the next code.
    assert_eq!(reply.header("set-cookie"), "");
    assert_eq!(state_of(&ada, &new.id).await, "active");
}

#[tokio::test]
async fn where_the_authenticator_stays_there_are_no_new_codes() {
    let app = App::with_people().await;
    let (ben, ada) = (app.sign_in("ben").await, app.sign_in("ada").await);
    let link = reset(&ada, &ben.id, "password").await;
    let code = ben.next_code();
    let reply = answer(&app, &link, "a password of today", &code).await;
    let wanted = format!(r#"{{"recovery_codes":null,"application_id":"{APPLICATION}"}}"#);
    reply.fine();
    assert_eq!(reply.body, wanted);
}

#[tokio::test]
async fn a_new_password_has_12_to_128_characters_and_is_not_easily_guessed() {
    let app = App::with_people().await;
    let new = invite(&app.sign_in("ada").await, "new", &[]).await;
    let authenticator = authenticator_of(&app, &new.link).await;
    let code = authenticator.code(&app.clock);
    for (password, why) in [
        ("", "a password has 12 to 128 characters"),
        ("größegrößeg", "a password has 12 to 128 characters"),
        (&"ab".repeat(65), "a password has 12 to 128 characters"),
        (
            "NEW@example.com",
            "a password is not one's own e-mail address",
        ),
        (
            "zzzzzzzzzzzzz",
            "a password is more than one character again and again",
        ),
    ] {
        let faults = answer(&app, &new.link, password, &code).await.faults();
        assert_eq!(faults, [("/password".to_owned(), why.to_owned())]);
    }
    // None of that was an attempt, nor is the code used. Characters are counted, not bytes.
    answer(&app, &new.link, "größegrößegr", &code).await.fine();
}

#[tokio::test]
async fn a_wrong_code_and_a_wrong_present_password_are_refused_alike() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ben = id_of(&ada, "ben").await;
    let link = reset(&ada, &ben, "mfa").await;
    let authenticator = authenticator_of(&app, &link).await;
    let code = authenticator.code(&app.clock);
    let wrong = authenticator.wrong_code(&app.clock);
    assert_wrong_code(&answer(&app, &link, PASSWORD, &wrong).await);
    assert_wrong_code(&answer(&app, &link, "short", &code).await);
    assert_wrong_code(&answer(&app, &link, "a password of today", &code).await);
    answer(&app, &link, PASSWORD, &code).await.fine();
}

#[tokio::test]
async fn what_is_missing_is_named_and_an_unknown_link_is_not_there() {
    let app = App::with_people().await;
    let new = invite(&app.sign_in("ada").await, "new", &[]).await;
    let json = "application/json";
    let send = async |path: &str, body: serde_json::Value| {
        let body = body.to_string();
        app.stranger().post_raw(path, json, body).await
    };
    let pointers = |faults: Vec<(String, String)>| {
        let pointers = faults.into_iter().map(|(pointer, _)| pointer);
        pointers.collect::<Vec<_>>()
    };
    let faults = send(&new.link, json!({})).await.faults();
    assert_eq!(pointers(faults), ["/password", "/code"]);
    let body = json!({"password": PASSWORD, "code": "000000", "email": "a@b", "token": "x"});
    let faults = send(&new.link, body).await.faults();
    assert_eq!(pointers(faults), ["/token", "/email"]);
    let form = app.stranger().post(&new.link, &[("code", "1")]).await;
    form.problem(415, "unsupported-media-type");
    let unknown = "/admin/invitations/cin_unknown";
    let reply = answer(&app, unknown, "short", "000000").await;
    assert_eq!(reply.problem(404, "not-found"), NOT_THERE);
}

#[tokio::test]
async fn it_is_audited_as_the_deed_of_who_took_it_up() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    let authenticator = authenticator_of(&app, &new.link).await;
    let wrong = authenticator.wrong_code(&app.clock);
    assert_wrong_code(&answer(&app, &new.link, PASSWORD, &wrong).await);
    let code = authenticator.code(&app.clock);
    answer(&app, &new.link, PASSWORD, &code).await.fine();
    let events = done(&ada, "admin.invitations.accept").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["actor"]["id"], new.id);
    assert_eq!(events[0]["object"]["id"], new.id);
    assert_eq!(
        events[0]["changes"],
        json!({
            "has_mfa": {"before": false, "after": true},
            "has_password": {"before": false, "after": true}
        })
    );
    let refused = ada
        .audit("action=admin.invitations.accept&outcome=refused")
        .await;
    assert_eq!(refused.len(), 1);
}
