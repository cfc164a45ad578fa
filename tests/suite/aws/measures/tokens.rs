//! Exercises of the OAuth 2 operations, to measure their cost.

use std::time::Duration;

use countersign_tests::{App, Setup, secret_of};
use serde_json::json;
use shared::Endpoint;

/// Lets the clients that ask for tokens into a module.
pub(super) fn let_in(setup: &mut Setup) {
    setup.seed["applications"][0]["modules"] = json!(["payments"]);
    let clients = &mut setup.seed["applications"][0]["clients"];
    for client in clients.as_array_mut().unwrap() {
        client["modules"] = json!({"payments": {}});
    }
}

/// Calls an operation so that it does its whole work.
pub(super) async fn exercise(app: &App, operation: &str) {
    let owner = app.owner();
    match operation {
        "oauth2.token" => drop(token(app).await),
        "oauth2.introspect" => {
            let token = token(app).await;
            let given = [("token", token.as_str())];
            let told = owner.post("/oauth2/introspect", &given).await.fine();
            assert_eq!(told["active"], true);
        }
        "oauth2.revoke" => {
            let token = token(app).await;
            let given = [("token", token.as_str())];
            owner.post("/oauth2/revoke", &given).await.fine();
        }
        "oauth2.jwks" => {
            let keys = app.stranger().get("/.well-known/jwks.json", &[]).await;
            assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 4);
        }
        "oauth2.metadata" => {
            let path = "/.well-known/oauth-authorization-server";
            assert_eq!(app.stranger().get(path, &[]).await.status, 200);
        }
        other => panic!("no exercise for {other}: write one here"),
    }
}

/// Asks for a token when the signing key has to be replaced, then with a wrong secret.
pub(super) async fn strain(app: &App, endpoint: &Endpoint) {
    if endpoint.id == "oauth2.token" {
        app.advance(Duration::from_hours(91 * 24));
        token(app).await;
        let keys = app.stranger().get("/.well-known/jwks.json", &[]).await;
        assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 5);
    }
    let wrong = app.caller("owner", &secret_of("login_client"));
    let refused = wrong.post(endpoint.route.path, &[]).await;
    assert_eq!(refused.status, 401, "{}", refused.body);
}

async fn token(app: &App) -> String {
    let given = [("grant_type", "client_credentials")];
    let issued = app.owner().post("/oauth2/token", &given).await.fine();
    issued["access_token"].as_str().unwrap().to_owned()
}
