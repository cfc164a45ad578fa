//! Refusals of API clients under multi admin: a second change of the same client, and the usual ones.

use std::time::Duration;

use countersign_tests::admin_clients::of_client;
use countersign_tests::change_requests::{
    all_clients, app, approve, count, held, id_of, pending, reject,
};
use countersign_tests::machine_api::NOT_AUTHORIZED;
use serde_json::json;

const RENAME: &str = "/clients/set_description";

#[tokio::test]
async fn a_second_change_of_a_client_waits_for_the_first_whoever_asks() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let this = ("for_client_id", "login_client");
    let rename = [this, ("description", "x")];
    let first = pending(&app.owner().post(RENAME, &rename).await);
    for (path, given) in [
        (RENAME, rename.to_vec()),
        ("/clients/set_features", vec![this, ("features", "[]")]),
        (
            "/clients/set_whitelist",
            vec![this, ("whitelist", r#"["10.0.0.1"]"#)],
        ),
        ("/clients/clear_whitelist", vec![this]),
        ("/clients/reset_secret", vec![this]),
        (
            "/clients/delete",
            vec![("client_id_for_deletion", "login_client")],
        ),
    ] {
        let reply = app.owner().post(path, &given).await;
        let words = reply.error(480, "api_feature_disabled");
        let wanted = format!("the change request {first} for it is pending; it is decided first");
        assert_eq!(words, wanted, "{path}");
    }
    let reply = ada.delete(&of_client("login_client", "")).await;
    let words = reply.problem(409, "request-pending");
    assert!(words.contains(&first), "{words}");
    assert_eq!(reply.json()["change_request"], json!(first));
    assert_eq!(count(&ada).await, 1);
    // One of an administrator is in a machine's way just the same, until it is decided.
    let second = id_of(&held(&ada.delete(&of_client("featureless", "")).await));
    let given = [("for_client_id", "featureless")];
    let reply = app.owner().post("/clients/reset_secret", &given).await;
    let words = reply.error(480, "api_feature_disabled");
    assert!(words.contains(&second), "{words}");
    reject(&ada, &second).await.fine();
    let reply = app.owner().post("/clients/reset_secret", &given).await;
    assert_ne!(pending(&reply), second);
    reject(&ada, &first).await.fine();
    pending(&app.owner().post(RENAME, &rename).await);
}

#[tokio::test]
async fn after_fourteen_days_the_first_is_no_longer_in_the_way() {
    let app = app(&["cleo"]).await;
    let rename = [("for_client_id", "login_client"), ("description", "x")];
    let first = pending(&app.owner().post(RENAME, &rename).await);
    app.advance(Duration::from_millis(14 * 24 * 3_600_000 - 1));
    let reply = app.owner().post(RENAME, &rename).await;
    reply.error(480, "api_feature_disabled");
    app.advance(Duration::from_millis(1));
    let second = pending(&app.owner().post(RENAME, &rename).await);
    let ada = app.sign_in("ada").await;
    let words = approve(&ada, &first).await.problem(409, "already-decided");
    assert_eq!(words, "it is expired since 2036-12-05T00:00:00Z");
    reject(&ada, &second).await.fine();
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_still_said_first() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let owner = app.owner();
    // The client has a request that waits, and a fault still comes first.
    let waits = [("client_id_for_deletion", "featureless")];
    let first = pending(&owner.post("/clients/delete", &waits).await);
    let before = all_clients(&app).await;
    let featureless = ("for_client_id", "featureless");
    for (path, given, argument, why) in [
        ("/clients/add", vec![("description", "")], "description", ""),
        (
            "/clients/add",
            vec![("description", "THE owner")],
            "description",
            "another client of this application has it",
        ),
        (
            "/clients/add",
            vec![("description", "x"), ("features", "[owner]")],
            "features",
            "the JSON is not syntactically valid",
        ),
        (
            "/clients/delete",
            vec![("client_id_for_deletion", "owner")],
            "client_id_for_deletion",
            "an owner client cannot be deleted",
        ),
        (
            "/clients/delete",
            vec![("client_id_for_deletion", "foreigner")],
            "client_id_for_deletion",
            "client_id_for_deletion is not a valid id",
        ),
        (
            RENAME,
            vec![("for_client_id", "nobody"), ("description", "x")],
            "for_client_id",
            "for_client_id is not a valid id",
        ),
        (
            RENAME,
            vec![
                ("for_client_id", "login_client"),
                ("description", "the owner"),
            ],
            "description",
            "another client of this application has it",
        ),
        (
            "/clients/set_features",
            vec![("features", "[]")],
            "features",
            "an owner cannot take owner from itself",
        ),
        (
            "/clients/set_features",
            vec![featureless, ("features", r#"["x"]"#)],
            "features",
            "",
        ),
        (
            "/clients/set_whitelist",
            vec![("whitelist", r#"["10.0.0.0/8"]"#)],
            "whitelist",
            "it does not admit the address that this call comes from",
        ),
        (
            "/clients/set_whitelist",
            vec![featureless, ("whitelist", r#"["1.2.3.4/33"]"#)],
            "whitelist",
            "invalid cidr address: 1.2.3.4/33; value after slash must be 32 or less",
        ),
        (
            "/clients/clear_whitelist",
            vec![("for_client_id", "x")],
            "for_client_id",
            "for_client_id is not a valid id",
        ),
        (
            "/clients/reset_secret",
            vec![featureless, ("hours_to_live", "169")],
            "hours_to_live",
            "",
        ),
    ] {
        let words = owner.post(path, &given).await.invalid(argument);
        assert!(words == why || why.is_empty(), "{path}: {words}");
    }
    for path in [
        "/clients/add",
        "/clients/delete",
        RENAME,
        "/clients/set_features",
        "/clients/reset_secret",
    ] {
        owner.post(path, &[]).await.error(100, "missing_argument");
        let lesser = app.client("login_client").post(path, &[featureless]).await;
        assert_eq!(lesser.error(403, "client_permission_error"), NOT_AUTHORIZED);
        let nobody = app.client("disabled").post(path, &[featureless]).await;
        nobody.error(402, "invalid_client_credentials");
    }
    assert!(all_clients(&app).await == before, "something has changed");
    let asked = ada.all("/admin/change-requests", "").await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(id_of(&asked[0]), first);
}
