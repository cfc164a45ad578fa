//! Introspect an Access Token.

use countersign_tests::access_tokens::{
    INACTIVE, INTROSPECT, as_parameters, ask, claims_of, granted, introspect, is_active, refused,
    seeded, setup, start, token_in, token_of,
};
use countersign_tests::{APPLICATION, App, secret_of};
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn an_active_token_is_told_whole() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    let reply = introspect(&app.client("featureless"), &token).await;
    granted(&reply);
    let claims = claims_of(&token);
    let (iss, iat, jti) = (app.url(), &claims["iat"], &claims["jti"]);
    let exp = iat.as_i64().unwrap() + 300;
    let wanted = format!(
        r#"{{"active":true,"iss":"{iss}","sub":"login_client","client_id":"login_client","aud":"{APPLICATION}","iat":{iat},"exp":{exp},"jti":{jti},"scope":"collections payments payments:admin","token_type":"Bearer"}}"#
    );
    assert_eq!(reply.body, wanted);
}

#[tokio::test]
async fn several_audiences_are_told_as_a_list() {
    let mut setup = setup();
    setup.seed["applications"][0]["audiences"] = json!(["a", "b"]);
    let app = App::with(setup).await;
    let given = [("audience", "b"), ("audience", "a"), ("scope", "payments")];
    let token = token_in(&ask(&app.client("login_client"), &given).await);
    let told = granted(&introspect(&app.owner(), &token).await);
    assert_eq!(told["aud"], json!(["b", "a"]));
    assert_eq!(told["scope"], "payments");
}

#[tokio::test]
async fn of_any_other_token_nothing_is_told_and_no_reason_given() {
    let app = start().await;
    let foreign = token_of(&app, "foreigner").await;
    let secret = secret_of("login_client");
    let session = app.sign_in("ada").await.token;
    for token in ["x", "a.b.c", &foreign, &secret, &session, "login_client"] {
        let reply = introspect(&app.owner(), token).await;
        granted(&reply);
        assert_eq!(reply.body, INACTIVE);
    }
}

#[tokio::test]
async fn a_hint_says_nothing_new() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    for hint in ["access_token", "refresh_token", "unheard_of", "", "größe"] {
        let given = [("token", token.as_str()), ("token_type_hint", hint)];
        let told = granted(&app.owner().post(INTROSPECT, &given).await);
        assert_eq!(told["active"], true, "{hint}");
    }
}

#[tokio::test]
async fn who_asks_proves_who_it_is_with_a_secret() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    let bearer = app.stranger().authorization(&[&format!("Bearer {token}")]);
    let wrong = app.caller("owner", &secret_of("nobody"));
    for nobody in [app.stranger(), bearer, wrong, app.client("disabled")] {
        let reply = introspect(&nobody, &token).await;
        refused(&reply, 401, "invalid_client");
    }
    let [id, secret] = as_parameters("owner");
    let given = [
        ("token", token.as_str()),
        (id.0, id.1.as_str()),
        (secret.0, secret.1.as_str()),
    ];
    let told = granted(&app.stranger().post(INTROSPECT, &given).await);
    assert_eq!(told["active"], true);
}

#[tokio::test]
async fn who_asks_from_elsewhere_is_not_authorized() {
    let mut setup = setup();
    seeded(&mut setup, "direct_access")["whitelist"] = json!(["127.0.0.7/32"]);
    let app = App::with(setup).await;
    let token = token_of(&app, "login_client").await;
    let asking = app.client("direct_access");
    let reply = introspect(&asking, &token).await;
    refused(&reply, 400, "unauthorized_client");
    let told = granted(&introspect(&asking.from("127.0.0.7"), &token).await);
    assert_eq!(told["active"], true);
}

#[tokio::test]
async fn it_takes_one_token_in_a_form() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    let owner = app.owner();
    for body in ["", "token=", "token_type_hint=access_token", "Token=x"] {
        let reply = owner.post_raw(INTROSPECT, FORM, body).await;
        let words = refused(&reply, 400, "invalid_request");
        assert_eq!(words, "missing: token", "{body}");
    }
    let twice = format!("token={token}&token={token}");
    let reply = owner.post_raw(INTROSPECT, FORM, twice).await;
    let words = refused(&reply, 400, "invalid_request");
    assert_eq!(words, "token was given more than once");
    for broken in ["token=%zz", "token=%ff", "token=%C3"] {
        let reply = owner.post_raw(INTROSPECT, FORM, broken).await;
        refused(&reply, 400, "invalid_request");
    }
    let in_address = format!("{INTROSPECT}?token={token}");
    let reply = owner.post_raw(&in_address, FORM, "").await;
    refused(&reply, 400, "invalid_request");
    let body = json!({"token": token}).to_string();
    let reply = owner.post_raw(INTROSPECT, "application/json", body).await;
    refused(&reply, 400, "invalid_request");
    let large = format!("token={}", "x".repeat(1_048_571));
    let reply = owner.post_raw(INTROSPECT, FORM, large).await;
    refused(&reply, 413, "invalid_request");
    assert!(is_active(&app, &token).await);
}
