//! Events of API clients' actions.

use std::time::Duration;

use countersign_tests::audit::event_of;
use countersign_tests::{APPLICATION, App};
use serde_json::{Value, json};
use shared::Envelope;

use super::{Held, call, changed, changing, known};

const TARGET: &str = "login_client";
const FOR: (&str, &str) = ("for_client_id", TARGET);

#[tokio::test]
async fn each_operation_of_the_machine_api_leaves_one_event_that_names_the_client() {
    let app = App::with_people().await;
    let mut held = Held::on(&app).await;
    let owner = app.owner();
    let by_owner = known("api_client", "owner", "the owner");
    let client = |id: &str, name: &str| [by_owner.clone(), known("api_client", id, name)];

    let new = [
        ("description", "Till"),
        ("features", r#"["direct_access"]"#),
    ];
    let made = call(&owner, "/clients/add", &new).await;
    let id = made.ok()["client_id"].as_str().unwrap().to_owned();
    let fields = [
        ("description", json!("Till")),
        ("enabled", json!(true)),
        ("features", json!(["direct_access"])),
        ("allow_list", json!(["0.0.0.0/0"])),
        ("modules", json!({})),
        ("secret_serial", json!(1)),
    ];
    let created = fields
        .clone()
        .map(|(field, after)| (field, Value::Null, after));
    held.to(&made, "clients.add", client(&id, "Till"), changed(&created))
        .await;
    let gone = fields.map(|(field, before)| (field, before, Value::Null));
    let deleted = call(
        &owner,
        "/clients/delete",
        &[("client_id_for_deletion", &id)],
    )
    .await;
    held.to(
        &deleted,
        "clients.delete",
        client(&id, "Till"),
        changed(&gone),
    )
    .await;

    let until = (app.clock.now() + Duration::from_hours(3)).millis();
    for (path, argument, name, fields) in [
        (
            "set_features",
            ("features", "[]"),
            "the login_client",
            vec![("features", json!(["login_client"]), json!([]))],
        ),
        (
            "set_whitelist",
            ("whitelist", r#"["10.0.0.1"]"#),
            "the login_client",
            vec![("allow_list", json!(["0.0.0.0/0"]), json!(["10.0.0.1/32"]))],
        ),
        (
            "clear_whitelist",
            ("", ""),
            "the login_client",
            vec![("allow_list", json!(["10.0.0.1/32"]), json!(["0.0.0.0/0"]))],
        ),
        (
            "reset_secret",
            ("hours_to_live", "3"),
            "the login_client",
            vec![
                ("secret_serial", json!(1), json!(2)),
                ("previous_secret_until", Value::Null, json!(until)),
            ],
        ),
        (
            "set_description",
            ("description", "renamed"),
            "the login_client",
            vec![("description", json!("the login_client"), json!("renamed"))],
        ),
    ] {
        let reply = call(&owner, &format!("/clients/{path}"), &[FOR, argument]).await;
        let action = format!("clients.{path}");
        held.to(&reply, &action, client(TARGET, name), changed(&fields))
            .await;
    }

    // Settings of the client, and of the application.
    let none = Value::Null;
    let layer = |id: &str| [by_owner.clone(), known("settings", id, id)];
    for (path, arguments, fields) in [
        (
            "set",
            [("key", "a"), ("value", "1")],
            vec![("a", none.clone(), json!("1"))],
        ),
        (
            "set_multi",
            [("items", r#"{"a":"2","b":"3"}"#), ("", "")],
            vec![
                ("a", json!("1"), json!("2")),
                ("b", none.clone(), json!("3")),
            ],
        ),
        (
            "delete",
            [("key", "a"), ("", "")],
            vec![("a", json!("2"), none.clone())],
        ),
        (
            "delete_multi",
            [("keys", r#"["b"]"#), ("", "")],
            vec![("b", json!("3"), none.clone())],
        ),
        // The seed gave the client no settings: its first version had `a` alone.
        (
            "restore",
            [("version", "1"), ("", "")],
            vec![("a", none.clone(), json!("1"))],
        ),
    ] {
        let arguments = [&[FOR], &arguments[..]].concat();
        let reply = call(&owner, &format!("/settings/{path}"), &arguments).await;
        let action = format!("settings.{path}");
        held.to(&reply, &action, layer(TARGET), changed(&fields))
            .await;
    }
    for (path, arguments, fields) in [
        (
            "set_default",
            [("key", "a"), ("value", "1")],
            vec![("a", none.clone(), json!("1"))],
        ),
        (
            "set_default_multi",
            [("items", r#"{"a":"2"}"#), ("", "")],
            vec![("a", json!("1"), json!("2"))],
        ),
        (
            "delete_default",
            [("key", "a"), ("", "")],
            vec![("a", json!("2"), none.clone())],
        ),
    ] {
        let reply = call(&owner, &format!("/settings/{path}"), &arguments).await;
        let action = format!("settings.{path}");
        held.to(&reply, &action, layer(APPLICATION), changed(&fields))
            .await;
    }

    // Publishing.
    let chosen = [FOR, ("key", "jump_publish_settings"), ("value", "a")];
    owner.post("/settings/set", &chosen).await.ok();
    let published = call(&owner, "/settings/widget/publish", &[FOR]).await;
    let version = published.ok()["results"]["janrain_settings_version"].clone();
    let files = [
        by_owner.clone(),
        known("published_settings", TARGET, TARGET),
    ];
    let newest = changed(&[("newest_version", none.clone(), version.clone())]);
    held.to(&published, "settings.widget.publish", files.clone(), newest)
        .await;
    let all = [FOR, ("commit", "true")];
    let deleted = call(&owner, "/settings/widget/delete", &all).await;
    let newest = changed(&[("newest_version", version, none)]);
    held.to(&deleted, "settings.widget.delete", files, newest)
        .await;

    let all = changing(Envelope::Machine);
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
async fn administrators_and_clients_stand_in_one_audit() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let made = ada.post("/admin/clients", &json!({"name": "Shared"})).await;
    let id = made.created()["client_id"].as_str().unwrap().to_owned();
    let by_machine = [("for_client_id", id.as_str()), ("features", r#"["owner"]"#)];
    let changed = call(&app.owner(), "/clients/set_features", &by_machine).await;
    let (one, other) = (event_of(&ada, &made).await, event_of(&ada, &changed).await);
    assert_eq!(one["actor"]["kind"], "administrator");
    assert_eq!(other["actor"]["kind"], "api_client");
    assert_eq!(one["object"], other["object"]);
}

#[tokio::test]
async fn a_refused_or_unfit_call_leaves_no_event_of_something_done() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = ada.audit("outcome=applied&limit=200").await;
    let unfit = call(
        &app.owner(),
        "/clients/set_features",
        &[FOR, ("features", "[")],
    )
    .await;
    unfit.invalid("features");
    let unknown = [("for_client_id", "nobody"), ("features", "[]")];
    let unknown = call(&app.owner(), "/clients/set_features", &unknown).await;
    unknown.invalid("for_client_id");
    ada.post("/admin/clients", &json!({"name": ""}))
        .await
        .faults();
    let taken = ada
        .post("/admin/clients", &json!({"name": "the owner"}))
        .await;
    taken.problem(409, "taken");
    ada.delete("/admin/clients/nobody")
        .await
        .problem(404, "not-found");
    assert_eq!(ada.audit("outcome=applied&limit=200").await, before);
}
