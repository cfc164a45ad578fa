//! The cookie itself: how it is set, and that nobody chooses somebody else's.

use countersign_tests::{App, Reply};
use reqwest::Method;
use serde_json::{Value, json};

use super::{COOKIE, cookie, send};

/// The name, the value and the attributes of the cookie that an answer sets.
fn set_cookie(reply: &Reply) -> (String, String, Vec<String>) {
    let set: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert_eq!(set.len(), 1, "one cookie");
    let mut parts = set[0].to_str().unwrap().split("; ").map(str::to_owned);
    let pair = parts.next().unwrap();
    let (name, value) = pair.split_once('=').unwrap();
    let mut attributes: Vec<_> = parts.collect();
    attributes.sort();
    (name.to_owned(), value.to_owned(), attributes)
}

#[tokio::test]
async fn signing_in_sets_a_cookie_that_scripts_and_other_hosts_and_sites_do_not_get() {
    let app = App::with_people().await;
    let begun = app.ask_for_session(&app.credentials("ada")).await;
    let token = begun.created()["token"].as_str().unwrap().to_owned();
    let (name, value, attributes) = set_cookie(&begun);
    assert_eq!(name, COOKIE);
    assert!(name.starts_with("__Host-"));
    assert!(value == token, "the cookie is the token");
    // Without Domain, as the prefix demands: RFC 6265bis, section 4.1.3.2.
    let wanted = [
        "HttpOnly",
        "Max-Age=28800",
        "Path=/",
        "SameSite=Strict",
        "Secure",
    ];
    assert_eq!(attributes, wanted);
}

#[tokio::test]
async fn signing_out_takes_the_cookie_back() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ended = ada.delete("/admin/sessions/current").await;
    ended.nothing();
    let (name, value, attributes) = set_cookie(&ended);
    assert_eq!((name.as_str(), value.as_str()), (COOKIE, ""));
    let wanted = [
        "HttpOnly",
        "Max-Age=0",
        "Path=/",
        "SameSite=Strict",
        "Secure",
    ];
    assert_eq!(attributes, wanted);
    let session = cookie(&ada.token);
    let headers = [("cookie", session.as_str())];
    let dead = send(&app, Method::GET, "/admin/me", &headers, &Value::Null).await;
    dead.problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_refused_sign_in_sets_no_cookie() {
    let app = App::with_people().await;
    let mut wrong = app.credentials("ada");
    wrong["password"] = "wrong horse battery".into();
    let refused = app.ask_for_session(&wrong).await;
    refused.problem(401, "sign-in-failed");
    assert_eq!(refused.header("set-cookie"), "");
}

#[tokio::test]
async fn a_session_that_was_chosen_before_signing_in_is_never_taken_on() {
    let app = App::with_people().await;
    let dora = app.sign_in("dora").await;
    let ada = app.sign_in("ada").await;
    // Tokens of nobody, of somebody else, and of oneself before.
    let never = format!("csn_{}{}", ada.id, "A".repeat(43));
    let mut tokens = vec![never.clone(), dora.token.clone(), ada.token.clone()];
    for chosen in tokens.clone() {
        for header in [
            ("cookie", cookie(&chosen)),
            ("authorization", format!("Bearer {chosen}")),
        ] {
            let headers = [
                (header.0, header.1.as_str()),
                ("sec-fetch-site", "same-origin"),
            ];
            let credentials = app.credentials("ada");
            let begun = send(
                &app,
                Method::POST,
                "/admin/sessions",
                &headers,
                &credentials,
            )
            .await;
            let session = begun.created();
            let token = session["token"].as_str().unwrap().to_owned();
            assert!(!tokens.contains(&token), "a token stands for two sessions");
            let (_, value, _) = set_cookie(&begun);
            assert!(value == token);
            assert_eq!(session["administrator"]["id"], *ada.id);
            tokens.push(token);
        }
    }
    let bearer = |token: &str| format!("Bearer {token}");
    for (token, whose) in [
        (&never, None),
        (&dora.token, Some(&dora.id)),
        (&ada.token, Some(&ada.id)),
    ] {
        let authorization = bearer(token);
        let headers = [("authorization", authorization.as_str())];
        let me = send(&app, Method::GET, "/admin/me", &headers, &Value::Null).await;
        match whose {
            Some(id) => assert_eq!(me.fine()["id"], **id),
            None => drop(me.problem(401, "not-signed-in")),
        }
    }
}

#[tokio::test]
async fn cookies_that_contradict_each_other_are_no_session() {
    let app = App::with_people().await;
    let (ada, dora) = (app.sign_in("ada").await, app.sign_in("dora").await);
    let (one, other) = (cookie(&ada.token), cookie(&dora.token));
    let me = async |headers: &[(&str, &str)]| {
        send(&app, Method::GET, "/admin/me", headers, &Value::Null).await
    };
    for both in [
        format!("{one}; {other}"),
        format!("{other}; {one}"),
        format!("{one}; {COOKIE}="),
    ] {
        me(&[("cookie", &both)]).await.problem(401, "not-signed-in");
    }
    me(&[("cookie", &one), ("cookie", &other)])
        .await
        .problem(401, "not-signed-in");
    // The same one twice is one.
    let twice = me(&[("cookie", &format!("{one}; {one}"))]).await;
    assert_eq!(twice.fine()["id"], *ada.id);
}

#[tokio::test]
async fn only_the_cookie_of_that_very_name_counts() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for name in [
        "countersign",
        "__Secure-countersign",
        "__host-countersign",
        "__Host-countersign2",
        "session",
    ] {
        let odd = format!("{name}={}", ada.token);
        let headers = [("cookie", odd.as_str())];
        let reply = send(&app, Method::GET, "/admin/me", &headers, &Value::Null).await;
        reply.problem(401, "not-signed-in");
    }
    for value in [
        "",
        "x",
        "csn_",
        &format!("{}x", ada.token),
        &ada.token[..ada.token.len() - 1],
    ] {
        let odd = cookie(value);
        let headers = [("cookie", odd.as_str())];
        let reply = send(&app, Method::GET, "/admin/me", &headers, &Value::Null).await;
        reply.problem(401, "not-signed-in");
    }
}

#[tokio::test]
async fn a_token_is_taken_from_a_header_only() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = format!(
        "/admin/me?token={0}&access_token={0}&session={0}",
        ada.token
    );
    let reply = send(&app, Method::GET, &path, &[], &Value::Null).await;
    reply.problem(401, "not-signed-in");
    let mut body = json!({"name": "new"});
    body["token"] = ada.token.clone().into();
    let reply = send(&app, Method::POST, "/admin/clients", &[], &body).await;
    reply.problem(401, "not-signed-in");
}
