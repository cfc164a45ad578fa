//! The attributes of a client and of an administrator: none is lost between asking and the audit.
//!
//! The names come from the structs themselves, so that a new attribute has to be told to this test.

use countersign_tests::Person;
use countersign_tests::admin_clients::of_client;
use countersign_tests::administrators::at as of_person;
use countersign_tests::audit::event_of;
use countersign_tests::change_requests::{app, approve_with_code, held, id_of, see};
use serde_json::{Map, Value, json};
use shared::{AdministratorProfile, ClientProfile, Description, PersonName, Privileges};

/// Returns the names of all attributes that the struct has when it is stored.
fn attributes(profile: &Value) -> Vec<String> {
    profile.as_object().unwrap().keys().cloned().collect()
}

/// Asks for another value of one attribute, has it approved, and looks for it everywhere.
async fn follow(
    [ada, cleo]: &[Person; 2],
    path: &str,
    (attribute, shown): (&str, &str),
    value: Value,
) {
    let before = ada.get(path).await.fine()[shown].clone();
    assert!(!before.is_null(), "{shown} is not shown");
    assert_ne!(before, value, "{attribute}: give the test another value");
    let body = Map::from_iter([(shown.to_owned(), value.clone())]);
    let asked = ada.patch(path, &Value::Object(body)).await;
    let request = held(&asked);
    let change = &request["changes"][0];
    assert_eq!(
        [&change["field"], &change["before"], &change["after"]],
        [&json!(attribute), &before, &value],
        "{attribute} is not proposed: {request:#}"
    );
    let id = id_of(&request);
    let approved = approve_with_code(cleo, &id).await;
    assert_eq!(approved.fine()["state"], "applied");
    assert_eq!(see(ada, &id).await["changes"], request["changes"]);
    let audited = event_of(ada, &approved).await["changes"].clone();
    let pair = json!({"before": before, "after": value});
    assert_eq!(audited[attribute], pair, "{attribute} is not audited");
    let now = ada.get(path).await.fine()[shown].clone();
    assert_eq!(now, value, "{attribute} is not applied");
}

#[tokio::test]
async fn every_attribute_of_a_client_is_proposed_applied_audited_and_shown() {
    let app = app(&["cleo"]).await;
    let people = [app.sign_in("ada").await, app.sign_in("cleo").await];
    let name = Description::try_from("any".to_owned()).unwrap();
    for attribute in attributes(&json!(ClientProfile::named(name))) {
        let (shown, value) = match attribute.as_str() {
            "description" => ("name", json!("Renamed")),
            "enabled" => ("enabled", json!(false)),
            "features" => ("features", json!(["direct_access", "owner"])),
            "allow_list" => ("allow_list", json!(["10.0.0.0/8"])),
            "modules" => ("modules", json!({"payments": {"administrator": true}})),
            new => panic!("tell this test a value of the attribute {new}"),
        };
        follow(
            &people,
            &of_client("login_client", ""),
            (&attribute, shown),
            value,
        )
        .await;
    }
}

#[tokio::test]
async fn every_attribute_of_an_administrator_is_proposed_applied_audited_and_shown() {
    let app = app(&["cleo"]).await;
    let dora = app.sign_in("dora").await;
    let people = [app.sign_in("ada").await, app.sign_in("cleo").await];
    let profile = AdministratorProfile {
        name: PersonName::try_from("any".to_owned()).unwrap(),
        privileges: Privileges::default(),
    };
    for attribute in attributes(&json!(profile)) {
        let value = match attribute.as_str() {
            "name" => json!("Renamed"),
            "privileges" => json!(["manage_modules"]),
            new => panic!("tell this test a value of the attribute {new}"),
        };
        follow(
            &people,
            &of_person(&dora.id),
            (&attribute, &attribute),
            value,
        )
        .await;
    }
}
