//! Change requests: the calls that ask for and decide them, and checks that nothing changed before approval.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{App, Person, Reply, Setup};

/// The path of the client that most tests change.
pub const CLIENT: &str = "/admin/clients/login_client";
/// The privileges that together decide everything.
pub const BOTH: [&str; 2] = ["manage_modules", "manage_users"];

/// The path of a change request, or of a decision about it.
pub fn at(id: &str, rest: &str) -> String {
    format!("/admin/change-requests/{id}{rest}")
}

/// Returns the usual setup, with multi admin on and three people who can decide everything.
///
/// `ben` does not hold `manage_modules`, so he cannot. `cleo` holds both privileges here.
pub fn setup(mighty: &[&str]) -> Setup {
    let mut setup = Setup::with_people();
    let application = &mut setup.seed["applications"][0];
    application["multi_admin"] = true.into();
    for person in application["administrators"].as_array_mut().unwrap() {
        if mighty.contains(&person["name"].as_str().unwrap()) {
            person["privileges"] = json!(BOTH);
        }
    }
    setup
}

/// A server with [`setup`].
pub async fn app(mighty: &[&str]) -> App {
    App::with(setup(mighty)).await
}

/// The change request that a call of the admin API has become.
#[track_caller]
pub fn held(reply: &Reply) -> Value {
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

/// The ID of the change request that a call of the admin API has become.
#[track_caller]
pub fn held_id(reply: &Reply) -> String {
    id_of(&held(reply))
}

/// The ID of a change request.
#[track_caller]
pub fn id_of(request: &Value) -> String {
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
pub fn pending(reply: &Reply) -> String {
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

/// Asks for a change of the client that most tests are about.
pub async fn ask(by: &Person, change: &Value) -> String {
    held_id(&by.patch(CLIENT, change).await)
}

/// Asks for anything.
pub async fn ask_for(by: &Person, method: Method, path: &str, body: &Value) -> String {
    let body = (!body.is_null()).then_some(body);
    held_id(&by.send(method, path, body).await)
}

/// Asks for a client's renaming by the machine API.
pub async fn ask_by_machine(app: &App, client: &str, name: &str) -> String {
    let given = [("for_client_id", client), ("description", name)];
    pending(&app.owner().post("/clients/set_description", &given).await)
}

/// A change request, as somebody sees it.
pub async fn see(person: &Person, id: &str) -> Value {
    person.get(&at(id, "")).await.fine()
}

/// Approves without a code.
pub async fn approve(person: &Person, id: &str) -> Reply {
    person.post(&at(id, "/approve"), &json!({})).await
}

/// Approves with a code that was not used yet.
pub async fn approve_with_code(person: &Person, id: &str) -> Reply {
    let body = json!({"code": person.next_code()});
    person.post(&at(id, "/approve"), &body).await
}

/// Turns a request down, or takes it back.
pub async fn reject(person: &Person, id: &str) -> Reply {
    person.post(&at(id, "/reject"), &json!({})).await
}

/// The approval that makes a request take effect; gives the request.
pub async fn apply(by: &Person, id: &str) -> Value {
    let request = approve_with_code(by, id).await.fine();
    assert_eq!(request["state"], "applied", "{request:#}");
    request
}

/// A request that must be in this state, alone and in the list.
pub async fn seen(viewer: &Person, id: &str, state: &str) -> Value {
    let request = viewer.get(&at(id, "")).await.fine();
    assert_eq!(request["state"], state, "{request:#}");
    let query = format!("state={state}");
    let listed = viewer.all("/admin/change-requests", &query).await;
    let listed = listed.iter().find(|listed| listed["id"] == *id);
    assert_eq!(listed, Some(&request));
    request
}

/// Somebody, as a request names them.
pub fn somebody(person: &Person, name: &str) -> Value {
    json!({"kind": "administrator", "id": person.id, "name": name})
}

/// A field before and after, as a reviewer sees it.
pub fn field(name: &str, before: Value, after: Value, escalation: bool) -> Value {
    let mut field = json!({"field": name, "escalation": escalation});
    field["before"] = before;
    field["after"] = after;
    field
}

/// A field of a client, as it is now.
pub async fn client_field(viewer: &Person, client: &str, field: &str) -> Value {
    let path = format!("/admin/clients/{client}");
    viewer.get(&path).await.fine()[field].clone()
}

/// Returns the number of change requests.
pub async fn count(person: &Person) -> usize {
    person.all("/admin/change-requests", "").await.len()
}

/// All that there is of clients, but for names that are kept for requests.
pub async fn all_clients(app: &App) -> Vec<Value> {
    let mut items = app.dump("clients").await;
    items.retain(|item| item.get("request_id").is_none());
    items
}

/// Returns the stored clients and administrators.
///
/// Spent codes, sessions and the holds of waiting requests are left out.
pub async fn records(app: &App) -> Vec<String> {
    let mut records = Vec::new();
    for table in ["clients", "administrators"] {
        for item in app.dump(table).await {
            let key = |name: &str| item[name]["S"].as_str().unwrap().to_owned();
            let (partition, sort) = (key("pk"), key("sk"));
            let passing = ["session#", "authenticator#"]
                .iter()
                .any(|start| sort.starts_with(start))
                || ["once#", "decoy"]
                    .iter()
                    .any(|start| partition.starts_with(start))
                || item["request_id"].is_object();
            if !passing {
                records.push(item.to_string());
            }
        }
    }
    records.sort();
    records
}

/// Makes sure that nothing has changed.
pub async fn assert_as_before(app: &App, before: &[String], about: &str) {
    let now = records(app).await;
    let same = now == before;
    assert!(
        same,
        "{about}: something has changed before it was approved"
    );
}
