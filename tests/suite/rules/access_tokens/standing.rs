//! A token stands and falls with its client, from one call to the next.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign_tests::access_tokens::{
    INACTIVE, REVOKE, ask, claims_of, granted, introspect, is_active, parts, refused, start,
    token_in, token_of,
};
use countersign_tests::admin_clients::of_client;
use countersign_tests::{App, Person};
use serde_json::{Value, json};

use super::corpus::negated;

const CLIENT: &str = "login_client";

async fn change(ada: &Person, change: &Value) {
    let path = of_client(CLIENT, "");
    ada.patch(&path, change).await.fine();
}

/// The seed's modules of the client.
fn all_modules() -> Value {
    json!({"modules": {"payments": {"administrator": true}, "collections": {}}})
}

async fn token_for(app: &App, scope: &str) -> String {
    token_in(&ask(&app.client(CLIENT), &[("scope", scope)]).await)
}

#[tokio::test]
async fn a_disabled_client_s_token_is_dead_until_it_is_enabled_again() {
    let app = start().await;
    let ada = app.sign_in("ada").await;
    let token = token_of(&app, CLIENT).await;
    for _ in 0..2 {
        change(&ada, &json!({"enabled": false})).await;
        assert!(!is_active(&app, &token).await);
        refused(&ask(&app.client(CLIENT), &[]).await, 401, "invalid_client");
        change(&ada, &json!({"enabled": true})).await;
        assert!(is_active(&app, &token).await);
    }
}

#[tokio::test]
async fn a_deleted_client_s_token_is_dead() {
    let app = start().await;
    let ada = app.sign_in("ada").await;
    let token = token_of(&app, CLIENT).await;
    let other = token_of(&app, "direct_access").await;
    ada.delete(&of_client(CLIENT, "")).await.nothing();
    assert!(!is_active(&app, &token).await);
    assert!(is_active(&app, &other).await);
}

#[tokio::test]
async fn a_client_that_an_owner_client_deletes_is_dead_too() {
    let app = start().await;
    let token = token_of(&app, CLIENT).await;
    let given = [("client_id_for_deletion", CLIENT)];
    app.owner().post("/clients/delete", &given).await.ok();
    assert!(!is_active(&app, &token).await);
}

#[tokio::test]
async fn a_module_that_is_taken_away_takes_its_tokens_along() {
    let app = start().await;
    let ada = app.sign_in("ada").await;
    let [payments, collections, both] = [
        token_for(&app, "payments").await,
        token_for(&app, "collections").await,
        token_for(&app, "collections payments").await,
    ];
    change(&ada, &json!({"modules": {"payments": {}}})).await;
    assert!(is_active(&app, &payments).await);
    assert!(!is_active(&app, &collections).await);
    assert!(!is_active(&app, &both).await);
    change(&ada, &json!({"modules": {}})).await;
    for token in [&payments, &collections, &both] {
        assert!(!is_active(&app, token).await);
    }
    change(&ada, &all_modules()).await;
    for token in [&payments, &collections, &both] {
        assert!(is_active(&app, token).await);
    }
}

#[tokio::test]
async fn administrator_that_is_taken_away_takes_its_tokens_along_and_no_others() {
    let app = start().await;
    let ada = app.sign_in("ada").await;
    let [plain, administrator, all] = [
        token_for(&app, "payments").await,
        token_for(&app, "payments:admin").await,
        token_of(&app, CLIENT).await,
    ];
    let lesser = json!({"modules": {"payments": {}, "collections": {}}});
    change(&ada, &lesser).await;
    assert!(is_active(&app, &plain).await);
    assert!(!is_active(&app, &administrator).await);
    assert!(!is_active(&app, &all).await);
    let reply = ask(&app.client(CLIENT), &[("scope", "payments:admin")]).await;
    refused(&reply, 400, "invalid_scope");
    change(&ada, &all_modules()).await;
    assert!(is_active(&app, &administrator).await);
    assert!(is_active(&app, &all).await);
}

#[tokio::test]
async fn what_a_client_is_given_later_is_not_in_its_tokens() {
    let app = start().await;
    let ada = app.sign_in("ada").await;
    change(&ada, &json!({"modules": {"payments": {}}})).await;
    let token = token_of(&app, CLIENT).await;
    change(&ada, &all_modules()).await;
    let told = granted(&introspect(&app.owner(), &token).await);
    assert_eq!(told["scope"], "payments");
}

#[tokio::test]
async fn another_name_another_address_and_another_secret_change_nothing_for_a_token() {
    let app = start().await;
    let ada = app.sign_in("ada").await;
    let token = token_of(&app, CLIENT).await;
    change(&ada, &json!({"name": "another"})).await;
    change(&ada, &json!({"allow_list": ["10.0.0.0/8"]})).await;
    change(&ada, &json!({"features": []})).await;
    let given = [("for_client_id", CLIENT)];
    app.owner().post("/clients/reset_secret", &given).await.ok();
    assert!(is_active(&app, &token).await);
}

#[tokio::test]
async fn a_token_expires_by_the_clock_five_minutes_after_it_was_issued() {
    let app = start().await;
    let token = token_of(&app, CLIENT).await;
    app.advance(Duration::from_secs(299));
    assert!(is_active(&app, &token).await);
    app.advance(Duration::from_millis(999));
    assert!(is_active(&app, &token).await);
    app.advance(Duration::from_millis(1));
    assert!(!is_active(&app, &token).await);
    // Who revokes it now comes too late, and hears nothing of it.
    let given = [("token", token.as_str())];
    granted(&app.client(CLIENT).post(REVOKE, &given).await);
    granted(&app.client("owner").post(REVOKE, &given).await);
    app.advance(Duration::from_hours(24 * 365));
    assert!(!is_active(&app, &token).await);
}

#[tokio::test]
async fn a_token_of_another_application_is_none_here_and_tells_nothing() {
    let app = start().await;
    let here = token_of(&app, CLIENT).await;
    let there = token_of(&app, "foreigner").await;
    for (asking, token, active) in [
        ("foreigner", &here, false),
        ("owner", &there, false),
        ("foreigner", &there, true),
        ("owner", &here, true),
    ] {
        let reply = introspect(&app.client(asking), token).await;
        assert_eq!(granted(&reply)["active"], active, "{asking}");
        assert!(active || reply.body == INACTIVE);
    }
    let given = [("token", here.as_str())];
    granted(&app.client("foreigner").post(REVOKE, &given).await);
    assert!(is_active(&app, &here).await);
}

#[tokio::test]
async fn a_revoked_token_stays_dead_whatever_becomes_of_its_client() {
    let app = start().await;
    let ada = app.sign_in("ada").await;
    let token = token_of(&app, CLIENT).await;
    let given = [("token", token.as_str())];
    granted(&app.client(CLIENT).post(REVOKE, &given).await);
    change(&ada, &json!({"enabled": false})).await;
    assert!(!is_active(&app, &token).await);
    change(&ada, &json!({"enabled": true})).await;
    assert!(!is_active(&app, &token).await);
    app.advance(Duration::from_secs(200));
    assert!(!is_active(&app, &token).await);
}

/// A signature of this kind has a twin that also verifies, and that anybody can compute. So a
/// revocation must be by the token's content and not by its bytes.
#[tokio::test]
async fn the_twin_of_a_signature_is_revoked_with_it() {
    let app = start().await;
    let token = token_of(&app, CLIENT).await;
    let [_, _, signature] = parts(&token);
    let (r, s) = signature.split_at(32);
    let twin = [r, &negated(s)].concat();
    let (signed, _) = token.rsplit_once('.').unwrap();
    let twin = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(twin));
    let told = granted(&introspect(&app.owner(), &twin).await);
    if told["active"] == true {
        assert_eq!(told["jti"], claims_of(&token)["jti"]);
    }
    let given = [("token", token.as_str())];
    granted(&app.client(CLIENT).post(REVOKE, &given).await);
    for token in [&token, &twin] {
        assert!(!is_active(&app, token).await);
    }
}

#[tokio::test]
async fn keys_that_may_be_in_other_hands_take_their_tokens_along_and_others_do_not() {
    let app = start().await;
    let ada = app.sign_in("ada").await;
    let rotate = async |compromised: bool| {
        let given = json!({"code": ada.next_code(), "compromised": compromised});
        ada.post("/admin/signing-keys/rotate", &given).await.fine();
    };
    let token = token_of(&app, CLIENT).await;
    rotate(false).await;
    assert!(is_active(&app, &token).await);
    let foreign = token_of(&app, "foreigner").await;
    rotate(true).await;
    assert!(!is_active(&app, &token).await);
    let reply = introspect(&app.client("foreigner"), &foreign).await;
    assert_eq!(granted(&reply)["active"], true);
    let fresh = token_of(&app, CLIENT).await;
    assert!(is_active(&app, &fresh).await);
}
