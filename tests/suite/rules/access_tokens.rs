//! Access tokens: how they are asked for here, which are active, and which never were.

mod corpus;
mod flips;
mod forgery;
mod standing;
mod unusual;

use countersign_tests::access_tokens::{granted, introspect, start, token_of};

#[tokio::test]
async fn a_fresh_token_is_active_for_every_client_of_its_application() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    for client in ["owner", "login_client", "direct_access", "featureless"] {
        let reply = introspect(&app.client(client), &token).await;
        assert_eq!(granted(&reply)["active"], true, "{client}");
    }
}
