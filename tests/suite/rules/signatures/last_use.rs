//! A signature is a use of the secret that it was made with.

use std::time::Duration;

use countersign_tests::admin_clients::{regenerate, uses};
use countersign_tests::signatures::{Signer, Transport};
use countersign_tests::{App, Setup, secret_of};
use serde_json::{Value, json};

use super::GET;

#[tokio::test]
async fn a_signed_call_is_a_use_of_the_secret_that_signed() {
    let mut setup = Setup::with_people();
    setup.seed["applications"][0]["signatures"] = json!(true);
    let app = App::with(setup).await;
    let ben = app.sign_in("ben").await;
    let signed = async |secret: &str| {
        let signer = Signer::new(&app, "login_client", secret);
        signer
            .request(GET, &[("key", "any")])
            .by(Transport::Form)
            .send()
            .await
    };
    let old = secret_of("login_client");
    signed(&secret_of("foreigner"))
        .await
        .error(402, "invalid_client_credentials");
    assert_eq!(uses(&ben, "login_client").await, [Value::Null, Value::Null]);
    signed(&old).await.ok();
    // Signing in took half a minute.
    let first = json!("2036-11-21T00:00:00Z");
    assert_eq!(uses(&ben, "login_client").await, [first, Value::Null]);
    let more = json!({"hours_to_live": 1});
    let new = regenerate(&ben, "login_client", &ben.next_code(), &more)
        .await
        .fine();
    let new = new["client_secret"].as_str().unwrap().to_owned();
    app.advance(Duration::from_mins(4));
    signed(&old).await.ok();
    app.advance(Duration::from_mins(1));
    signed(&new).await.ok();
    let minutes = ["2036-11-21T00:06:00Z", "2036-11-21T00:05:00Z"];
    assert_eq!(
        uses(&ben, "login_client").await,
        minutes.map(|minute| json!(minute))
    );
}
