//! Clients whose credentials can be read as somebody else's.

use std::time::Duration;

use countersign_tests::App;
use countersign_tests::access_tokens::{ask, refused, seeded, setup};
use countersign_tests::audit::event_of;
use serde_json::json;

use super::{EVE, LOOK_ALIKE, add, assert_is, assert_nobody, encoded, with_clients};

#[tokio::test]
async fn whoever_can_be_read_as_somebody_else_is_let_in_as_nobody_but_himself() {
    let app = with_clients(&[(LOOK_ALIKE, "his own"), (EVE, "her own")]).await;
    assert_is(&app.caller(LOOK_ALIKE, "his own"), LOOK_ALIKE).await;
    assert_is(&app.caller("e%2576e", "his+own"), LOOK_ALIKE).await;
    assert_is(&app.caller(EVE, "her own"), EVE).await;
    // That is how RFC 6749 writes her credentials.
    assert_is(&app.caller(LOOK_ALIKE, "her+own"), EVE).await;
    for (id, secret) in [
        (EVE, "his own"),
        (EVE, "his+own"),
        (LOOK_ALIKE, "his+own"),
        ("e%2576e", "her own"),
        ("e%2576e", "her+own"),
    ] {
        assert_nobody(&app.caller(id, secret)).await;
    }
    for (id, secret) in [(EVE, "his own"), (LOOK_ALIKE, "her own")] {
        let given = [("client_id", id), ("client_secret", secret)];
        let reply = ask(&app.stranger(), &given).await;
        refused(&reply, 401, "invalid_client");
    }
}

#[tokio::test]
async fn a_client_that_is_off_is_let_in_under_neither_reading() {
    let mut setup = setup();
    add(&mut setup, &[(LOOK_ALIKE, "his own"), (EVE, "her own")]);
    seeded(&mut setup, EVE)["enabled"] = json!(false);
    let app = App::with(setup).await;
    assert_is(&app.caller(LOOK_ALIKE, "his own"), LOOK_ALIKE).await;
    assert_nobody(&app.caller(EVE, "her own")).await;
    assert_nobody(&app.caller(LOOK_ALIKE, "her own")).await;
    assert_nobody(&app.caller(LOOK_ALIKE, "her+own")).await;
}

/// The reading that did not fit is nobody's business once another one did.
#[tokio::test]
async fn a_refusal_is_told_of_the_client_that_proved_who_it_is_and_of_no_look_alike() {
    let app = with_clients(&[
        (LOOK_ALIKE, "his own"),
        (EVE, "her own"),
        ("with+plus", "x y"),
    ])
    .await;
    let ada = app.sign_in("ada").await;
    for (id, secret) in [
        (LOOK_ALIKE, "his own"),
        (EVE, "her own"),
        ("with+plus", "x y"),
    ] {
        let reply = ask(&app.caller(id, secret), &[("scope", "other")]).await;
        refused(&reply, 400, "invalid_scope");
        let event = event_of(&ada, &reply).await;
        let client = json!({"kind": "api_client", "id": id, "name": format!("the {id}")});
        assert_eq!(event["actor"], client, "{id}");
        assert_eq!(event["reason"], "invalid-scope", "{id}");
    }
}

#[tokio::test]
async fn who_proves_nothing_is_told_as_nobody_who_claimed_to_be_a_client() {
    let app = with_clients(&[("with+plus", "x y"), ("größe", "x y")]).await;
    let ada = app.sign_in("ada").await;
    for id in ["with+plus", "größe", "login_client"] {
        for caller in [app.caller(id, "wrong"), encoded(&app, id, "wrong")] {
            let reply = ask(&caller, &[]).await;
            refused(&reply, 401, "invalid_client");
            let event = event_of(&ada, &reply).await;
            assert_eq!(event["actor"]["kind"], "unknown", "{id}");
            assert_eq!(event["object"]["id"], id, "{id}");
            app.advance(Duration::from_mins(1));
        }
    }
}
