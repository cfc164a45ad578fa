//! Change requests: waiting for a second administrator, review and decision (administration contract,
//! section 5).

mod applied;
mod escalations;
mod events;
mod idempotency;
mod machine_api;
mod machine_refusals;
mod names;
mod preconditions;
mod review;
mod together;

use countersign_tests::{App, Person, Reply, Setup};
use serde_json::{Value, json};

/// The path of a change request, or of a decision about it.
pub(crate) fn at(id: &str, rest: &str) -> String {
    format!("/admin/change-requests/{id}{rest}")
}

/// Returns the usual setup, with multi admin on and three people who can decide everything.
///
/// `ben` does not hold `manage_modules`, so he cannot. `cleo` holds both privileges here.
pub(crate) fn setup() -> Setup {
    let mut setup = Setup::with_people();
    let application = &mut setup.seed["applications"][0];
    application["multi_admin"] = json!(true);
    application["administrators"][2]["privileges"] = json!(["manage_modules", "manage_users"]);
    setup
}

pub(crate) async fn app() -> App {
    App::with(setup()).await
}

/// The change request that a call of the admin API has become.
#[track_caller]
pub(crate) fn held(reply: &Reply) -> Value {
    assert_eq!(reply.status, 202, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    let body = reply.json();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    let request = &body["change_request"];
    assert_eq!(request["state"], "pending");
    assert_eq!(reply.header("location"), at(&id_of(request), ""));
    request.clone()
}

/// The ID of a change request.
#[track_caller]
pub(crate) fn id_of(request: &Value) -> String {
    let id = request["id"].as_str().unwrap();
    assert_id(id);
    id.to_owned()
}

#[track_caller]
fn assert_id(id: &str) {
    let fits = id.len() == 28 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    assert!(fits, "{id}");
}

/// The ID of the change request that a call of the machine API has become, byte for byte.
#[track_caller]
pub(crate) fn pending(reply: &Reply) -> String {
    let id = reply.json()["change_request"].clone();
    let id = id.as_str().unwrap_or_else(|| panic!("{}", reply.body));
    assert_id(id);
    assert_eq!(
        reply.body,
        format!(r#"{{"change_request":"{id}","stat":"pending"}}"#)
    );
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");
    id.to_owned()
}

/// A change request, as somebody sees it.
pub(crate) async fn see(person: &Person, id: &str) -> Value {
    person.get(&at(id, "")).await.fine()
}

/// Approves without a code.
pub(crate) async fn approve(person: &Person, id: &str) -> Reply {
    person.post(&at(id, "/approve"), &json!({})).await
}

/// Approves with a code that was not used yet.
pub(crate) async fn approve_with_code(person: &Person, id: &str) -> Reply {
    let body = json!({"code": person.next_code()});
    person.post(&at(id, "/approve"), &body).await
}

/// Turns a request down, or takes it back.
pub(crate) async fn reject(person: &Person, id: &str) -> Reply {
    person.post(&at(id, "/reject"), &json!({})).await
}

/// Somebody, as a request names them.
pub(crate) fn somebody(person: &Person, name: &str) -> Value {
    json!({"kind": "administrator", "id": person.id, "name": name})
}

/// A field before and after, as a reviewer sees it.
pub(crate) fn field(name: &str, before: Value, after: Value, escalation: bool) -> Value {
    let mut field = json!({"field": name, "escalation": escalation});
    field["before"] = before;
    field["after"] = after;
    field
}

/// Returns the number of change requests.
async fn count(person: &Person) -> usize {
    person.all("/admin/change-requests", "").await.len()
}

/// All that there is of clients, but for names that are kept for requests.
async fn all_clients(app: &App) -> Vec<Value> {
    let mut items = app.dump("clients").await;
    items.retain(|item| item.get("request_id").is_none());
    items
}
