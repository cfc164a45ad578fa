//! The contracts of all APIs, operation by operation: successes, refusals, and effects on others.
//!
//! Successes are compared byte by byte, and refusals by code and words.

mod admin_administrators_delete;
mod admin_administrators_get;
mod admin_administrators_invite;
mod admin_administrators_list;
mod admin_administrators_reset_mfa;
mod admin_administrators_reset_password;
mod admin_administrators_update;
mod admin_audit_export;
mod admin_audit_list;
mod admin_change_requests_approve;
mod admin_change_requests_get;
mod admin_change_requests_list;
mod admin_change_requests_reject;
mod admin_clients_create;
mod admin_clients_delete;
mod admin_clients_get;
mod admin_clients_list;
mod admin_clients_regenerate_secret;
mod admin_clients_retire_secret;
mod admin_clients_reveal_secret;
mod admin_clients_update;
mod admin_invitations_accept;
mod admin_invitations_get;
mod admin_me;
mod admin_modules_get;
mod admin_modules_replace;
mod admin_multi_admin_get;
mod admin_multi_admin_switch;
mod admin_sessions_create;
mod admin_sessions_delete;
mod admin_signing_keys_list;
mod admin_signing_keys_rotate;
mod admin_token_policy_get;
mod admin_token_policy_replace;
mod clients_add;
mod clients_clear_whitelist;
mod clients_delete;
mod clients_list;
mod clients_reset_secret;
mod clients_set_description;
mod clients_set_features;
mod clients_set_whitelist;
mod documents_openapi;
mod oauth2_introspect;
mod oauth2_jwks;
mod oauth2_metadata;
mod oauth2_revoke;
mod oauth2_token;
mod settings_delete;
mod settings_delete_default;
mod settings_delete_multi;
mod settings_explain;
mod settings_get;
mod settings_get_all;
mod settings_get_default;
mod settings_get_multi;
mod settings_history;
mod settings_items;
mod settings_keys;
mod settings_restore;
mod settings_set;
mod settings_set_default;
mod settings_set_default_multi;
mod settings_set_multi;
mod settings_widget_delete;
mod settings_widget_get;
mod settings_widget_list;
mod settings_widget_publish;
mod widget_data_newest;
mod widget_data_version;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use countersign_tests::derived::repository;
use countersign_tests::{App, Caller, Reply, form};
use functions::OPERATIONS;
use reqwest::Method;
use serde_json::Value;

/// The body of a reply without content.
pub(crate) const DONE: &str = r#"{"stat":"ok"}"#;
/// The words of code 403.
pub(crate) const NOT_AUTHORIZED: &str = "this client does not have authorization for this action";
/// A call that every client with a feature may make, and that changes nothing.
pub(crate) const HARMLESS: (&str, &[(&str, &str)]) = ("/settings/get_default", &[("key", "any")]);

/// The ways in which published clients send the same call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    QueryByGet,
    FormByGet,
    FormByPost,
    QueryByPost,
    QueryBesideEmptyJson,
}

impl Way {
    pub(crate) const ALL: [Self; 5] = [
        Self::QueryByGet,
        Self::FormByGet,
        Self::FormByPost,
        Self::QueryByPost,
        Self::QueryBesideEmptyJson,
    ];

    pub(crate) async fn send(self, caller: &Caller, path: &str, given: &[(&str, &str)]) -> Reply {
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
pub(crate) fn shown(reply: &Reply) -> String {
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
pub(crate) fn is_id(text: &str) -> bool {
    let alphabet = b"23456789abcdefghjkmnpqrstuvwxyz";
    text.len() == 32 && text.bytes().all(|byte| alphabet.contains(&byte))
}

/// Has it the shape of a secret that is made here?
pub(crate) fn is_secret(text: &str) -> bool {
    let rest = text.strip_prefix("csk_").unwrap_or_default();
    rest.len() == 38 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The application's clients, as the list has them, secrets too.
pub(crate) async fn clients(app: &App) -> Vec<Value> {
    let list = app.owner().post("/clients/list", &[]).await.ok();
    list["results"].as_array().unwrap().clone()
}

/// Makes sure that a part of the list has not changed, without printing the secrets in it.
pub(crate) async fn assert_unchanged(app: &App, before: &[Value]) {
    assert!(
        clients(app).await == before,
        "a refused call changed a client"
    );
}

/// A field of a client, as the list shows it.
pub(crate) async fn listed(app: &App, id: &str, field: &str) -> Value {
    app.listed(id)
        .await
        .unwrap_or_else(|| panic!("{id} is not listed"))[field]
        .clone()
}

/// Is the caller who it says it is, and may it call from where it does?
pub(crate) async fn assert_works(caller: &Caller) {
    caller.post(HARMLESS.0, HARMLESS.1).await.ok();
}

/// Is the caller refused as nobody that is known?
pub(crate) async fn assert_unknown(caller: &Caller) {
    caller
        .post(HARMLESS.0, HARMLESS.1)
        .await
        .error(402, "invalid_client_credentials");
}

/// Is the caller known, but not let in?
pub(crate) async fn assert_not_admitted(caller: &Caller) {
    assert_not_authorized(&caller.post(HARMLESS.0, HARMLESS.1).await);
}

#[track_caller]
pub(crate) fn assert_not_authorized(reply: &Reply) {
    assert_eq!(reply.error(403, "client_permission_error"), NOT_AUTHORIZED);
}

/// Makes sure that no one but an enabled owner gets anything done with this call.
async fn assert_owners_only(app: &App, path: &str, given: &[(&str, &str)]) {
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
async fn assert_takes_known_ids_only(
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
async fn assert_missing(app: &App, path: &str, given: &[(&str, &str)], argument: &str) {
    let reply = app.owner().post(path, given).await;
    let words = reply.error(100, "missing_argument");
    assert_eq!(words, format!("missing required argument: {argument}"));
    assert_eq!(reply.json()["argument_name"], argument);
}

#[test]
fn every_operation_has_a_contract_file() {
    let wanted: BTreeSet<_> = OPERATIONS
        .iter()
        .map(|operation| operation.id.replace('.', "_"))
        .collect();
    assert_eq!(files(&repository("tests/suite/contract")), wanted);
    let this = std::fs::read_to_string(repository("tests/suite/contract.rs")).unwrap();
    for name in wanted {
        assert!(
            this.contains(&format!("\nmod {name};\n")),
            "contract.rs does not declare {name}"
        );
        let file = repository(&format!("tests/suite/contract/{name}.rs"));
        let tests = std::fs::read_to_string(file)
            .unwrap()
            .matches("#[tokio::test")
            .count();
        assert!(tests >= 2, "the contract of {name} has {tests} tests");
    }
}

#[test]
fn every_file_of_an_area_is_an_operation_on_the_list() {
    let listed: BTreeSet<_> = OPERATIONS
        .iter()
        .map(|operation| operation.id.to_owned())
        .collect();
    let found = ids_below(&repository("functions/src"), "");
    assert_eq!(
        found, listed,
        "a file of an area is an operation: it stands in OPERATIONS, or in a folder of FOLDERS_WITHOUT_OPERATIONS"
    );
    assert_eq!(
        listed.len(),
        OPERATIONS.len(),
        "an operation is listed twice"
    );
}

/// Folders of `functions/src` that hold no operations. Every other folder is an area.
const FOLDERS_WITHOUT_OPERATIONS: [&str; 2] = ["lambda", "admin.shown"];

/// The IDs that the files below a folder have by their places. `area` is the folder's own, with its dot.
fn ids_below(folder: &Path, area: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for path in folders(folder) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let inner = format!("{area}{name}");
        if !FOLDERS_WITHOUT_OPERATIONS.contains(&inner.as_str()) {
            ids.extend(ids_below(&path, &format!("{inner}.")));
        }
    }
    // The files of the root belong to no area.
    if !area.is_empty() {
        let files = files(folder)
            .into_iter()
            .map(|name| format!("{area}{name}"));
        ids.extend(files.filter(|id| !FOLDERS_WITHOUT_OPERATIONS.contains(&id.as_str())));
    }
    ids
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_dir()).collect()
}

/// The Rust files of a folder, without their ending.
fn files(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let rust = entries.filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    rust.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}
