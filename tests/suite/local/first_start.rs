//! The first start of the local binary, as a newcomer lives it.
//!
//! It goes by the printed text and the real time, and ends with a revealed secret. All of it is in
//! the audit.

use countersign_tests::binary::Local;
use countersign_tests::{Authenticator, Caller, PASSWORD, Setup, email_of};
use reqwest::Method;
use serde_json::{Value, json};
use shared::Clock;

const JSON: (&str, &str) = ("content-type", "application/json");

/// Returns the code of an authenticator, now or so many steps later.
fn code(authenticator: &Authenticator, steps: i64) -> String {
    authenticator.code_at(Clock::System.now().millis() + steps * 30_000)
}

async fn post(caller: &Caller, path: &str, body: Value) -> Value {
    let reply = caller
        .send(Method::POST, path, &[JSON], body.to_string().into())
        .await;
    assert!(reply.status < 300, "{path}: {}", reply.body);
    reply.json()
}

/// The path of the link in a line that was printed.
fn link(printed: &str) -> &str {
    let start = printed
        .find("/admin/invitations/")
        .expect("no link is printed");
    printed[start..].split_whitespace().next().unwrap()
}

#[tokio::test]
async fn the_first_start_leads_to_a_client_with_a_module_and_all_of_it_is_in_the_audit() {
    let mut local = Local::start(&["--data", "kept"], None).await;
    let printed = local.printed_until("/admin/invitations/").await;
    let invitation = link(&printed);
    let stranger = Caller::at(&local.url);
    let setup = stranger.get(invitation, &[]).await.fine();
    assert_eq!(setup["email"], "admin@example.com");
    let authenticator = Authenticator::with(setup["totp"]["secret"].as_str().unwrap());
    let chosen = json!({"password": PASSWORD, "code": code(&authenticator, -1)});
    post(&stranger, invitation, chosen).await;
    stranger
        .get(invitation, &[])
        .await
        .problem(404, "not-found");

    let sign_in = json!({"email": "admin@example.com", "password": PASSWORD, "code": code(&authenticator, 0)});
    let session = post(&stranger, "/admin/sessions", sign_in).await;
    let bearer = format!("Bearer {}", session["token"].as_str().unwrap());
    let admin = Caller::at(&local.url).authorization(&[&bearer]);
    let new = json!({"name": "web shop", "features": ["owner"], "modules": {"payments": {"administrator": false}}});
    let client = post(&admin, "/admin/clients", new).await;
    let id = client["client_id"].as_str().unwrap();
    let path = format!("/admin/clients/{id}");
    let next = json!({"code": code(&authenticator, 1)});
    let revealed = post(&admin, &format!("{path}/secret/reveal"), next).await;
    let caller = Caller::at(&local.url).basic(id, revealed["client_secret"].as_str().unwrap());
    caller.post("/clients/list", &[]).await.ok();
    let off = json!({"enabled": false}).to_string();
    let disabled = admin.send(Method::PATCH, &path, &[JSON], off.into()).await;
    assert_eq!(disabled.fine()["enabled"], false);
    let refused = caller.post("/clients/list", &[]).await;
    refused.error(402, "invalid_client_credentials");

    let events = admin.get("/admin/audit", &[("object", id)]).await.fine();
    let told: Vec<_> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            (
                event["action"].as_str().unwrap(),
                event["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("clients.list", "refused"),
            ("admin.clients.update", "applied"),
            ("admin.clients.reveal_secret", "applied"),
            ("admin.clients.create", "applied"),
        ]
    );
}

#[tokio::test]
async fn a_session_and_an_invitation_outlive_a_restart() {
    let mut seed = Setup::with_people().seed;
    let people = seed["applications"][0]["administrators"]
        .as_array_mut()
        .unwrap();
    people.push(json!({"email": "late@example.com", "privileges": ["manage_users"]}));
    let local = Local::start(&["--data", "kept"], Some(&seed)).await;
    let body = json!({"email": email_of("ada"), "password": PASSWORD, "code": code(&Authenticator::of("ada"), 0)});
    let session = post(&Caller::at(&local.url), "/admin/sessions", body.clone()).await;
    let (printed, _, folder) = local.stop_with("-TERM").await;
    let invitation = link(&printed).to_owned();
    assert_eq!(printed.matches("/admin/invitations/").count(), 1);
    assert!(printed.contains("late@example.com"));

    let local = Local::start_in(folder, &["--data", "kept"], Some(&seed)).await;
    let bearer = format!("Bearer {}", session["token"].as_str().unwrap());
    let admin = Caller::at(&local.url).authorization(&[&bearer]);
    admin.get("/admin/me", &[]).await.fine();
    let stranger = Caller::at(&local.url);
    stranger.get(&invitation, &[]).await.fine();
    let used = stranger
        .send(
            Method::POST,
            "/admin/sessions",
            &[JSON],
            body.to_string().into(),
        )
        .await;
    used.problem(401, "sign-in-failed");
    let (printed, ..) = local.stop_with("-TERM").await;
    assert_eq!(
        printed.matches("/admin/invitations/").count(),
        0,
        "invited once"
    );
}
