//! Coverage of multi admin: every operation that may write clients or administrators is held back.
//!
//! The list comes from the access patterns that operations declare. A new operation that forgets it
//! fails here.

use std::collections::BTreeSet;

use countersign_tests::change_requests::{
    app, apply, approve_with_code, ask, assert_as_before, held_id, pending, records, reject, seen,
};
use countersign_tests::machine_api::clients;
use countersign_tests::{Caller, Person, Reply, administrators};
use functions::OPERATIONS;
use serde_json::{Value, json};
use shared::Endpoint;

/// The operations that are not held back although they may write there, with the reason.
const FREE: [(&str, &str); 10] = [
    ("admin.sessions.create", "writes one's own session"),
    ("admin.sessions.delete", "ends one's own session"),
    ("admin.invitations.accept", "sets up one's own account"),
    (
        "admin.administrators.reset_mfa",
        "a factor that is lost stops at once",
    ),
    (
        "admin.administrators.reset_password",
        "a factor that is lost stops at once",
    ),
    (
        "admin.clients.reveal_secret",
        "stays available, and spends the caller's code",
    ),
    (
        "admin.modules.replace",
        "names modules, and takes none that is granted",
    ),
    (
        "admin.signing_keys.rotate",
        "refuses nobody; and where keys are compromised, to wait for a second person is the danger",
    ),
    ("admin.change_requests.approve", "is the second word"),
    ("admin.change_requests.reject", "frees what was held"),
];

/// An operation that is not held back and writes neither, but affects clients' tokens.
///
/// The audiences of tokens are no scope: they let no client or administrator do more. So no second
/// person is needed.
const FREE_BESIDE: &str = "admin.token_policy.replace";

/// The operations that are held back.
pub(crate) const COVERED: [&str; 16] = [
    "clients.add",
    "clients.delete",
    "clients.set_description",
    "clients.set_features",
    "clients.set_whitelist",
    "clients.clear_whitelist",
    "clients.reset_secret",
    "admin.clients.create",
    "admin.clients.update",
    "admin.clients.delete",
    "admin.clients.regenerate_secret",
    "admin.clients.retire_secret",
    "admin.administrators.invite",
    "admin.administrators.update",
    "admin.administrators.delete",
    "admin.multi_admin.switch",
];

/// Gives `featureless` what an operation needs to change something: one that ends an old secret, an old
/// secret that works.
pub(crate) async fn prepare(ada: &Person, ben: &Person, operation: &str) {
    if operation != "admin.clients.retire_secret" {
        return;
    }
    let path = "/admin/clients/featureless/secret/regenerate";
    let body = json!({"code": ada.next_code(), "hours_to_live": 168});
    let reply = ada.post(path, &body).await;
    if reply.status == 202 {
        apply(ben, &held_id(&reply)).await;
    } else {
        reply.fine();
    }
}

/// May it write clients or administrators? That a session was used is all that `UpdateItem` notes.
fn may_write(endpoint: &Endpoint) -> bool {
    endpoint.grants().into_iter().any(|grant| {
        let is_session = grant.action == "dynamodb:UpdateItem"
            && grant.on.logical_id().contains("Administrators");
        let is_write = ["Put", "Update", "Delete", "BatchWrite"]
            .iter()
            .any(|verb| grant.action.starts_with(&format!("dynamodb:{verb}")));
        let is_covered = ["Clients", "Administrators"]
            .iter()
            .any(|table| grant.on.logical_id().contains(table));
        is_write && is_covered && !is_session
    })
}

/// Calls an operation that is held back, so that it would change something.
pub(super) async fn call(
    owner: Caller,
    ada: Person,
    victim: String,
    operation: &'static str,
) -> Reply {
    let client = ("for_client_id", "featureless");
    let at_client = "/admin/clients/featureless";
    let at_person = format!("/admin/administrators/{victim}");
    let machine: Vec<(&str, &str)> = match operation {
        "clients.add" => vec![("description", "new"), ("features", r#"["owner"]"#)],
        "clients.delete" => vec![("client_id_for_deletion", "featureless")],
        "clients.set_description" => vec![client, ("description", "renamed")],
        "clients.set_features" => vec![client, ("features", r#"["owner"]"#)],
        "clients.set_whitelist" => vec![client, ("whitelist", r#"["192.0.2.0/24"]"#)],
        "clients.clear_whitelist" | "clients.reset_secret" => vec![client],
        "admin.clients.create" => {
            let new = json!({"name": "new", "features": ["owner"]});
            return ada.post("/admin/clients", &new).await;
        }
        "admin.clients.update" => {
            return ada.patch(at_client, &json!({"features": ["owner"]})).await;
        }
        "admin.clients.delete" => return ada.delete(at_client).await,
        "admin.clients.regenerate_secret" => {
            let path = format!("{at_client}/secret/regenerate");
            return ada.post(&path, &json!({"code": ada.next_code()})).await;
        }
        "admin.clients.retire_secret" => {
            let path = format!("{at_client}/secret/retire");
            return ada.post(&path, &json!({})).await;
        }
        "admin.administrators.invite" => {
            let privileges = ["manage_users"];
            let new = json!({"email": "new@example.com", "name": "New", "privileges": privileges});
            return ada.post("/admin/administrators", &new).await;
        }
        "admin.administrators.update" => {
            let more = json!({"privileges": ["manage_users"]});
            return ada.patch(&at_person, &more).await;
        }
        "admin.administrators.delete" => return ada.delete(&at_person).await,
        "admin.multi_admin.switch" => {
            let off = json!({"enabled": false, "code": ada.next_code()});
            return ada.put("/admin/multi-admin", &off).await;
        }
        other => panic!("call {other} here, so that it would change something"),
    };
    let endpoint = OPERATIONS.iter().find(|known| known.id == operation);
    owner.post(endpoint.unwrap().route.path, &machine).await
}

/// The change request that a call must have become.
#[track_caller]
pub(super) fn id_of(reply: &Reply, operation: &str) -> String {
    if operation.starts_with("admin.") {
        held_id(reply)
    } else {
        pending(reply)
    }
}

#[test]
fn what_may_write_clients_or_administrators_is_held_back_or_says_why_not() {
    let writing: BTreeSet<_> = OPERATIONS
        .iter()
        .filter(|endpoint| may_write(endpoint))
        .map(|endpoint| endpoint.id)
        .collect();
    let free: BTreeSet<_> = FREE.iter().map(|(id, _)| *id).collect();
    let covered: BTreeSet<_> = COVERED.into_iter().collect();
    assert!(free.is_disjoint(&covered));
    assert!(!writing.contains(FREE_BESIDE) && !covered.contains(FREE_BESIDE));
    let known: BTreeSet<_> = free.union(&covered).copied().collect();
    assert_eq!(
        writing, known,
        "an operation may write clients or administrators: hold it back and add it to COVERED, or say in FREE why not"
    );
}

#[tokio::test]
async fn it_waits_for_approval_leaves_all_as_it_was_and_takes_effect_with_it() {
    for endpoint in OPERATIONS {
        let operation = endpoint.id;
        if !may_write(endpoint) || FREE.iter().any(|(free, _)| *free == operation) {
            continue;
        }
        let app = app(&["ben"]).await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let victim = app.sign_in("dora").await.id;
        prepare(&ada, &ben, operation).await;
        let before = records(&app).await;
        let reply = call(app.owner(), ada.clone(), victim, operation).await;
        let id = id_of(&reply, operation);
        assert!(!reply.body.contains("csk_"), "{operation}: a secret");
        assert_as_before(&app, &before, operation).await;
        let request = seen(&ben, &id, "pending").await;
        assert_eq!(request["operation"], operation);
        let own = approve_with_code(&ada, &id).await;
        if operation.starts_with("admin.") {
            own.problem(409, "own-request");
        } else {
            assert_eq!(own.fine()["state"], "pending", "{operation}");
        }
        assert_as_before(&app, &before, operation).await;
        apply(&ben, &id).await;
        let has_changed = records(&app).await != before;
        assert!(has_changed, "{operation} changes nothing when approved");
    }
}

async fn privileges(viewer: &Person) -> Vec<(Value, Value)> {
    let list = viewer.all("/admin/administrators", "").await;
    let held = list.into_iter();
    held.map(|one| (one["id"].clone(), one["privileges"].clone()))
        .collect()
}

#[tokio::test]
async fn what_is_not_held_back_changes_no_client_and_no_privilege() {
    let app = app(&["ben"]).await;
    let ada = app.sign_in("ada").await;
    let before = (clients(&app).await, privileges(&ada).await);
    let dora = app.sign_in("dora").await;
    dora.delete("/admin/sessions/current").await.nothing();
    for what in ["mfa", "password"] {
        let path = format!("/admin/administrators/{}/reset-{what}", dora.id);
        let link = administrators::link(&ada.post(&path, &json!({})).await.fine());
        if what == "password" {
            administrators::take_up(&app, &link, "a newcomer's own words").await;
        }
    }
    ada.secret_of("login_client").await;
    let modules = json!({"modules": [
        {"key": "payments", "name": "Payments"}, {"key": "more", "name": "More"}
    ]});
    ada.put("/admin/modules", &modules).await.fine();
    let policy = json!({"audiences": ["reports"], "key_rotation_days": 1});
    ada.put("/admin/token-policy", &policy).await.fine();
    for compromised in [false, true] {
        let body = json!({"code": ada.next_code(), "compromised": compromised});
        ada.post("/admin/signing-keys/rotate", &body).await.fine();
    }
    let id = ask(&ada, &json!({"features": ["owner"]})).await;
    reject(&ada, &id).await.fine();
    assert_eq!(
        (clients(&app).await, privileges(&ada).await),
        before,
        "one person has changed something"
    );
}
