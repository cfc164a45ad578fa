//! Somebody new: invited by an administrator, and enrolled by the link.

use countersign_tests::{App, Authenticator, Person, Reply};
use serde_json::{Value, json};

/// Somebody who was invited.
pub(crate) struct Newcomer {
    pub(crate) id: String,
    /// The path of their link.
    pub(crate) path: String,
}

/// Invites someone.
pub(crate) async fn invite(by: &Person, email: &str, privileges: &Value) -> Newcomer {
    let body = json!({"email": email, "name": "New", "privileges": privileges});
    let invited = by.post("/admin/administrators", &body).await.created();
    let id = invited["administrator"]["id"].as_str().unwrap();
    Newcomer {
        id: id.to_owned(),
        path: path_of(&invited),
    }
}

/// The path of the link that an answer holds.
pub(crate) fn path_of(answer: &Value) -> String {
    let url = answer["invitation_url"].as_str().unwrap();
    url[url.find("/admin/").unwrap()..].to_owned()
}

/// Sets up the authenticator that a link asks for.
pub(crate) async fn authenticator(app: &App, path: &str) -> Authenticator {
    let asked = app.stranger().get(path, &[]).await.fine();
    Authenticator::with(asked["totp"]["secret"].as_str().unwrap())
}

/// Posts JSON as somebody without a session.
pub(crate) async fn post(app: &App, path: &str, body: &Value) -> Reply {
    let stranger = app.stranger();
    stranger
        .post_raw(path, "application/json", body.to_string())
        .await
}

/// Takes a link up that sets up everything; gives the authenticator and the answer.
pub(crate) async fn take_up(app: &App, path: &str, password: &str) -> (Authenticator, Reply) {
    let authenticator = authenticator(app, path).await;
    let code = authenticator.next_code(&app.clock);
    let enrolled = post(app, path, &json!({"password": password, "code": code})).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.body);
    (authenticator, enrolled)
}

/// Someone who was invited, has taken it up and is signed in.
pub(crate) async fn signed_in(app: &App, by: &Person, email: &str, privileges: &Value) -> Person {
    let password = "a newcomer's own words";
    let new = invite(by, email, privileges).await;
    let (authenticator, _) = take_up(app, &new.path, password).await;
    let code = authenticator.next_code(&app.clock);
    let credentials = json!({"email": email, "password": password, "code": code});
    let begun = app.ask_for_session(&credentials).await;
    app.person(&begun, authenticator)
}
