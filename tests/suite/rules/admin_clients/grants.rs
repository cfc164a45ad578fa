//! Modules of a client: who may grant them, which there are, and what Administrator hangs on.

use countersign_tests::App;
use countersign_tests::admin_clients::{caller_of, id_of, of_client, view};
use countersign_tests::machine_api::{assert_not_admitted, assert_unchanged, clients};
use serde_json::{Value, json};

const MODULES: &str = "/admin/modules";

/// Bodies that grant or take away, some of them with what looks like the power to.
fn power_grabs() -> Vec<Value> {
    let grant = json!({"payments": {"administrator": true}});
    let mut bodies = vec![
        json!({"modules": {"payments": {}}}),
        json!({"modules": grant}),
        json!({"modules": {"payments": {}, "collections": {}}}),
        json!({"modules": grant, "enabled": false, "features": ["owner"]}),
    ];
    for smuggled in [
        "privileges",
        "manage_modules",
        "administrator",
        "role",
        "authority",
        "__proto__",
    ] {
        let mut body = json!({"modules": grant});
        body[smuggled] = json!(["manage_modules"]);
        bodies.push(body);
    }
    bodies
}

#[tokio::test]
async fn who_may_not_grant_modules_creates_no_client_with_one() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    for mut body in power_grabs() {
        body["name"] = "new".into();
        let reply = ben.post("/admin/clients", &body).await;
        match body.as_object().unwrap().len() {
            2 | 4 => drop(reply.problem(403, "not-permitted")),
            _ => assert_eq!(reply.faults()[0].1, "there is no such field"),
        }
    }
    assert_unchanged(&app, &before).await;
    // Without any it is fine, also when that is said.
    ben.new_client(&json!({"name": "new", "modules": {}})).await;
}

#[tokio::test]
async fn a_save_by_who_may_not_grant_modules_leaves_them_untouched() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = of_client("login_client", "");
    let held =
        json!({"collections": {"administrator": false}, "payments": {"administrator": false}});
    ada.patch(&path, &json!({"modules": held})).await.fine();
    let ben = app.sign_in("ben").await;
    let before = view(&ben, "login_client").await;
    let mut bodies = power_grabs();
    bodies.retain(|body| body["modules"] != held);
    bodies.extend([
        json!({"modules": {}}),
        json!({"name": "renamed", "modules": {"payments": {}}}),
        json!({"modules": {"nothing": {}}}),
    ]);
    for body in bodies {
        let smuggles = body.as_object().unwrap().len() == 2 && body.get("name").is_none();
        let same = body["modules"] == json!({"payments": {}, "collections": {}});
        let reply = ben.patch(&path, &body).await;
        match (smuggles, same) {
            (true, _) => assert_eq!(reply.faults()[0].1, "there is no such field"),
            // What is there already is no change, and so no grant.
            (_, true) => drop(reply.fine()),
            _ => drop(reply.problem(403, "not-permitted")),
        }
        assert_eq!(view(&ben, "login_client").await, before, "{body}");
    }
    // A save that says nothing of modules changes nothing of them.
    let saved = ben
        .patch(&path, &json!({"name": "by ben", "enabled": false}))
        .await
        .fine();
    assert_eq!(saved["modules"], held);
    assert_eq!(saved["name"], "by ben");
    let refusals = ada
        .audit("action=admin.clients.update&outcome=refused")
        .await;
    assert!(!refusals.is_empty());
    assert!(
        refusals
            .iter()
            .all(|event| event["reason"] == "not-permitted"),
        "{refusals:?}"
    );
}

#[tokio::test]
async fn the_privilege_is_looked_up_at_each_call_and_not_kept_in_the_session() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ben = app.sign_in("ben").await;
    let person = format!("/admin/administrators/{}", ben.id);
    let both = json!({"privileges": ["manage_users", "manage_modules"]});
    ada.patch(&person, &both).await.fine();
    let path = of_client("login_client", "");
    ben.patch(&path, &json!({"modules": {"payments": {}}}))
        .await
        .fine();
    ada.patch(&person, &json!({"privileges": ["manage_users"]}))
        .await
        .fine();
    // Losing one ends the sessions.
    let taken = ben.patch(&path, &json!({"modules": {}})).await;
    taken.problem(401, "not-signed-in");
    let ben = app.sign_in("ben").await;
    let refused = ben.patch(&path, &json!({"modules": {}})).await;
    refused.problem(403, "not-permitted");
    assert_eq!(
        view(&ben, "login_client").await["modules"],
        json!({"payments": {"administrator": false}})
    );
}

#[tokio::test]
async fn manage_modules_alone_edits_no_client() {
    let app = App::with_people().await;
    let cleo = app.sign_in("cleo").await;
    let body = json!({"name": "new", "modules": {"payments": {}}});
    cleo.post("/admin/clients", &body)
        .await
        .problem(403, "not-permitted");
    let path = of_client("login_client", "");
    cleo.patch(&path, &body).await.problem(403, "not-permitted");
}

#[tokio::test]
async fn clearing_a_module_clears_administrator_for_good() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = of_client("login_client", "");
    let set = async |modules: Value| {
        let body = json!({"modules": modules});
        ada.patch(&path, &body).await.fine()["modules"].take()
    };
    let both = json!({"collections": {"administrator": true}, "payments": {"administrator": true}});
    assert_eq!(set(both.clone()).await, both);
    // What is left out is cleared.
    let one = json!({"payments": {"administrator": true}});
    assert_eq!(set(one.clone()).await, one);
    assert_eq!(set(json!({})).await, json!({}));
    // Back again, it is without Administrator.
    assert_eq!(
        set(json!({"payments": {}})).await,
        json!({"payments": {"administrator": false}})
    );
}

#[tokio::test]
async fn administrator_can_not_be_said_without_the_module() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = view(&ada, "login_client").await;
    for (modules, pointer) in [
        (json!({"payments": false}), "/modules/payments"),
        (json!({"payments": null}), "/modules/payments"),
        (json!({"payments": "administrator"}), "/modules/payments"),
        (
            json!({"payments": {"enabled": false, "administrator": true}}),
            "/modules/payments/enabled",
        ),
        (
            json!({"payments": {"administrator": null}}),
            "/modules/payments/administrator",
        ),
        (json!({"payments:admin": {}}), "/modules"),
        (
            json!({"administrator": {"payments": true}}),
            "/modules/administrator/payments",
        ),
        (json!(["payments"]), "/modules"),
    ] {
        let body = json!({"modules": modules, "name": "renamed"});
        for reply in [
            ada.patch(&of_client("login_client", ""), &body).await,
            ada.post("/admin/clients", &body).await,
        ] {
            let faults = reply.faults();
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert_eq!(faults[0].0, pointer, "{faults:?}");
        }
    }
    assert_eq!(view(&ada, "login_client").await, before);
}

#[tokio::test]
async fn only_modules_that_there_are_are_granted() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = clients(&app).await;
    for module in ["nothing", "Payments", " payments", "", &"m".repeat(2000)] {
        let mut body = json!({"name": "new", "modules": {"payments": {}}});
        body["modules"][module] = json!({});
        for reply in [
            ada.post("/admin/clients", &body).await,
            ada.patch(&of_client("login_client", ""), &body).await,
        ] {
            let faults = reply.faults();
            assert_eq!(faults[0].0, "/modules");
            assert!(faults[0].1.contains("PUT /admin/modules"), "{faults:?}");
            assert!(faults[0].1.len() < 200, "{faults:?}");
        }
    }
    assert_unchanged(&app, &before).await;
    // One that another application has is not there, and one that is new is.
    let body = json!({"modules": [{"key": "brand-new", "name": "x"}]});
    ada.put(MODULES, &body).await.fine();
    let path = of_client("login_client", "");
    let grant = |module: &str| json!({"modules": {module: {}}});
    assert_eq!(
        ada.patch(&path, &grant("payments")).await.faults()[0].0,
        "/modules"
    );
    ada.patch(&path, &grant("brand-new")).await.fine();
}

#[tokio::test]
async fn modules_are_no_features_of_the_machine_api() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = json!({"name": "new", "modules": {"payments": {"administrator": true}}});
    let id = id_of(&ada.new_client(&new).await);
    let client = caller_of(&app, &ada, &id).await;
    assert_not_admitted(&client).await;
    assert_eq!(app.listed(&id).await.unwrap()["features"], json!([]));
}
