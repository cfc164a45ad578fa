//! The machine API and the admin API see the same clients.

use countersign_tests::admin_clients::{id_of, of_client, regenerate, view};
use countersign_tests::machine_api::{assert_unknown, assert_works};
use countersign_tests::{App, Person};
use serde_json::{Value, json};

/// A client, as both APIs show it: its name, features and allow list.
async fn both(app: &App, person: &Person, id: &str) -> [Value; 2] {
    let here = view(person, id).await;
    let there = app.listed(id).await.unwrap();
    [
        json!([here["name"], here["features"], here["allow_list"]]),
        json!([there["description"], there["features"], there["whitelist"]]),
    ]
}

#[tokio::test]
async fn what_an_administrator_creates_and_changes_the_machine_api_lists() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let new = json!({"name": "New", "features": ["owner"], "allow_list": ["127.0.0.0/8"]});
    let id = id_of(&ben.new_client(&new).await);
    let wanted = json!(["New", ["owner"], ["127.0.0.0/8"]]);
    assert_eq!(both(&app, &ben, &id).await, [wanted.clone(), wanted]);
    let change =
        json!({"name": "Newer", "features": ["direct_access"], "allow_list": ["10.0.0.0/8"]});
    ben.patch(&of_client(&id, ""), &change).await.fine();
    let wanted = json!(["Newer", ["direct_access"], ["10.0.0.0/8"]]);
    assert_eq!(both(&app, &ben, &id).await, [wanted.clone(), wanted]);
    ben.delete(&of_client(&id, "")).await.nothing();
    assert_eq!(app.listed(&id).await, None);
}

#[tokio::test]
async fn what_the_machine_api_creates_and_changes_an_administrator_sees() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let (_, id) = app.new_client(&["login_client"]).await;
    let this = ("for_client_id", id.as_str());
    for (path, argument, value) in [
        (
            "/clients/set_description",
            "description",
            "Said by a machine",
        ),
        ("/clients/set_features", "features", r#"["direct_access"]"#),
        ("/clients/set_whitelist", "whitelist", r#"["192.0.2.7"]"#),
    ] {
        app.owner()
            .post(path, &[this, (argument, value)])
            .await
            .ok();
    }
    let wanted = json!(["Said by a machine", ["direct_access"], ["192.0.2.7/32"]]);
    assert_eq!(both(&app, &ben, &id).await, [wanted.clone(), wanted]);
    assert_eq!(view(&ben, &id).await["enabled"], true);
    let deletion = [("client_id_for_deletion", id.as_str())];
    app.owner().post("/clients/delete", &deletion).await.ok();
    ben.get(&of_client(&id, "")).await.problem(404, "not-found");
}

#[tokio::test]
async fn both_count_the_changes_of_a_client_together() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = of_client("login_client", "");
    let this = ("for_client_id", "login_client");
    app.owner()
        .post("/clients/set_description", &[this, ("description", "x")])
        .await
        .ok();
    assert_eq!(ben.get(&path).await.header("etag"), r#""2""#);
    ben.patch(&path, &json!({"name": "y"})).await.fine();
    app.owner()
        .post("/clients/reset_secret", &[this])
        .await
        .ok();
    assert_eq!(ben.get(&path).await.header("etag"), r#""4""#);
}

#[tokio::test]
async fn a_secret_that_the_machine_api_resets_is_the_one_that_is_revealed() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let given = [("for_client_id", "login_client"), ("hours_to_live", "3")];
    let reset = app.owner().post("/clients/reset_secret", &given).await.ok();
    assert!(ben.secret_of("login_client").await == reset["new_secret"]);
    let seen = view(&ben, "login_client").await;
    assert_eq!(seen["previous_secret_expires_at"], "2036-11-21T03:00:30Z");
}

#[tokio::test]
async fn a_secret_that_an_administrator_regenerates_is_the_one_that_the_machine_api_lists() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let (old, id) = app.new_client(&["login_client"]).await;
    let more = json!({"hours_to_live": 1});
    let new = regenerate(&ben, &id, &ben.next_code(), &more).await.fine();
    let listed = app.listed(&id).await.unwrap();
    assert!(listed["client_secret"] == new["client_secret"]);
    assert_works(&old).await;
    // A reset there ends the grace period that began here.
    let given = [("for_client_id", id.as_str())];
    app.owner().post("/clients/reset_secret", &given).await.ok();
    assert_unknown(&old).await;
}

#[tokio::test]
async fn a_change_by_the_machine_api_leaves_the_modules_and_being_enabled_alone() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let off = json!({"enabled": false, "modules": {"payments": {"administrator": true}}});
    ada.patch(&of_client("login_client", ""), &off).await.fine();
    let this = ("for_client_id", "login_client");
    for (path, argument, value) in [
        ("/clients/set_description", "description", "x"),
        ("/clients/set_features", "features", r#"["owner"]"#),
        ("/clients/set_whitelist", "whitelist", r#"["127.0.0.1"]"#),
        ("/clients/reset_secret", "hours_to_live", "1"),
    ] {
        app.owner()
            .post(path, &[this, (argument, value)])
            .await
            .ok();
    }
    let seen = view(&ada, "login_client").await;
    assert_eq!(seen["enabled"], false);
    assert_eq!(seen["modules"], off["modules"]);
    assert_unknown(&app.client("login_client")).await;
}
