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
use functions::OPERATIONS;

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
///
/// `documents.openapi` is an operation itself; the folder holds the parts of its document.
const FOLDERS_WITHOUT_OPERATIONS: [&str; 3] = ["lambda", "admin.shown", "documents.openapi"];

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
        ids.extend(files);
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
