//! The console's cookie, and what other sites can do with it: nothing (administration contract,
//! sections 3 and 8).

use countersign_tests::admin_clients::of_client;
use countersign_tests::{App, Person, Reply};
use reqwest::Method;
use serde_json::{Value, json};

mod cors;
mod sessions;

/// The name of the cookie.
const COOKIE: &str = "__Host-countersign";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A request with these headers, and no session but what they hold.
async fn send(
    app: &App,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Reply {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let headers = [&[JSON], headers].concat();
    app.stranger()
        .send(method, path, &headers, body.into())
        .await
}

/// Someone's session as a cookie.
fn cookie(token: &str) -> String {
    format!("{COOKIE}={token}")
}

/// All changes that there are of one client, with what it takes beside the session.
fn changes(person: &Person) -> Vec<(Method, String, Value)> {
    let code = json!({"code": person.next_code()});
    let client = |rest: &str| of_client("login_client", rest);
    vec![
        (
            Method::POST,
            "/admin/clients".to_owned(),
            json!({"name": "new"}),
        ),
        (Method::PATCH, client(""), json!({"enabled": false})),
        (Method::POST, client("/secret/reveal"), code.clone()),
        (Method::POST, client("/secret/regenerate"), code),
        (
            Method::PUT,
            "/admin/modules".to_owned(),
            json!({"modules": []}),
        ),
        (
            Method::POST,
            "/admin/administrators".to_owned(),
            json!({"email": "n@example.com", "name": "n"}),
        ),
        (Method::DELETE, client(""), Value::Null),
        (
            Method::DELETE,
            "/admin/sessions/current".to_owned(),
            Value::Null,
        ),
    ]
}

/// Returns the headers of another site, of a neighbour's page, of an old browser and of a script.
fn no_proofs(app: &App) -> Vec<Vec<(&'static str, String)>> {
    let own = app.url().to_owned();
    let site = |site: &str| vec![("sec-fetch-site", site.to_owned())];
    let origin = |origin: &str| vec![("origin", origin.to_owned())];
    vec![
        vec![],
        site("cross-site"),
        site("same-site"),
        site("none"),
        site(""),
        site("SAME-ORIGIN"),
        origin("null"),
        origin(""),
        origin("http://evil.example"),
        origin("http://127.0.0.1"),
        origin("http://127.0.0.1:1"),
        origin(&format!("{own}.evil.example")),
        origin(&own.replace("http://", "http://evil@")),
        // What the browser says of the site goes before what it says of the origin.
        vec![
            ("sec-fetch-site", "cross-site".to_owned()),
            ("origin", own.clone()),
        ],
        vec![("sec-fetch-site", "same-site".to_owned()), ("origin", own)],
        vec![
            ("referer", app.url().to_owned()),
            ("x-requested-with", "XMLHttpRequest".to_owned()),
        ],
    ]
}

fn borrowed<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    let headers = headers.iter();
    headers
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing_wherever_the_request_comes_from() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let session = cookie(&ada.token);
    let changes = changes(&ada);
    let before = (
        app.dump("clients").await,
        ada.audit("outcome=applied").await,
    );
    for proof in no_proofs(&app) {
        for (method, path, body) in &changes {
            let mut headers = borrowed(&proof);
            headers.push(("cookie", &session));
            let reply = send(&app, method.clone(), path, &headers, body).await;
            assert_eq!(reply.status, 403, "{method} {path} with {proof:?}");
            let words = reply.problem(403, "cross-site");
            assert!(words.contains("bearer"), "{words}");
        }
    }
    assert!(
        app.dump("clients").await == before.0,
        "something has changed"
    );
    assert_eq!(ada.audit("outcome=applied").await, before.1);
    // The session still lives, and the code was not spent.
    let (_, path, body) = &changes[2];
    ada.post(path, body).await.fine();
}

#[tokio::test]
async fn a_cookie_with_a_same_origin_proof_does_what_its_owner_may() {
    let app = App::with_people().await;
    let origin = app.url().to_owned();
    for proof in [
        ("sec-fetch-site", "same-origin"),
        ("origin", origin.as_str()),
    ] {
        let ada = app.sign_in("ada").await;
        let session = cookie(&ada.token);
        let headers = [proof, ("cookie", session.as_str())];
        for enabled in [false, true] {
            let path = of_client("login_client", "");
            let body = json!({"enabled": enabled});
            let changed = send(&app, Method::PATCH, &path, &headers, &body).await;
            assert_eq!(changed.fine()["enabled"], enabled);
        }
        let out = send(
            &app,
            Method::DELETE,
            "/admin/sessions/current",
            &headers,
            &Value::Null,
        );
        out.await.nothing();
        ada.get("/admin/me").await.problem(401, "not-signed-in");
        // The proof is of the page, not of its user's privileges.
        let dora = app.sign_in("dora").await;
        let session = cookie(&dora.token);
        let body = json!({"name": "new"});
        let headers = [proof, ("cookie", session.as_str())];
        let refused = send(&app, Method::POST, "/admin/clients", &headers, &body).await;
        refused.problem(403, "not-permitted");
    }
}

#[tokio::test]
async fn looking_takes_the_cookie_and_no_proof() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let session = cookie(&ada.token);
    for more in ["", "; theme=dark", "; __Host-other=x"] {
        let session = format!("lang=de; {session}{more}");
        let headers = [("cookie", session.as_str())];
        for path in [
            "/admin/me",
            "/admin/clients",
            "/admin/audit",
            "/admin/modules",
        ] {
            send(&app, Method::GET, path, &headers, &Value::Null)
                .await
                .fine();
        }
    }
}

#[tokio::test]
async fn a_bearer_token_needs_no_proof() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = of_client("login_client", "");
    for proof in no_proofs(&app) {
        let mut headers = borrowed(&proof);
        let bearer = format!("Bearer {}", ada.token);
        headers.push(("authorization", &bearer));
        let body = json!({"enabled": true});
        send(&app, Method::PATCH, &path, &headers, &body)
            .await
            .fine();
    }
}

#[tokio::test]
async fn a_header_that_does_not_fit_is_not_made_up_for_by_a_cookie() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let session = cookie(&ada.token);
    let basic = format!("Basic {}", ada.token);
    for authorization in ["Bearer", "Bearer x", &basic, "", &ada.token] {
        let headers = [("authorization", authorization), ("cookie", &session)];
        let reply = send(&app, Method::GET, "/admin/me", &headers, &Value::Null).await;
        reply.problem(401, "not-signed-in");
    }
}

#[tokio::test]
async fn a_refusal_by_the_site_tells_nothing_of_the_session() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = of_client("login_client", "");
    let mut words = Vec::new();
    let dead = format!("csn_{}", "a".repeat(ada.token.len() - 4));
    for token in [ada.token.as_str(), &dead] {
        let headers = [
            ("cookie", cookie(token)),
            ("sec-fetch-site", "cross-site".to_owned()),
        ];
        let headers = borrowed(&headers);
        let reply = send(&app, Method::DELETE, &path, &headers, &Value::Null).await;
        words.push(reply.problem(403, "cross-site"));
    }
    assert_eq!(words[0], words[1]);
}
