//! What administrators did: one event for each action, with all that there is to say.

use std::time::Duration;

use countersign_tests::{APPLICATION, App, PASSWORD, email_of};
use reqwest::Method;
use serde_json::{Value, json};
use shared::Envelope;

use super::{AGENT, Held, changed, changing, event_of, known};
use crate::newcomer::{authenticator, path_of};

/// Posts JSON as somebody without a session, with a user agent.
async fn visit(app: &App, path: &str, body: &Value) -> countersign_tests::Reply {
    let headers = [("content-type", "application/json"), ("user-agent", AGENT)];
    let body = body.to_string().into();
    app.stranger()
        .send(Method::POST, path, &headers, body)
        .await
}

/// What a client consists of, as the audit tells it.
fn client(name: &str, enabled: bool, modules: Value) -> Vec<(&'static str, Value)> {
    vec![
        ("description", json!(name)),
        ("enabled", json!(enabled)),
        ("features", json!(["login_client"])),
        ("allow_list", json!(["10.0.0.0/8"])),
        ("modules", modules),
        ("secret_serial", json!(1)),
    ]
}

#[tokio::test]
async fn each_operation_that_changes_something_leaves_one_event_that_says_all() {
    let app = App::with_people().await;
    let mut held = Held::on(&app).await;

    let begun = visit(&app, "/admin/sessions", &app.credentials("ada")).await;
    let ada = app
        .person(&begun, countersign_tests::Authenticator::of("ada"))
        .with("user-agent", AGENT);
    let by_ada = known("administrator", &ada.id, "ada");
    let herself = known("administrator", &ada.id, "ada@example.com");
    let nothing = json!({});
    let beginning = [by_ada.clone(), herself.clone()];
    held.to(&begun, "admin.sessions.create", beginning, nothing.clone())
        .await;

    // Clients.
    let granted = json!({"payments": {"administrator": true}});
    let body = json!({
        "name": "Till", "enabled": false, "features": ["login_client"],
        "allow_list": ["10.0.0.0/8"], "modules": granted
    });
    let made = ada.post("/admin/clients", &body).await;
    let id = made.json()["client_id"].as_str().unwrap().to_owned();
    let path = format!("/admin/clients/{id}");
    let till = [by_ada.clone(), known("api_client", &id, "Till")];
    let fields: Vec<_> = client("Till", false, granted.clone())
        .into_iter()
        .map(|(field, after)| (field, Value::Null, after))
        .collect();
    held.to(
        &made,
        "admin.clients.create",
        till.clone(),
        changed(&fields),
    )
    .await;

    let fewer = json!({"name": "Till 2", "enabled": true, "modules": {"collections": {}}});
    let updated = ada.patch(&path, &fewer).await;
    let less = json!({"collections": {"administrator": false}});
    let changes = changed(&[
        ("description", json!("Till"), json!("Till 2")),
        ("enabled", json!(false), json!(true)),
        ("modules", granted, less.clone()),
    ]);
    held.to(&updated, "admin.clients.update", till, changes)
        .await;

    let till = [by_ada.clone(), known("api_client", &id, "Till 2")];
    let code = json!({"code": ada.next_code()});
    let revealed = ada.post(&format!("{path}/secret/reveal"), &code).await;
    held.to(
        &revealed,
        "admin.clients.reveal_secret",
        till.clone(),
        nothing.clone(),
    )
    .await;

    let code = json!({"code": ada.next_code(), "hours_to_live": 2});
    let regenerated = ada.post(&format!("{path}/secret/regenerate"), &code).await;
    let until = json!((app.clock.now() + Duration::from_hours(2)).millis());
    let changes = changed(&[
        ("secret_serial", json!(1), json!(2)),
        ("previous_secret_until", Value::Null, until.clone()),
    ]);
    held.to(
        &regenerated,
        "admin.clients.regenerate_secret",
        till.clone(),
        changes,
    )
    .await;

    let deleted = ada.delete(&path).await;
    let mut fields: Vec<_> = client("Till 2", true, less)
        .into_iter()
        .map(|(field, before)| (field, before, Value::Null))
        .collect();
    fields.retain(|(field, ..)| *field != "secret_serial");
    fields.push(("secret_serial", json!(2), Value::Null));
    fields.push(("previous_secret_until", until, Value::Null));
    held.to(&deleted, "admin.clients.delete", till, changed(&fields))
        .await;

    // Modules.
    let modules = json!({"modules": [{"key": "payments", "name": "Paying"}]});
    let replaced = ada.put("/admin/modules", &modules).await;
    let application = [
        by_ada.clone(),
        known("application", APPLICATION, "Under test"),
    ];
    let before = json!({"collections": "collections", "payments": "payments"});
    let changes = changed(&[("modules", before, json!({"payments": "Paying"}))]);
    held.to(&replaced, "admin.modules.replace", application, changes)
        .await;

    // Administrators.
    let new = json!({"email": "Eve@example.com", "name": "Eve", "privileges": ["manage_users"]});
    let invited = ada.post("/admin/administrators", &new).await;
    let id = invited.json()["administrator"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/admin/administrators/{id}");
    let eve = known("administrator", &id, "Eve@example.com");
    let to_eve = [by_ada.clone(), eve.clone()];
    let fields = changed(&[
        ("email", Value::Null, json!("Eve@example.com")),
        ("name", Value::Null, json!("Eve")),
        ("privileges", Value::Null, json!(["manage_users"])),
        ("has_mfa", Value::Null, json!(false)),
        ("has_password", Value::Null, json!(false)),
    ]);
    held.to(
        &invited,
        "admin.administrators.invite",
        to_eve.clone(),
        fields,
    )
    .await;

    let link = path_of(&invited.json());
    let authenticator = authenticator(&app, &link).await;
    let code = authenticator.next_code(&app.clock);
    let enrolled = visit(&app, &link, &json!({"password": PASSWORD, "code": code})).await;
    let by_eve = [known("administrator", &id, "Eve"), eve];
    let set_up = changed(&[
        ("has_mfa", json!(false), json!(true)),
        ("has_password", json!(false), json!(true)),
    ]);
    held.to(&enrolled, "admin.invitations.accept", by_eve, set_up)
        .await;

    let body = json!({"name": "Eva", "privileges": ["manage_modules"]});
    let updated = ada.patch(&path, &body).await;
    let changes = changed(&[
        ("name", json!("Eve"), json!("Eva")),
        (
            "privileges",
            json!(["manage_users"]),
            json!(["manage_modules"]),
        ),
    ]);
    held.to(
        &updated,
        "admin.administrators.update",
        to_eve.clone(),
        changes,
    )
    .await;

    for (what, field) in [("mfa", "has_mfa"), ("password", "has_password")] {
        let reset = ada.post(&format!("{path}/reset-{what}"), &json!({})).await;
        let action = format!("admin.administrators.reset_{what}");
        let changes = changed(&[(field, json!(true), json!(false))]);
        held.to(&reset, &action, to_eve.clone(), changes).await;
    }

    let deleted = ada.delete(&path).await;
    let fields = changed(&[
        ("email", json!("Eve@example.com"), Value::Null),
        ("name", json!("Eva"), Value::Null),
        ("privileges", json!(["manage_modules"]), Value::Null),
        ("has_mfa", json!(false), Value::Null),
        ("has_password", json!(false), Value::Null),
    ]);
    held.to(&deleted, "admin.administrators.delete", to_eve, fields)
        .await;

    let out = ada.delete("/admin/sessions/current").await;
    held.to(&out, "admin.sessions.delete", [by_ada, herself], nothing)
        .await;

    let all = changing(Envelope::Admin);
    assert!(
        held.actions
            .iter()
            .map(String::as_str)
            .eq(all.iter().copied()),
        "not looked at: {:?}",
        all.iter()
            .filter(|id| !held.actions.contains(**id))
            .collect::<Vec<_>>()
    );
}

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
    let link = path_of(&ada.post(&path, &json!({})).await.fine());
    let authenticator = authenticator(&app, &link).await;
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
