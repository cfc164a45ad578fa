//! Calls of the machine API: the ways to send one, and assertions about its refusals.

use reqwest::Method;
use serde_json::Value;

use crate::{App, Caller, Reply, form};

/// The body of a reply without content.
pub const DONE: &str = r#"{"stat":"ok"}"#;
/// The words of code 403.
pub const NOT_AUTHORIZED: &str = "this client does not have authorization for this action";
/// A call that every client with a feature may make, and that changes nothing.
pub const HARMLESS: (&str, &[(&str, &str)]) = ("/settings/get_default", &[("key", "any")]);

/// The ways in which published clients send the same call.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    QueryByGet,
    FormByGet,
    FormByPost,
    QueryByPost,
    QueryBesideEmptyJson,
}

impl Way {
    pub const ALL: [Self; 5] = [
        Self::QueryByGet,
        Self::FormByGet,
        Self::FormByPost,
        Self::QueryByPost,
        Self::QueryBesideEmptyJson,
    ];

    pub async fn send(self, caller: &Caller, path: &str, given: &[(&str, &str)]) -> Reply {
        let form_type = ("content-type", "application/x-www-form-urlencoded");
        let json_type = ("content-type", "application/json");
        let (in_path, in_body) = match self {
            Self::FormByGet | Self::FormByPost => (path.to_owned(), form(given)),
            Self::QueryByGet | Self::QueryByPost => {
                (format!("{path}?{}", form(given)), String::new())
            }
            Self::QueryBesideEmptyJson => (format!("{path}?{}", form(given)), r#""""#.to_owned()),
        };
        let (method, headers) = match self {
            Self::QueryByGet => (Method::GET, vec![]),
            Self::FormByGet => (Method::GET, vec![form_type]),
            Self::FormByPost => (Method::POST, vec![form_type]),
            Self::QueryByPost => (Method::POST, vec![]),
            Self::QueryBesideEmptyJson => (Method::POST, vec![json_type]),
        };
        caller
            .send(method, &in_path, &headers, in_body.into())
            .await
    }
}

/// Returns the bytes of a success, with generated values replaced by the names of their fields.
///
/// So they can be compared, and a failing test prints no secret.
#[track_caller]
pub fn shown(reply: &Reply) -> String {
    let mut body = reply.body.clone();
    for field in ["client_id", "client_secret", "new_secret"] {
        for value in values_of(&reply.ok(), field) {
            if field != "client_id" || is_id(&value) {
                body = body.replace(&format!("\"{value}\""), &format!("\"<{field}>\""));
            }
        }
    }
    body
}

fn values_of(json: &Value, field: &str) -> Vec<String> {
    let here = json[field].as_str().map(str::to_owned);
    let listed = json["results"].as_array().into_iter().flatten();
    here.into_iter()
        .chain(listed.flat_map(|listed| values_of(listed, field)))
        .collect()
}

/// Has it the shape of a client ID that is made here?
pub fn is_id(text: &str) -> bool {
    let alphabet = b"23456789abcdefghjkmnpqrstuvwxyz";
    text.len() == 32 && text.bytes().all(|byte| alphabet.contains(&byte))
}

/// Has it the shape of a secret that is made here?
pub fn is_secret(text: &str) -> bool {
    let rest = text.strip_prefix("csk_").unwrap_or_default();
    rest.len() == 38 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The application's clients, as the list has them, secrets too.
pub async fn clients(app: &App) -> Vec<Value> {
    let list = app.owner().post("/clients/list", &[]).await.ok();
    list["results"].as_array().unwrap().clone()
}

/// Makes sure that a part of the list has not changed, without printing the secrets in it.
pub async fn assert_unchanged(app: &App, before: &[Value]) {
    assert!(
        clients(app).await == before,
        "a refused call changed a client"
    );
}

/// A field of a client, as the list shows it.
pub async fn listed(app: &App, id: &str, field: &str) -> Value {
    app.listed(id)
        .await
        .unwrap_or_else(|| panic!("{id} is not listed"))[field]
        .clone()
}

/// Is the caller who it says it is, and may it call from where it does?
pub async fn assert_works(caller: &Caller) {
    caller.post(HARMLESS.0, HARMLESS.1).await.ok();
}

/// Is the caller refused as nobody that is known?
pub async fn assert_unknown(caller: &Caller) {
    caller
        .post(HARMLESS.0, HARMLESS.1)
        .await
        .error(402, "invalid_client_credentials");
}

/// Is the caller known, but not let in?
pub async fn assert_not_admitted(caller: &Caller) {
    assert_not_authorized(&caller.post(HARMLESS.0, HARMLESS.1).await);
}

#[track_caller]
pub fn assert_not_authorized(reply: &Reply) {
    assert_eq!(reply.error(403, "client_permission_error"), NOT_AUTHORIZED);
}

/// Makes sure that no one but an enabled owner gets anything done with this call.
pub async fn assert_owners_only(app: &App, path: &str, given: &[(&str, &str)]) {
    let before = clients(app).await;
    let lesser = [
        "access_issuer",
        "direct_access",
        "direct_read_access",
        "login_client",
    ];
    for id in lesser.into_iter().chain(["featureless"]) {
        assert_not_authorized(&app.client(id).post(path, given).await);
    }
    for nobody in [app.stranger(), app.client("disabled")] {
        nobody
            .post(path, given)
            .await
            .error(402, "invalid_client_credentials");
    }
    assert_unchanged(app, &before).await;
}

/// Makes sure that `argument` takes only the ID of a client of the caller's application.
pub async fn assert_takes_known_ids_only(
    app: &App,
    path: &str,
    argument: &str,
    given: &[(&str, &str)],
) {
    let before = clients(app).await;
    let too_long = "x".repeat(256);
    for id in [
        "",
        " ",
        "nobody",
        "foreigner",
        "FEATURELESS",
        "featureless ",
        "größe",
        &too_long,
    ] {
        let given = [given, &[(argument, id)]].concat();
        let why = app.owner().post(path, &given).await.invalid(argument);
        assert_eq!(why, format!("{argument} is not a valid id"), "{id:?}");
    }
    assert_unchanged(app, &before).await;
}

/// Makes sure that the call is not possible without `argument`.
pub async fn assert_missing(app: &App, path: &str, given: &[(&str, &str)], argument: &str) {
    let reply = app.owner().post(path, given).await;
    let words = reply.error(100, "missing_argument");
    assert_eq!(words, format!("missing required argument: {argument}"));
    assert_eq!(reply.json()["argument_name"], argument);
}
