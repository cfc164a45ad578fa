//! The log of the local binary.

use std::time::{SystemTime, UNIX_EPOCH};

use countersign_tests::administrators::link;
use countersign_tests::binary::Local;
use countersign_tests::{Authenticator, Caller, PASSWORD, Setup, email_of};
use reqwest::Method;
use serde_json::{Value, json};

use super::Secrets;

/// Milliseconds since the epoch: the process looks at the machine's clock.
fn millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

async fn send(
    caller: &Caller,
    method: Method,
    path: &str,
    body: &Value,
) -> countersign_tests::Reply {
    let headers = [
        ("content-type", "application/json"),
        ("user-agent", "TELLTALE-agent"),
    ];
    let body = body.to_string().into();
    caller.send(method, path, &headers, body).await
}

#[tokio::test]
async fn the_log_of_the_admin_api_has_nothing_that_was_sent_or_shown() {
    let seed = Setup::with_people().seed;
    let local = Local::start(&["--memory", "--log", "json"], Some(&seed)).await;
    let stranger = Caller::at(&local.url);
    let mut secrets = Secrets::default();
    secrets.keep("password", PASSWORD);
    let mut ada = stranger.clone();
    for (name, what) in [("ben", "reveal"), ("ada", "regenerate")] {
        // The codes of this step and of the next: a clock that goes on meanwhile takes both.
        let codes = [0, 30_000].map(|later| Authenticator::of(name).code_at(millis() + later));
        for code in &codes {
            secrets.keep("code", code);
        }
        let body = json!({"email": email_of(name), "password": PASSWORD, "code": codes[0]});
        let begun = send(&stranger, Method::POST, "/admin/sessions", &body)
            .await
            .created();
        let token = begun["token"].as_str().unwrap();
        secrets.keep("session", token);
        ada = stranger
            .clone()
            .authorization(&[&format!("Bearer {token}")]);
        let path = format!("/admin/clients/owner/secret/{what}");
        let reply = send(&ada, Method::POST, &path, &json!({"code": codes[1]}))
            .await
            .fine();
        secrets.keep("client secret", reply["client_secret"].as_str().unwrap());
    }
    let body = json!({"email": "eve@example.com", "name": "TELLTALE-name"});
    let invited = send(&ada, Method::POST, "/admin/administrators", &body)
        .await
        .created();
    let link = link(&invited);
    secrets.keep_link(&link);
    let asked = stranger.get(&link, &[]).await.fine();
    let key = asked["totp"]["secret"].as_str().unwrap();
    secrets.keep_key(key);
    let code = Authenticator::with(key).code_at(millis());
    secrets.keep("code", &code);
    let body = json!({"password": "TELLTALE-password", "code": code});
    let enrolled = send(&stranger, Method::POST, &link, &body).await.fine();
    for code in enrolled["recovery_codes"].as_array().unwrap() {
        secrets.keep("recovery code", code.as_str().unwrap());
    }

    // What is refused, unfit, or leads nowhere; a link's path above all.
    let wrong =
        json!({"email": "TELLTALE@example.com", "password": "TELLTALE", "code": "TELLTALE"});
    send(&stranger, Method::POST, "/admin/sessions", &wrong).await;
    send(
        &ada,
        Method::POST,
        "/admin/clients",
        &json!({"name": "", "TELLTALE": "TELLTALE"}),
    )
    .await;
    send(
        &ada,
        Method::GET,
        "/admin/audit?actor=TELLTALE&cursor=TELLTALE",
        &json!({}),
    )
    .await;
    send(&ada, Method::GET, "/admin/clients/TELLTALE", &json!({})).await;
    for method in [Method::HEAD, Method::PUT, Method::OPTIONS, Method::DELETE] {
        send(&stranger, method, &link, &json!({})).await;
    }
    for rest in ["/", "/x", "//", "?next=1"] {
        send(&stranger, Method::GET, &format!("{link}{rest}"), &json!({})).await;
    }
    let encoded = link.replacen("/cin_", "/%63in_", 1);
    send(&stranger, Method::PUT, &encoded, &json!({})).await;
    send(
        &stranger,
        Method::PUT,
        &link.replace("/invitations", "//invitations"),
        &json!({}),
    )
    .await;
    let large = json!({"password": "x".repeat(11_000_000)});
    let json = [("content-type", "application/json")];
    let refused = stranger.try_send(Method::POST, &link, &json, large.to_string().into());
    // A server that refuses early may close the connection before all is sent.
    if let Ok(reply) = refused.await {
        assert_eq!(reply.status, 413);
    }
    let log = local.stop().await;
    secrets.keep("text that was sent", "TELLTALE");
    secrets.assert_none_in(&log, "the log");
    let lines = log.lines().filter(|line| line.contains("\"answered\""));
    assert!(lines.count() > 20, "the log is not whole");
}
