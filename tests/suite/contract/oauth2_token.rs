//! Issue an Access Token.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign_tests::{APPLICATION, App, Caller, Reply, form, secret_of};
use reqwest::Method;
use serde_json::{Value, json};

use crate::access_tokens::{
    GRANT, TOKEN, as_parameters, ask, claims_of, granted, header_of, refused, seeded, setup, start,
    token_in, token_of,
};
use crate::admin_clients::of_client;

const FORM: &str = "application/x-www-form-urlencoded";
const BAD_CREDENTIALS: &str = "the client credentials are missing or not valid";
const API: &str = "https://api.example.com/v1?a=b";
const SHOP: &str = "urn:shop";

/// A server whose application has more audiences than itself.
async fn with_audiences() -> App {
    let mut setup = setup();
    setup.seed["applications"][0]["audiences"] = json!([API, SHOP, "third"]);
    App::with(setup).await
}

/// The audience of the token that a client gets for these parameters.
async fn audience(app: &App, given: &[(&str, &str)]) -> Value {
    let token = token_in(&ask(&app.client("login_client"), given).await);
    claims_of(&token)["aud"].clone()
}

/// The scope of the token that `login_client` gets for this one, which the answer says, too.
async fn scope(app: &App, wanted: &str) -> String {
    let reply = ask(&app.client("login_client"), &[("scope", wanted)]).await;
    let said = granted(&reply)["scope"].clone();
    assert_eq!(claims_of(&token_in(&reply))["scope"], said, "{wanted}");
    said.as_str().unwrap().to_owned()
}

fn without_request_id(reply: &Reply) -> String {
    reply.body.replace(reply.header("x-request-id"), "")
}

#[tokio::test]
async fn a_client_gets_a_token_for_all_that_its_modules_let_it_into() {
    let app = start().await;
    for (client, scope) in [
        ("login_client", "collections payments payments:admin"),
        ("direct_access", "payments"),
        ("foreigner", "payments"),
    ] {
        let reply = ask(&app.client(client), &[]).await;
        let token = token_in(&reply);
        let wanted = format!(
            r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":300,"scope":"{scope}"}}"#
        );
        assert_eq!(reply.body, wanted);
        assert_eq!(claims_of(&token)["scope"], scope);
    }
}

#[tokio::test]
async fn the_token_is_a_jwt_of_rfc_9068() {
    let app = start().await;
    let token = token_of(&app, "login_client").await;
    let header = header_of(&token);
    let kid = header["kid"].as_str().unwrap();
    assert_eq!(header, json!({"alg": "ES256", "typ": "at+jwt", "kid": kid}));
    assert_eq!(kid.len(), 43, "{kid}");
    let claims = claims_of(&token);
    let now = app.clock.now().millis() / 1000;
    let jti = claims["jti"].as_str().unwrap();
    assert_eq!(
        claims,
        json!({
            "iss": app.url(), "sub": "login_client", "client_id": "login_client", "aud": APPLICATION,
            "iat": now, "exp": now + 300, "jti": jti, "scope": "collections payments payments:admin"
        })
    );
    assert_eq!(jti.len(), 26, "{jti}");
}

#[tokio::test]
async fn every_token_has_a_name_of_its_own_and_five_minutes_from_when_it_was_issued() {
    let app = start().await;
    let mut names = BTreeSet::new();
    for _ in 0..5 {
        let claims = claims_of(&token_of(&app, "login_client").await);
        let [iat, exp] = ["iat", "exp"].map(|name| claims[name].as_i64().unwrap());
        assert_eq!((iat, exp - iat), (app.clock.now().millis() / 1000, 300));
        names.insert(claims["jti"].to_string());
        app.advance(Duration::from_millis(700));
    }
    assert_eq!(names.len(), 5);
}

#[tokio::test]
async fn a_narrower_scope_is_had_for_the_asking() {
    let app = start().await;
    for (wanted, got) in [
        ("payments", "payments"),
        ("payments:admin", "payments:admin"),
        ("payments:admin collections", "collections payments:admin"),
        ("payments payments", "payments"),
        ("  payments   collections ", "collections payments"),
        (
            "payments:admin payments collections",
            "collections payments payments:admin",
        ),
        // What has no value is as good as left out.
        ("", "collections payments payments:admin"),
    ] {
        assert_eq!(scope(&app, wanted).await, got, "{wanted:?}");
    }
}

#[tokio::test]
async fn a_scope_outside_the_client_s_modules_is_invalid_and_nothing_is_issued_of_the_rest() {
    let app = start().await;
    let long = "payments ".repeat(10_000) + "other";
    for wanted in [
        "other",
        "payments other",
        "collections:admin",
        "payments collections:admin",
        "Payments",
        "PAYMENTS:ADMIN",
        "payments:Admin",
        "payments:admin:admin",
        "payments:",
        ":admin",
        ":",
        " ",
        "*",
        "payments*",
        "payments,collections",
        "payments\tcollections",
        "payments\n",
        "payments\u{0}",
        "payments\u{a0}collections",
        "zahlungen größer",
        "openid",
        &long,
    ] {
        let reply = ask(&app.client("login_client"), &[("scope", wanted)]).await;
        let words = refused(&reply, 400, "invalid_scope");
        assert_eq!(
            words,
            "the modules of the client do not let it into a scope that was asked for, or it has none"
        );
    }
    let reply = ask(&app.client("direct_access"), &[("scope", "payments:admin")]).await;
    refused(&reply, 400, "invalid_scope");
}

#[tokio::test]
async fn a_client_without_modules_gets_no_token_for_anything() {
    let app = start().await;
    for client in ["featureless", "owner"] {
        for given in [&[][..], &[("scope", "payments")], &[("scope", " ")]] {
            let reply = ask(&app.client(client), given).await;
            refused(&reply, 400, "invalid_scope");
        }
    }
}

#[tokio::test]
async fn a_token_is_for_the_application_itself_until_somebody_says_otherwise() {
    let app = start().await;
    assert_eq!(audience(&app, &[]).await, APPLICATION);
    for name in ["audience", "resource"] {
        assert_eq!(audience(&app, &[(name, APPLICATION)]).await, APPLICATION);
        assert_eq!(audience(&app, &[(name, "")]).await, APPLICATION);
    }
    let foreign = claims_of(&token_of(&app, "foreigner").await);
    assert_eq!(foreign["aud"], "app2bbbbbbbbbbbbbbbbbbbbbb");
}

#[tokio::test]
async fn a_token_is_for_those_of_the_application_s_audiences_that_were_asked_for() {
    let app = with_audiences().await;
    let [api, shop] = [("audience", API), ("audience", SHOP)];
    let [api_too, shop_too] = [("resource", API), ("resource", SHOP)];
    for (given, wanted) in [
        (&[][..], json!(API)),
        (&[shop], json!(SHOP)),
        (&[shop_too], json!(SHOP)),
        (&[shop, api], json!([SHOP, API])),
        (&[api_too, shop_too], json!([API, SHOP])),
        (&[shop_too, api], json!([API, SHOP])),
        (&[shop, shop, shop_too], json!(SHOP)),
        (
            &[("audience", "third"), api, shop],
            json!(["third", API, SHOP]),
        ),
        (&[("audience", "urn:shop third")], json!([SHOP, "third"])),
        (&[("audience", ""), shop], json!(SHOP)),
    ] {
        assert_eq!(audience(&app, given).await, wanted, "{given:?}");
    }
}

#[tokio::test]
async fn an_audience_that_the_application_does_not_allow_is_an_invalid_target() {
    let app = with_audiences().await;
    let long = "x".repeat(5_000);
    for wanted in [
        "other",
        APPLICATION,
        "app2bbbbbbbbbbbbbbbbbbbbbb",
        "URN:shop",
        "urn:shop/",
        "urn:sho",
        "urn:shop\u{0}",
        "urn:shop  third",
        " urn:shop",
        " ",
        "*",
        "größe",
        "https://api.example.com/v1",
        "\"urn:shop\"",
        &long,
    ] {
        for name in ["audience", "resource"] {
            let client = app.client("login_client");
            for given in [
                &[(name, wanted)][..],
                &[(name, SHOP), (name, wanted)],
                &[("resource", SHOP), ("audience", wanted)],
            ] {
                let words = refused(&ask(&client, given).await, 400, "invalid_target");
                assert_eq!(
                    words,
                    "the application allows no tokens for an audience or resource that was asked for"
                );
            }
        }
    }
}

#[tokio::test]
async fn who_issued_it_does_not_depend_on_the_name_by_which_the_server_was_called() {
    let app = start().await;
    let headers = [
        ("content-type", FORM),
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("forwarded", "host=evil.example;proto=https"),
    ];
    let client = app.client("login_client");
    let reply = client
        .send(Method::POST, TOKEN, &headers, form(&[GRANT]).into())
        .await;
    assert_eq!(claims_of(&token_in(&reply))["iss"], app.url());
}

#[tokio::test]
async fn every_refusal_of_a_client_is_the_same_but_for_its_request_id() {
    let app = start().await;
    let ada = app.sign_in("ada").await;
    let gone = app.client("access_issuer");
    ada.patch(
        &of_client("access_issuer", ""),
        &json!({"modules": {"payments": {}}}),
    )
    .await
    .fine();
    token_of(&app, "access_issuer").await;
    ada.delete(&of_client("access_issuer", "")).await.nothing();
    let (right, wrong) = (secret_of("login_client"), secret_of("nobody"));
    let too_long = "o".repeat(300);
    let mut bodies = BTreeSet::new();
    for caller in [
        gone,
        app.client("disabled"),
        app.caller("disabled", &wrong),
        app.caller("nobody", &wrong),
        app.caller("login_client", &wrong),
        app.caller("login_client", "a wrong guess"),
        app.caller("login_client", ""),
        app.caller("login_client", &right[..41]),
        app.caller("login_client", &secret_of("foreigner")),
        app.caller("LOGIN_CLIENT", &right),
        app.caller("", &right),
        app.caller(&too_long, &right),
        app.stranger(),
        app.stranger().authorization(&["Basic"]),
        app.stranger().authorization(&["Basic !"]),
        app.stranger().authorization(&["Basic bm8gY29sb24"]),
    ] {
        for given in [&[][..], &[("scope", "other")], &[("audience", "other")]] {
            let reply = ask(&caller, given).await;
            assert_eq!(refused(&reply, 401, "invalid_client"), BAD_CREDENTIALS);
            bodies.insert(without_request_id(&reply));
        }
    }
    for (id, secret) in [
        ("nobody", wrong.as_str()),
        ("disabled", &secret_of("disabled")),
        ("login_client", &wrong),
        ("login_client", ""),
        ("", &right),
    ] {
        let given = [("client_id", id), ("client_secret", secret)];
        let reply = ask(&app.stranger(), &given).await;
        refused(&reply, 401, "invalid_client");
        bodies.insert(without_request_id(&reply));
    }
    let only = format!(
        r#"{{"error":"invalid_client","error_description":"{BAD_CREDENTIALS}","request_id":""}}"#
    );
    assert_eq!(bodies, BTreeSet::from([only]));
}

#[tokio::test]
async fn other_schemes_are_refused_as_no_client_even_beside_good_parameters() {
    let app = start().await;
    let good = as_parameters("login_client");
    let good = [
        (good[0].0, good[0].1.as_str()),
        (good[1].0, good[1].1.as_str()),
    ];
    let token = token_of(&app, "login_client").await;
    for header in [
        "Bearer x",
        &format!("Bearer {token}"),
        "Digest username=\"login_client\"",
        "Negotiate YQ==",
        "Signature login_client:G3N5RxCVc0d6rDLmBRGvcg2hCVY=",
    ] {
        let caller = app.stranger().authorization(&[header]);
        for given in [&[][..], &good] {
            let reply = ask(&caller, given).await;
            let words = refused(&reply, 401, "invalid_client");
            assert_eq!(
                words,
                "the scheme of the Authorization header is not supported; use HTTP Basic"
            );
        }
    }
}

#[tokio::test]
async fn a_client_that_calls_from_elsewhere_is_not_authorized() {
    let mut setup = setup();
    seeded(&mut setup, "login_client")["whitelist"] = json!(["127.0.0.7/32"]);
    let app = App::with(setup).await;
    let client = app.client("login_client");
    let reply = ask(&client, &[]).await;
    let words = refused(&reply, 400, "unauthorized_client");
    assert_eq!(words, "the client may not call from this address");
    let spoofed = [
        ("content-type", FORM),
        ("x-forwarded-for", "127.0.0.7"),
        ("x-real-ip", "127.0.0.7"),
    ];
    let reply = client
        .send(Method::POST, TOKEN, &spoofed, form(&[GRANT]).into())
        .await;
    refused(&reply, 400, "unauthorized_client");
    token_in(&ask(&client.clone().from("127.0.0.7"), &[]).await);
    // Who does not prove who it is learns nothing of the list.
    let stranger = app.caller("login_client", &secret_of("nobody"));
    refused(&ask(&stranger, &[]).await, 401, "invalid_client");
}

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
