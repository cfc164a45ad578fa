//! Delete a Client.

use countersign_tests::machine_api::{
    DONE, Way, assert_missing, assert_owners_only, assert_takes_known_ids_only, assert_unchanged,
    assert_unknown, assert_works, clients, listed, shown,
};
use countersign_tests::{App, Setup};
use serde_json::Value;

const DELETE: &str = "/clients/delete";
const ID: &str = "client_id_for_deletion";

#[tokio::test]
async fn a_deleted_client_is_gone_and_refused_at_its_very_next_call() {
    let app = App::start().await;
    for way in Way::ALL {
        let (doomed, id) = app.new_client(&["direct_access"]).await;
        assert_works(&doomed).await;
        assert_eq!(
            shown(&way.send(&app.owner(), DELETE, &[(ID, &id)]).await),
            DONE,
            "{way:?}"
        );
        assert_unknown(&doomed).await;
        assert!(app.listed(&id).await.is_none(), "{way:?}");
    }
}

#[tokio::test]
async fn both_secrets_of_a_grace_period_end_with_the_client() {
    let app = App::start().await;
    let (old, id) = app.new_client(&["direct_access"]).await;
    let reset = [("for_client_id", id.as_str()), ("hours_to_live", "24")];
    let reply = app.owner().post("/clients/reset_secret", &reset).await.ok();
    let new = app.caller(&id, reply["new_secret"].as_str().unwrap());
    assert_works(&old).await;
    app.owner().post(DELETE, &[(ID, &id)]).await.ok();
    assert_unknown(&old).await;
    assert_unknown(&new).await;
}

#[tokio::test]
async fn a_deleted_client_s_description_is_free() {
    let app = App::start().await;
    app.owner().post(DELETE, &[(ID, "featureless")]).await.ok();
    let given = [("description", "The Featureless")];
    let reply = app.owner().post("/clients/add", &given).await.ok();
    assert_ne!(reply["client_id"], "featureless");
}

#[tokio::test]
async fn nobody_else_is_deleted_with_it() {
    let app = App::start().await;
    let before = clients(&app).await;
    app.owner().post(DELETE, &[(ID, "featureless")]).await.ok();
    let others = before
        .into_iter()
        .filter(|client| client["client_id"] != "featureless");
    assert_unchanged(&app, &others.collect::<Vec<_>>()).await;
    assert_works(&app.client("foreigner")).await;
}

#[tokio::test]
async fn a_client_s_settings_go_with_it() {
    let mut setup = Setup::default();
    let doomed = setup.seed["applications"][0]["clients"]
        .as_array_mut()
        .unwrap();
    let doomed = doomed
        .iter_mut()
        .find(|client| client["client_id"] == "featureless")
        .unwrap();
    doomed["settings"] = serde_json::json!({"only_here": "a value"});
    let app = App::with(setup).await;
    let kept = async || Value::from(app.dump("settings").await).to_string();
    assert!(kept().await.contains("only_here"));
    app.owner().post(DELETE, &[(ID, "featureless")]).await.ok();
    assert!(!kept().await.contains("only_here"));
    assert!(
        kept().await.contains("minimum_age"),
        "the application's own settings stay"
    );
}

#[tokio::test]
async fn an_owner_is_not_deleted_neither_another_nor_the_caller() {
    let app = App::start().await;
    let (other, id) = app.new_client(&["owner", "direct_access"]).await;
    let before = clients(&app).await;
    for owner in ["owner", &id, "disabled"] {
        app.owner().post(DELETE, &[(ID, owner)]).await.invalid(ID);
    }
    assert_unchanged(&app, &before).await;
    assert_works(&other).await;
}

#[tokio::test]
async fn one_that_is_no_owner_any_more_can_be_deleted() {
    let app = App::start().await;
    let (_, id) = app.new_client(&["owner"]).await;
    let given = [("for_client_id", id.as_str()), ("features", "[]")];
    app.owner().post("/clients/set_features", &given).await.ok();
    assert_eq!(listed(&app, &id, "features").await, serde_json::json!([]));
    app.owner().post(DELETE, &[(ID, &id)]).await.ok();
}

#[tokio::test]
async fn a_deleted_client_can_not_be_deleted_again() {
    let app = App::start().await;
    app.owner().post(DELETE, &[(ID, "featureless")]).await.ok();
    let why = app
        .owner()
        .post(DELETE, &[(ID, "featureless")])
        .await
        .invalid(ID);
    assert_eq!(why, "client_id_for_deletion is not a valid id");
}

#[tokio::test]
async fn only_clients_of_the_application_can_be_deleted() {
    let app = App::start().await;
    assert_takes_known_ids_only(&app, DELETE, ID, &[]).await;
    assert_works(&app.client("foreigner")).await;
}

#[tokio::test]
async fn the_client_must_be_named() {
    let app = App::start().await;
    assert_missing(&app, DELETE, &[("for_client_id", "featureless")], ID).await;
}

#[tokio::test]
async fn only_owners_may_delete() {
    let app = App::start().await;
    assert_owners_only(&app, DELETE, &[(ID, "featureless")]).await;
}
