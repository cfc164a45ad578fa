//! Replace the Modules.

use countersign_tests::admin_clients::{of_client, view};
use countersign_tests::{App, Person};
use serde_json::{Value, json};

const MODULES: &str = "/admin/modules";

/// Makes sure that nothing of the modules has changed since the seed.
async fn assert_as_seeded(person: &Person) {
    let reply = person.get(MODULES).await;
    let keys: Vec<_> = reply.fine()["modules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|module| module["key"].clone())
        .collect();
    assert_eq!(keys, ["collections", "payments"]);
    assert_eq!(reply.header("etag"), r#""1""#);
}

#[tokio::test]
async fn what_is_said_is_what_there_is() {
    let app = App::with_people().await;
    let cleo = app.sign_in("cleo").await;
    let body = json!({"modules": [
        {"key": "zoo", "name": "  Zoo & more "}, {"key": "Payments.v2_x-y", "name": "Zahlungen größer"}
    ]});
    let reply = cleo.put(MODULES, &body).await;
    reply.fine();
    assert_eq!(
        reply.body,
        r#"{"modules":[{"key":"Payments.v2_x-y","name":"Zahlungen größer"},{"key":"zoo","name":"Zoo & more"}]}"#
    );
    assert_eq!(reply.header("etag"), r#""2""#);
    let seen = cleo.get(MODULES).await;
    assert_eq!(
        (seen.body.as_str(), seen.header("etag")),
        (reply.body.as_str(), r#""2""#)
    );
    // There may be none at all.
    let none = cleo.put(MODULES, &json!({"modules": []})).await;
    none.fine();
    assert_eq!(none.body, r#"{"modules":[]}"#);
    let fay = app.sign_in("fay").await;
    assert_eq!(
        fay.get(MODULES).await.fine()["modules"][0]["key"],
        "payments"
    );
}

#[tokio::test]
async fn a_module_that_a_client_is_let_into_stays() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = of_client("login_client", "");
    let grants = json!({"modules": {"payments": {"administrator": true}}});
    ada.patch(&path, &grants).await.fine();
    let without = json!({"modules": [{"key": "collections", "name": "c"}]});
    let words = ada
        .put(MODULES, &without)
        .await
        .problem(409, "module-in-use");
    assert_eq!(
        words,
        "the client the login_client is let into the module payments; take that away first"
    );
    assert_eq!(
        ada.get(MODULES).await.fine()["modules"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        view(&ada, "login_client").await["modules"],
        grants["modules"]
    );
    // It may be called something else, and go when nobody is let into it any more.
    let renamed = json!({"modules": [{"key": "payments", "name": "Payments"}]});
    ada.put(MODULES, &renamed).await.fine();
    ada.patch(&path, &json!({"modules": {}})).await.fine();
    ada.put(MODULES, &without).await.fine();
}

#[tokio::test]
async fn what_does_not_fit_is_named_and_changes_nothing() {
    let app = App::with_people().await;
    let cleo = app.sign_in("cleo").await;
    let module = |key: &str, name: &str| json!({"key": key, "name": name});
    let many: Vec<_> = (0..101)
        .map(|number| module(&format!("m{number}"), "x"))
        .collect();
    for (modules, pointer) in [
        (json!([module("", "x")]), "/modules/0/key"),
        (
            json!([module("a", "a"), module("a b", "x")]),
            "/modules/1/key",
        ),
        (json!([module("payments:admin", "x")]), "/modules/0/key"),
        (json!([module(&"k".repeat(65), "x")]), "/modules/0/key"),
        (json!([module("a", " ")]), "/modules/0/name"),
        (json!([module("a", &"n".repeat(101))]), "/modules/0/name"),
        (json!([module("a", "a"), module("a", "b")]), "/modules"),
        (json!(many), "/modules"),
        (json!({"payments": {}}), "/modules"),
        (Value::Null, "/modules"),
    ] {
        let faults = cleo
            .put(MODULES, &json!({"modules": modules}))
            .await
            .faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].0, pointer, "{faults:?}");
    }
    let unknown = json!({"modules": [{"key": "a", "name": "a", "colour": "red"}]});
    let faults = cleo.put(MODULES, &unknown).await.faults();
    assert!(faults[0].0.starts_with("/modules/0"), "{faults:?}");
    assert_eq!(
        cleo.put(MODULES, &json!({})).await.faults(),
        [("/modules".to_owned(), "it is missing".to_owned())]
    );
    assert_as_seeded(&cleo).await;
}

#[tokio::test]
async fn a_hundred_modules_are_not_too_many() {
    let app = App::with_people().await;
    let cleo = app.sign_in("cleo").await;
    let name = "ü".repeat(100);
    let modules: Vec<_> = (0..100)
        .map(|number| json!({"key": format!("{number:064}"), "name": name}))
        .collect();
    cleo.put(MODULES, &json!({"modules": modules})).await.fine();
    assert_eq!(cleo.get(MODULES).await.fine()["modules"], json!(modules));
}

#[tokio::test]
async fn a_change_is_an_event() {
    let app = App::with_people().await;
    let cleo = app.sign_in("cleo").await;
    let body = json!({"modules": [{"key": "payments", "name": "Payments"}]});
    cleo.put(MODULES, &body).await.fine();
    let events = cleo.audit("action=admin.modules.replace").await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["actor"]["id"], *cleo.id);
    assert_eq!(events[0]["object"]["kind"], "application");
    assert_eq!(
        events[0]["changes"]["modules"],
        json!({
            "before": {"collections": "collections", "payments": "payments"},
            "after": {"payments": "Payments"}
        })
    );
}

#[tokio::test]
async fn it_takes_manage_modules() {
    let app = App::with_people().await;
    let body = json!({"modules": []});
    for nobody in [app.stranger(), app.owner()] {
        let json = [("content-type", "application/json")];
        let reply = nobody
            .send(
                reqwest::Method::PUT,
                MODULES,
                &json,
                body.to_string().into(),
            )
            .await;
        reply.problem(401, "not-signed-in");
    }
    for lesser in ["ben", "dora"] {
        let lesser = app.sign_in(lesser).await;
        lesser
            .put(MODULES, &body)
            .await
            .problem(403, "not-permitted");
        assert_as_seeded(&lesser).await;
    }
}
