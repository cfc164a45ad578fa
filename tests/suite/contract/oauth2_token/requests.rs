//! Requests for a token that are none.

use countersign_tests::access_tokens::{
    GRANT, TOKEN, as_parameters, ask, refused, start, token_in,
};
use countersign_tests::{Caller, form};
use reqwest::Method;
use serde_json::json;

use super::FORM;

#[tokio::test]
async fn there_is_one_grant_type() {
    let app = start().await;
    let client = app.client("login_client");
    let long = "g".repeat(5_000);
    for other in [
        "authorization_code",
        "password",
        "refresh_token",
        "implicit",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "CLIENT_CREDENTIALS",
        "client_credentials ",
        "client-credentials",
        "client_credentials\u{0}",
        "\"\\<script>\u{7}",
        "größe",
        &long,
    ] {
        let reply = client.post(TOKEN, &[("grant_type", other)]).await;
        let words = refused(&reply, 400, "unsupported_grant_type");
        assert_eq!(words, "grant_type: it is one of: client_credentials");
    }
}

#[tokio::test]
async fn what_is_missing_is_named_and_what_has_no_value_is_missing() {
    let app = start().await;
    let client = app.client("login_client");
    for body in [
        "",
        "grant_type=",
        "grant_type",
        "scope=payments",
        "Grant_Type=client_credentials",
        "&&&",
        "=client_credentials",
    ] {
        let reply = client.post_raw(TOKEN, FORM, body).await;
        let words = refused(&reply, 400, "invalid_request");
        assert_eq!(words, "missing: grant_type", "{body}");
    }
}

#[tokio::test]
async fn no_parameter_stands_there_twice() {
    let app = start().await;
    let client = app.client("login_client");
    for given in [
        ("grant_type", "client_credentials"),
        ("grant_type", "password"),
        ("scope", "payments"),
        ("scope", "collections"),
        ("client_id", "login_client"),
        ("client_secret", "x"),
    ] {
        let first = match given.0 {
            "scope" => ("scope", "payments"),
            "client_id" => ("client_id", "login_client"),
            other => (other, given.1),
        };
        let reply = client.post(TOKEN, &[GRANT, first, given]).await;
        let words = refused(&reply, 400, "invalid_request");
        assert_eq!(words, format!("{} was given more than once", given.0));
    }
    // Those that have no value do not count, and nobody knows what an unknown one means.
    for more in [
        [("grant_type", ""), ("scope", "")],
        [("unheard_of", "a"), ("unheard_of", "b")],
    ] {
        token_in(&ask(&client, &more).await);
    }
}

#[tokio::test]
async fn no_parameter_stands_in_the_address() {
    let app = start().await;
    let [id, secret] = as_parameters("login_client");
    let credentials = form(&[(id.0, id.1.as_str()), (secret.0, secret.1.as_str())]);
    let grant = form(&[GRANT]);
    let client = app.client("login_client");
    for (caller, query, body) in [
        (&client, grant.clone(), String::new()),
        (&client, grant.clone(), grant.clone()),
        (&client, "scope=payments".to_owned(), grant.clone()),
        (&client, "unheard_of=1".to_owned(), grant.clone()),
        (&app.stranger(), credentials.clone(), grant.clone()),
        (
            &app.stranger(),
            format!("{grant}&{credentials}"),
            String::new(),
        ),
    ] {
        let path = format!("{TOKEN}?{query}");
        let reply = caller.post_raw(&path, FORM, body).await;
        let words = refused(&reply, 400, "invalid_request");
        assert_eq!(
            words,
            "body: parameters stand in the body, none of them in the address"
        );
    }
}

#[tokio::test]
async fn parameters_come_as_a_form_and_as_nothing_else() {
    let app = start().await;
    let client = app.client("login_client");
    let json = json!({"grant_type": "client_credentials"}).to_string();
    let grant = form(&[GRANT]);
    for (content_type, body) in [
        ("application/json", json.as_str()),
        ("application/json", &grant),
        ("text/plain", &grant),
        ("multipart/form-data; boundary=b", &grant),
        ("application/x-www-form-urlencoded-not", &grant),
        ("application/jwt", &grant),
    ] {
        let reply = client.post_raw(TOKEN, content_type, body.to_owned()).await;
        let words = refused(&reply, 400, "invalid_request");
        assert_eq!(
            words, "body: it takes Content-Type: application/x-www-form-urlencoded",
            "{content_type}"
        );
    }
    let reply = client.send(Method::POST, TOKEN, &[], grant.into()).await;
    refused(&reply, 400, "invalid_request");
    for content_type in [
        FORM,
        "Application/X-WWW-Form-URLencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        "application/x-www-form-urlencoded ;charset=UTF-8",
    ] {
        token_in(&client.post_raw(TOKEN, content_type, form(&[GRANT])).await);
    }
}

#[tokio::test]
async fn a_body_of_one_megabyte_is_read_and_a_byte_more_is_not() {
    let app = start().await;
    let client = app.client("login_client");
    let filled = |length: usize| {
        let mut body = form(&[GRANT]) + "&filler=";
        body.extend(std::iter::repeat_n('x', length - body.len()));
        body
    };
    token_in(&client.post_raw(TOKEN, FORM, filled(1_048_576)).await);
    for content_type in [FORM, "application/json"] {
        let reply = client
            .post_raw(TOKEN, content_type, filled(1_048_577))
            .await;
        let words = refused(&reply, 413, "invalid_request");
        assert_eq!(words, "a body has at most 1048576 bytes");
    }
}

#[tokio::test]
async fn what_does_not_decode_is_an_invalid_request_that_repeats_nothing_it_may_not() {
    let app = start().await;
    let client = app.client("login_client");
    for pair in [
        "scope=%zz",
        "scope=%ff",
        "scope=%4",
        "audience=%",
        "%ff=1",
        "a%22b%5c%zz=1",
        "%22%5C%0D%0A%7F%ff=1",
        "\"\\%=1",
        "größe%=1",
    ] {
        let body = format!("{}&{pair}", form(&[GRANT]));
        let reply = client.post_raw(TOKEN, FORM, body).await;
        refused(&reply, 400, "invalid_request");
    }
    let many = (0..1_100).fold(form(&[GRANT]), |body, n| format!("{body}&p{n}=1"));
    let reply = client.post_raw(TOKEN, FORM, many).await;
    let words = refused(&reply, 400, "invalid_request");
    assert_eq!(words, "body: it has more than 1000 arguments");
    // Credentials that do not decode are none.
    for pair in [
        "client_id=%zz&client_secret=x",
        "client_id=x&client_secret=%ff",
    ] {
        let body = format!("{}&{pair}", form(&[GRANT]));
        let reply = app.stranger().post_raw(TOKEN, FORM, body).await;
        refused(&reply, 401, "invalid_client");
    }
}

#[tokio::test]
async fn it_is_posted() {
    let app = start().await;
    let path = format!("{TOKEN}?{}", form(&[GRANT]));
    for method in [Method::GET, Method::PUT, Method::DELETE, Method::OPTIONS] {
        let caller: Caller = app.client("login_client");
        let reply = caller.send(method, &path, &[], String::new().into()).await;
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (404, r#"{"message":"Not Found"}"#)
        );
    }
}
