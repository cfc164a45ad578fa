//! Change an API Client.

use countersign_tests::App;
use countersign_tests::admin_clients::{
    assert_finds_own_clients_only, assert_takes_manage_users, assert_tells_no_secret, of_client,
    view,
};
use countersign_tests::machine_api::{assert_unchanged, clients};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_named_changes_and_the_rest_stays() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = of_client("login_client", "");
    let mut wanted = view(&ada, "login_client").await;
    for (field, value) in [
        ("name", json!("Renamed")),
        ("enabled", json!(false)),
        ("features", json!(["direct_access", "owner"])),
        ("allow_list", json!(["10.0.0.0/8", "2001:db8::/32"])),
        ("modules", json!({"payments": {"administrator": true}})),
        ("modules", json!({})),
        ("features", json!([])),
        ("enabled", json!(true)),
    ] {
        let mut body = json!({});
        body[field] = value.clone();
        wanted[field] = value;
        let reply = ada.patch(&path, &body).await;
        assert_eq!(reply.fine(), wanted, "{field}");
        assert_tells_no_secret(&reply);
        assert_eq!(view(&ada, "login_client").await, wanted, "{field}");
    }
}

#[tokio::test]
async fn a_change_answers_the_whole_client() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = of_client("featureless", "");
    let reply = ben
        .patch(
            &path,
            &json!({"name": " B ", "enabled": false, "features": ["owner"]}),
        )
        .await;
    reply.fine();
    assert_eq!(
        reply.body,
        r#"{"client_id":"featureless","name":"B","enabled":false,"features":["owner"],"allow_list":["0.0.0.0/0"],"modules":{},"created_at":"2036-11-21T00:00:00Z","previous_secret_expires_at":null,"secret_last_used_at":null,"previous_secret_last_used_at":null}"#
    );
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("etag"), r#""2""#);
}

#[tokio::test]
async fn nothing_and_null_change_nothing() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = of_client("owner", "");
    let before = clients(&app).await;
    let nothing = json!({
        "name": null, "enabled": null, "features": null, "allow_list": null, "modules": null
    });
    for body in [json!({}), nothing] {
        ben.patch(&path, &body).await.fine();
        assert_unchanged(&app, &before).await;
    }
}

#[tokio::test]
async fn a_change_is_one_event_that_tells_what_was_and_what_is() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    ben.patch(
        &of_client("owner", ""),
        &json!({"enabled": false, "features": ["owner"]}),
    )
    .await
    .fine();
    let events = ben.audit("action=admin.clients.update").await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["outcome"], "applied");
    assert_eq!(
        events[0]["object"],
        json!({"kind": "api_client", "id": "owner", "name": "the owner"})
    );
    assert_eq!(
        events[0]["changes"],
        json!({"enabled": {"before": true, "after": false}})
    );
}

#[tokio::test]
async fn what_does_not_fit_is_named_part_by_part_and_changes_nothing() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = clients(&app).await;
    let path = of_client("owner", "");
    let body = json!({
        "name": "\u{7}", "enabled": 0, "features": "owner", "allow_list": ["10.0.0.0/33"],
        "modules": {"payments": true}, "privileges": ["manage_modules"], "client_id": "login_client"
    });
    let faults = ada.patch(&path, &body).await.faults();
    let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/client_id",
            "/privileges",
            "/allow_list",
            "/enabled",
            "/features",
            "/modules/payments",
            "/name",
        ]
    );
    // One fault is enough to refuse all of it.
    let body = json!({"name": "Fine", "enabled": "no"});
    assert_eq!(ada.patch(&path, &body).await.faults()[0].0, "/enabled");
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn a_name_that_another_client_has_is_a_conflict_and_changes_nothing() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    let body = json!({"name": "THE featureless", "enabled": false});
    let reply = ben.patch(&of_client("login_client", ""), &body).await;
    let words = reply.problem(409, "taken");
    assert_eq!(words, "another client of this application has this name");
    assert_eq!(reply.json()["errors"][0]["pointer"], "/name");
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn only_clients_of_the_own_application_are_there() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let body = json!({"enabled": false});
    assert_finds_own_clients_only(&app, &ada, Method::PATCH, "", Some(&body)).await;
}

#[tokio::test]
async fn it_takes_manage_users() {
    let app = App::with_people().await;
    let path = of_client("owner", "");
    for body in [
        json!({"enabled": false}),
        json!({"modules": {"payments": {}}}),
        Value::Null,
    ] {
        let body = (!body.is_null()).then_some(&body);
        assert_takes_manage_users(&app, Method::PATCH, &path, body).await;
    }
}
