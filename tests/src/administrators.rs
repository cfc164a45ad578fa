//! Administrators: invitations, sign-in, resets and their refusals.

use serde_json::{Value, json};

use crate::{App, Authenticator, PASSWORD, Person, Reply, email_of};

/// The words of whatever goes wrong at signing in.
pub const SIGN_IN_FAILED: &str = "the address, the password and the code do not fit together, or the code was used before, or there were too many attempts";
/// The words of a wrong code at a prompt.
pub const WRONG_CODE: &str =
    "the code is wrong or was used before; wait for the next one that the authenticator shows";
/// The words of a link that is used, expired or unknown, and of a foreign ID.
pub const NOT_THERE: &str = "there is nothing here, or it is not yours to see";
/// A password of nobody.
pub const WRONG_PASSWORD: &str = "incorrect horse battery";
/// A prompt for a code that does nothing but show a secret.
pub const REVEAL: &str = "/admin/clients/login_client/secret/reveal";

/// Returns the path of an administrator.
pub fn at(id: &str) -> String {
    format!("/admin/administrators/{id}")
}

/// The path of the link that a reply hands out.
#[track_caller]
pub fn link(reply: &Value) -> String {
    let url = reply["invitation_url"].as_str().unwrap();
    url[url.find("/admin/invitations/").unwrap()..].to_owned()
}

/// A reply as somebody sees it who wants to tell it from another one.
pub fn seen(reply: &Reply) -> (u16, Value) {
    let mut body = reply.json();
    body.as_object_mut().unwrap().remove("request_id");
    (reply.status, body)
}

/// Refused as everybody is who does not get in.
#[track_caller]
pub fn assert_not_let_in(reply: &Reply) {
    assert_eq!(reply.problem(401, "sign-in-failed"), SIGN_IN_FAILED);
}

/// Refused as everybody is whose code does not count.
#[track_caller]
pub fn assert_wrong_code(reply: &Reply) {
    assert_eq!(reply.problem(401, "wrong-code"), WRONG_CODE);
}

/// Has the person a session still?
pub async fn assert_signed_in(person: &Person) {
    person.get("/admin/me").await.fine();
}

/// Has their session ended?
pub async fn assert_signed_out(person: &Person) {
    let reply = person.get("/admin/me").await;
    reply.problem(401, "not-signed-in");
}

/// Returns the state of an administrator, after checking that the list shows the same.
pub async fn state_of(viewer: &Person, id: &str) -> String {
    let one = viewer.get(&at(id)).await.fine();
    let list = viewer.all("/admin/administrators", "").await;
    let listed = list.iter().find(|listed| listed["id"] == id);
    assert_eq!(listed, Some(&one));
    one["state"].as_str().unwrap().to_owned()
}

/// The ID of somebody, by the beginning of their address.
pub async fn id_of(viewer: &Person, name: &str) -> String {
    let list = viewer.all("/admin/administrators", "").await;
    let one = list.iter().find(|one| one["email"] == email_of(name));
    one.unwrap()["id"].as_str().unwrap().to_owned()
}

/// Somebody who was invited just now.
#[derive(Debug)]
pub struct Invited {
    pub id: String,
    /// The path of their link.
    pub link: String,
}

/// Invites someone.
pub async fn invite(by: &Person, name: &str, privileges: &[&str]) -> Invited {
    let body = json!({"email": email_of(name), "name": name, "privileges": privileges});
    let invited = by.post("/admin/administrators", &body).await.created();
    Invited {
        id: invited["administrator"]["id"].as_str().unwrap().to_owned(),
        link: link(&invited),
    }
}

/// Resets somebody's `mfa` or `password`; gives the link's path.
pub async fn reset(by: &Person, id: &str, what: &str) -> String {
    let path = format!("{}/reset-{what}", at(id));
    link(&by.post(&path, &json!({})).await.fine())
}

/// Somebody who has taken up a link.
#[derive(Debug)]
pub struct Enrolled {
    pub authenticator: Authenticator,
    pub recovery_codes: Vec<String>,
}

/// The authenticator that a link sets up.
pub async fn authenticator_of(app: &App, link: &str) -> Authenticator {
    let invitation = app.stranger().get(link, &[]).await.fine();
    Authenticator::with(invitation["totp"]["secret"].as_str().unwrap())
}

/// Takes up a link.
pub async fn answer(app: &App, link: &str, password: &str, code: &str) -> Reply {
    post_without_session(app, link, &json!({"password": password, "code": code})).await
}

/// Takes a link up that sets up everything; gives the authenticator and the answer.
pub async fn take_up(app: &App, link: &str, password: &str) -> Enrolled {
    let authenticator = authenticator_of(app, link).await;
    let code = authenticator.next_code(&app.clock);
    let enrolled = answer(app, link, password, &code).await.fine();
    let codes = enrolled["recovery_codes"].as_array().unwrap().iter();
    Enrolled {
        authenticator,
        recovery_codes: codes
            .map(|code| code.as_str().unwrap().to_owned())
            .collect(),
    }
}

/// Somebody new who can sign in.
pub async fn enrol(app: &App, by: &Person, name: &str, privileges: &[&str]) -> (String, Enrolled) {
    let invited = invite(by, name, privileges).await;
    let enrolled = take_up(app, &invited.link, PASSWORD).await;
    (invited.id, enrolled)
}

/// Asks for a session of somebody of the suite, with any password and code.
pub async fn sign_in_with(app: &App, name: &str, password: &str, code: &str) -> Reply {
    let body = json!({"email": email_of(name), "password": password, "code": code});
    app.ask_for_session(&body).await
}

/// Asks for a session with a recovery code.
pub async fn recover(app: &App, name: &str, password: &str, code: &str) -> Reply {
    let body = json!({"email": email_of(name), "password": password, "recovery_code": code});
    app.ask_for_session(&body).await
}

/// So many wrong passwords of somebody of the suite.
pub async fn fail_to_sign_in(app: &App, name: &str, times: usize) {
    let code = Authenticator::of(name).code(&app.clock);
    for _ in 0..times {
        assert_not_let_in(&sign_in_with(app, name, WRONG_PASSWORD, &code).await);
    }
}

/// The audit's events of an operation that was done.
pub async fn done(viewer: &Person, action: &str) -> Vec<Value> {
    let query = format!("action={action}&outcome=applied");
    viewer.audit(&query).await
}

/// Someone who was invited, has taken it up and is signed in.
pub async fn signed_in(app: &App, by: &Person, name: &str, privileges: &[&str]) -> Person {
    let (_, enrolled) = enrol(app, by, name, privileges).await;
    let code = enrolled.authenticator.next_code(&app.clock);
    let begun = sign_in_with(app, name, PASSWORD, &code).await;
    app.person(&begun, enrolled.authenticator)
}

/// Posts JSON as somebody without a session.
pub async fn post_without_session(app: &App, path: &str, body: &Value) -> Reply {
    let stranger = app.stranger();
    stranger
        .post_raw(path, "application/json", body.to_string())
        .await
}
