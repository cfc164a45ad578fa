//! Describe the authorization server.

use countersign_tests::access_tokens::{GRANT, claims_of, granted, start, token_of};
use countersign_tests::form;
use reqwest::{Body, Method};

use super::widget_data_newest::assert_sent_once;

const METADATA: &str = "/.well-known/oauth-authorization-server";

#[tokio::test]
async fn it_says_where_everything_is_and_what_is_understood_there() {
    let app = start().await;
    let reply = app.read(METADATA).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/json");
    let url = app.url();
    let ways = r#"["client_secret_basic","client_secret_post"]"#;
    let wanted = format!(
        r#"{{"issuer":"{url}","token_endpoint":"{url}/oauth2/token","jwks_uri":"{url}/.well-known/jwks.json","introspection_endpoint":"{url}/oauth2/introspect","revocation_endpoint":"{url}/oauth2/revoke","response_types_supported":["none"],"grant_types_supported":["client_credentials"],"token_endpoint_auth_methods_supported":{ways},"introspection_endpoint_auth_methods_supported":{ways},"revocation_endpoint_auth_methods_supported":{ways}}}"#
    );
    assert_eq!(reply.body, wanted);
}

#[tokio::test]
async fn who_follows_it_gets_a_token_of_that_issuer_and_verifies_revokes_and_introspects_it() {
    let app = start().await;
    let metadata = app.read(METADATA).await.json();
    let path_of = |name: &str| {
        let url = metadata[name].as_str().unwrap();
        url.strip_prefix(app.url()).unwrap().to_owned()
    };
    let client = app.client("login_client");
    let issued = granted(&client.post(&path_of("token_endpoint"), &[GRANT]).await);
    let token = issued["access_token"].as_str().unwrap();
    assert_eq!(claims_of(token)["iss"], metadata["issuer"]);
    assert_eq!(app.read(&path_of("jwks_uri")).await.status, 200);
    let given = [("token", token)];
    let introspect = path_of("introspection_endpoint");
    let told = granted(&client.post(&introspect, &given).await);
    assert_eq!(told["active"], true);
    granted(&client.post(&path_of("revocation_endpoint"), &given).await);
    let told = granted(&client.post(&introspect, &given).await);
    assert_eq!(told["active"], false);
}

#[tokio::test]
async fn caches_keep_it_for_five_minutes() {
    let app = start().await;
    assert_sent_once(&app, METADATA, "public, max-age=300").await;
}

#[tokio::test]
async fn it_is_the_same_for_everyone_by_whatever_name_the_server_was_called() {
    let app = start().await;
    let body = app.read(METADATA).await.body;
    for headers in [
        [("host", "evil.example")],
        [("x-forwarded-host", "evil.example")],
        [("x-forwarded-proto", "https")],
        [("authorization", "Bearer x")],
    ] {
        let reply = app.read_with(METADATA, &headers).await;
        assert_eq!((reply.status, &reply.body), (200, &body), "{headers:?}");
    }
    for method in [Method::POST, Method::PUT, Method::DELETE] {
        let given = form(&[GRANT]);
        let reply = app
            .stranger()
            .send(method, METADATA, &[], Body::from(given))
            .await;
        assert_eq!(reply.status, 404);
    }
    token_of(&app, "login_client").await;
    assert_eq!(app.read(METADATA).await.body, body);
}
