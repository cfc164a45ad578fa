//! API clients by the admin API: paths, calls and assertions.

use reqwest::Method;
use serde_json::{Value, json};

use crate::machine_api::{assert_unchanged, clients};
use crate::{App, Caller, Person, Reply};

/// The path of a client, or of something of it.
pub fn of_client(id: &str, rest: &str) -> String {
    format!("/admin/clients/{id}{rest}")
}

/// A client as it is viewed.
pub async fn view(person: &Person, id: &str) -> Value {
    person.get(&of_client(id, "")).await.fine()
}

/// The ID of a client that was viewed.
#[track_caller]
pub fn id_of(client: &Value) -> String {
    client["client_id"].as_str().unwrap().to_owned()
}

/// A caller of the machine API with a client's present secret.
pub async fn caller_of(app: &App, person: &Person, id: &str) -> Caller {
    app.caller(id, &person.secret_of(id).await)
}

/// Asks for a client's secret with a code.
pub async fn reveal(person: &Person, id: &str, code: &str) -> Reply {
    let path = of_client(id, "/secret/reveal");
    person.post(&path, &json!({"code": code})).await
}

/// Asks for another secret of a client with a code, and more.
pub async fn regenerate(person: &Person, id: &str, code: &str, more: &Value) -> Reply {
    let mut body = more.clone();
    body["code"] = code.into();
    person
        .post(&of_client(id, "/secret/regenerate"), &body)
        .await
}

/// Makes sure that the answer has no secret in it, neither in its body nor in a header.
#[track_caller]
pub fn assert_tells_no_secret(reply: &Reply) {
    let headers = format!("{:?}", reply.headers);
    assert!(
        !reply.body.contains("csk_") && !headers.contains("csk_"),
        "a secret stands where none belongs"
    );
}

/// Makes sure that a call takes a session, and `manage_users`, and that nothing happens without.
pub async fn assert_takes_manage_users(
    app: &App,
    method: Method,
    path: &str,
    body: Option<&Value>,
) {
    let before = clients(app).await;
    let json = [("content-type", "application/json")];
    for nobody in [app.stranger(), app.owner()] {
        let sent = body.map(ToString::to_string).unwrap_or_default();
        let reply = nobody.send(method.clone(), path, &json, sent.into()).await;
        let words = reply.problem(401, "not-signed-in");
        assert!(words.contains("sign in"), "{words}");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }
    for lesser in ["cleo", "dora"] {
        let reply = app
            .sign_in(lesser)
            .await
            .send(method.clone(), path, body)
            .await;
        let words = reply.problem(403, "not-permitted");
        assert!(words.contains("privilege"), "{lesser}: {words}");
    }
    assert_unchanged(app, &before).await;
}

/// Makes sure that a call reaches only clients that there are in the caller's own application.
pub async fn assert_finds_own_clients_only(
    app: &App,
    person: &Person,
    method: Method,
    rest: &str,
    body: Option<&Value>,
) {
    let before = clients(app).await;
    for id in [
        "nobody",
        "foreigner",
        "FEATURELESS",
        "featureless%20",
        "gr%C3%B6%C3%9Fe",
    ] {
        let reply = person
            .send(method.clone(), &of_client(id, rest), body)
            .await;
        let words = reply.problem(404, "not-found");
        assert!(words.contains("not yours"), "{id}: {words}");
    }
    assert_unchanged(app, &before).await;
    crate::machine_api::assert_works(&app.client("foreigner")).await;
}

/// The last uses of a client's present secret and of the one before it, alone and in the list.
pub async fn uses(by: &Person, client: &str) -> [Value; 2] {
    let seen = view(by, client).await;
    let listed = by.all("/admin/clients", "").await;
    let listed = listed.iter().find(|listed| listed["client_id"] == client);
    assert_eq!(listed, Some(&seen));
    let fields = ["secret_last_used_at", "previous_secret_last_used_at"];
    fields.map(|field| {
        let object = seen.as_object().unwrap();
        object[field].clone()
    })
}
