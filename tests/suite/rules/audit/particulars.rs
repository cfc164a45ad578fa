//! Events of more than one kind: of imports, of repetitions, of people who are renamed.

use countersign_tests::administrators::{authenticator_of, link};
use countersign_tests::audit::event_of;
use countersign_tests::{App, PASSWORD, email_of};
use serde_json::{Value, json};

use super::events::visit;
use super::{changed, known};

#[tokio::test]
async fn what_an_import_brought_is_the_system_s() {
    let app = App::with_people().await;
    let dora = app.sign_in("dora").await;
    let imported = dora.audit("action=import&limit=200").await;
    // The application, its seven clients, its four administrators.
    assert_eq!(imported.len(), 12);
    for event in &imported {
        assert_eq!(
            event["actor"],
            json!({"kind": "system", "id": null, "name": null})
        );
        assert_eq!(event["source_ip"], Value::Null);
    }
    let names: Vec<_> = imported
        .iter()
        .map(|event| &event["object"]["name"])
        .collect();
    for wanted in ["Under test", "the owner", "ada@example.com"] {
        assert!(names.contains(&&json!(wanted)), "{wanted}");
    }
}

#[tokio::test]
async fn the_event_of_a_creation_that_is_asked_for_twice_is_one() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await.with("idempotency-key", "once");
    let new = json!({"name": "once"});
    let first = ada.post("/admin/clients", &new).await;
    let again = ada.post("/admin/clients", &new).await;
    assert_eq!(again.created(), first.created());
    assert_eq!(ada.audit("action=admin.clients.create").await.len(), 1);
    event_of(&ada, &first).await;
}

#[tokio::test]
async fn an_event_keeps_the_names_of_its_day() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let made = ben.post("/admin/clients", &json!({"name": "Old"})).await;
    let path = format!(
        "/admin/clients/{}",
        made.created()["client_id"].as_str().unwrap()
    );
    ada.patch(&path, &json!({"name": "New"})).await.fine();
    let body = json!({"name": "Benjamin"});
    ada.patch(&format!("/admin/administrators/{}", ben.id), &body)
        .await
        .fine();
    ada.delete(&path).await.nothing();
    let event = event_of(&ada, &made).await;
    assert_eq!(event["actor"]["name"], "ben");
    assert_eq!(event["object"]["name"], "Old");
    let later = ben.post("/admin/clients", &json!({"name": "Later"})).await;
    assert_eq!(event_of(&ada, &later).await["actor"]["name"], "Benjamin");
}

#[tokio::test]
async fn a_sign_in_with_a_recovery_code_and_a_reset_taken_up_are_told_like_others() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let cleo = app.sign_in("cleo").await;
    let path = format!("/admin/administrators/{}/reset-mfa", cleo.id);
    let link = link(&ada.post(&path, &json!({})).await.fine());
    let authenticator = authenticator_of(&app, &link).await;
    let code = authenticator.next_code(&app.clock);
    let enrolled = visit(&app, &link, &json!({"password": PASSWORD, "code": code})).await;
    let event = event_of(&ada, &enrolled).await;
    let changes = changed(&[("has_mfa", json!(false), json!(true))]);
    assert_eq!(event["changes"], changes);
    assert_eq!(event["actor"]["id"], json!(cleo.id));
    let recovery = enrolled.fine()["recovery_codes"][0].clone();
    let body = json!({
        "email": email_of("cleo"), "password": PASSWORD, "recovery_code": recovery
    });
    let begun = visit(&app, "/admin/sessions", &body).await;
    let event = event_of(&ada, &begun).await;
    assert_eq!(event["action"], "admin.sessions.create");
    assert_eq!(event["actor"], known("administrator", &cleo.id, "cleo"));
    let text = event.to_string();
    assert!(
        !text.contains(recovery.as_str().unwrap()),
        "a recovery code is told"
    );
}
