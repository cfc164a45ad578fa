//! Events of administrators' actions: one for each action, with all its details.

use std::time::Duration;

use countersign_tests::administrators::{authenticator_of, link};
use countersign_tests::{APPLICATION, App, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};
use shared::Envelope;

use super::{AGENT, Held, changed, changing, known};

/// Posts JSON as somebody without a session, with a user agent.
pub(super) async fn visit(app: &App, path: &str, body: &Value) -> countersign_tests::Reply {
    let headers = [("content-type", "application/json"), ("user-agent", AGENT)];
    let body = body.to_string().into();
    app.stranger()
        .send(Method::POST, path, &headers, body)
        .await
}

/// Returns the fields of a client, as the audit has them.
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

    let retired = ada.post(&format!("{path}/secret/retire"), &json!({})).await;
    let changes = changed(&[("previous_secret_until", until, Value::Null)]);
    held.to(
        &retired,
        "admin.clients.retire_secret",
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

    // Access tokens.
    let policy = json!({"audiences": ["reports"], "key_rotation_days": 30});
    let replaced = ada.put("/admin/token-policy", &policy).await;
    let changes = changed(&[
        ("audiences", json!([APPLICATION]), json!(["reports"])),
        ("key_rotation_days", json!(90), json!(30)),
    ]);
    let of_policy = [
        by_ada.clone(),
        known("token_policy", APPLICATION, APPLICATION),
    ];
    held.to(&replaced, "admin.token_policy.replace", of_policy, changes)
        .await;

    // Until the key that waits has been published for long enough.
    app.advance(Duration::from_hours(2));
    held.reader = app.sign_in("dora").await;
    let ada = app.sign_in("ada").await.with("user-agent", AGENT);
    let names = |keys: &Value| -> Vec<String> {
        let keys = keys["keys"].as_array().unwrap().iter();
        keys.map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = names(&ada.get("/admin/signing-keys").await.fine());
    let rotated = ada
        .post(
            "/admin/signing-keys/rotate",
            &json!({"code": ada.next_code()}),
        )
        .await;
    let after = names(&rotated.json());
    let changes = changed(&[
        ("signing_key", json!(before[0]), json!(before[1])),
        ("next_key", json!(before[1]), json!(after[2])),
    ]);
    let key = [by_ada.clone(), known("signing_key", &after[2], &after[2])];
    held.to(&rotated, "admin.signing_keys.rotate", key, changes)
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

    let link = link(&invited.json());
    let authenticator = authenticator_of(&app, &link).await;
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
