//! CORS: operations without a session are closed to other sites too, and no site reads an answer.

use countersign_tests::{App, Authenticator, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

use super::{cookie, send};

#[tokio::test]
async fn another_site_signs_nobody_in() {
    let app = App::with_people().await;
    let credentials = app.credentials("ada");
    for elsewhere in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("origin", "http://evil.example"),
        ("origin", "null"),
    ] {
        let reply = send(
            &app,
            Method::POST,
            "/admin/sessions",
            &[elsewhere],
            &credentials,
        )
        .await;
        reply.problem(403, "cross-site");
        assert_eq!(reply.header("set-cookie"), "", "{elsewhere:?}");
    }
    // The code was not spent, and whoever is no browser, or the console, gets in with it.
    let own = [("sec-fetch-site", "same-origin"), ("origin", app.url())];
    let begun = send(&app, Method::POST, "/admin/sessions", &own, &credentials).await;
    begun.created();
    app.sign_in("ada").await;
}

#[tokio::test]
async fn a_link_is_opened_from_anywhere_and_taken_up_from_no_other_site() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = json!({"email": "new@example.com", "name": "New"});
    let invited = ada.post("/admin/administrators", &new).await.created();
    let url = invited["invitation_url"].as_str().unwrap();
    let link = &url[url.find("/admin/").unwrap()..];
    let invitation = app.stranger().get(link, &[]).await.fine();
    let authenticator = Authenticator::with(invitation["totp"]["secret"].as_str().unwrap());
    let body = json!({"password": PASSWORD, "code": authenticator.next_code(&app.clock)});
    for elsewhere in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "http://evil.example"),
    ] {
        let taken = send(&app, Method::POST, link, &[elsewhere], &body).await;
        taken.problem(403, "cross-site");
        // A link is opened from anywhere, from a mail above all.
        send(&app, Method::GET, link, &[elsewhere], &Value::Null)
            .await
            .fine();
    }
    let own = [("sec-fetch-site", "same-origin")];
    send(&app, Method::POST, link, &own, &body).await.fine();
}

/// Paths of the admin API of every kind.
const PATHS: [&str; 8] = [
    "/admin/sessions",
    "/admin/me",
    "/admin/invitations/cin_x",
    "/admin/administrators",
    "/admin/clients",
    "/admin/clients/owner",
    "/admin/modules",
    // Last, because signing out works from the own site.
    "/admin/sessions/current",
];

#[tokio::test]
async fn no_answer_lets_another_site_read_it() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let session = cookie(&ada.token);
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
    ];
    for path in PATHS {
        for method in methods.iter().chain([&Method::OPTIONS, &Method::HEAD]) {
            if (path, method) == ("/admin/clients/owner", &Method::DELETE) {
                continue;
            }
            for origin in ["http://evil.example", "null", app.url()] {
                let headers = [
                    ("origin", origin),
                    ("cookie", session.as_str()),
                    ("access-control-request-method", "PATCH"),
                    ("access-control-request-headers", "authorization"),
                ];
                let reply = send(&app, method.clone(), path, &headers, &Value::Null).await;
                let opened = reply
                    .headers
                    .keys()
                    .any(|name| name.as_str().starts_with("access-control-"));
                assert!(!opened, "{method} {path} from {origin}");
                assert!(reply.status < 500, "{method} {path}: {}", reply.body);
                if *method == Method::OPTIONS {
                    assert_eq!(reply.status, 404, "{path}");
                }
            }
        }
    }
    ada.get("/admin/me").await.problem(401, "not-signed-in");
}

#[tokio::test]
async fn every_answer_says_what_it_is_and_is_kept_nowhere() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let bearer = format!("Bearer {}", ada.token);
    for authorization in [bearer.as_str(), "Bearer x"] {
        for path in [
            "/admin/me",
            "/admin/clients",
            "/admin/clients/nobody",
            "/admin/audit",
            "/admin/audit/export?format=csv",
        ] {
            let headers = [("authorization", authorization)];
            let reply = send(&app, Method::GET, path, &headers, &Value::Null).await;
            assert_eq!(reply.header("cache-control"), "no-store", "{path}");
            assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
            assert_eq!(reply.header("set-cookie"), "", "{path}");
        }
    }
}
