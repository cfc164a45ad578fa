//! Multi admin, rule by rule, and what people try to get around it (administration contract,
//! section 5).

mod accounts;
mod alone;
mod at_once;
mod before_approval;
mod codes;
mod decisions;
mod deletions;
mod expiry;
mod guard_rails;
pub(crate) mod held_back;
mod locks;
mod meanwhile;
mod names;
mod overtaken;
mod requesters;
mod resets;
mod retirement;
mod secrets;
mod side_doors;
mod stale;
mod switching;
mod taken_over;

use countersign_tests::{App, Person, Reply, Setup};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const CLIENT: &str = "/admin/clients/login_client";
pub(crate) const BOTH: [&str; 2] = ["manage_modules", "manage_users"];

/// The usual server with multi admin on. These people hold both privileges, as ada does.
pub(crate) fn setup(mighty: &[&str]) -> Setup {
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

pub(crate) async fn app(mighty: &[&str]) -> App {
    App::with(setup(mighty)).await
}

/// The ID of the change request that an answer must be about.
#[track_caller]
pub(crate) fn held(reply: &Reply) -> String {
    assert_eq!(reply.status, 202, "{}", reply.body);
    let request = &reply.json()["change_request"];
    assert_eq!(request["state"], "pending");
    let id = request["id"].as_str().unwrap();
    assert_eq!(
        reply.header("location"),
        format!("/admin/change-requests/{id}")
    );
    id.to_owned()
}

/// The same, of the machine API.
#[track_caller]
pub(crate) fn held_machine(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.json()["stat"], "pending", "{}", reply.body);
    let id = reply.json()["change_request"].as_str().unwrap().to_owned();
    let whole = format!(r#"{{"change_request":"{id}","stat":"pending"}}"#);
    assert_eq!(reply.body, whole);
    id
}

/// Asks for a change of the client that most tests are about.
pub(crate) async fn ask(by: &Person, change: &Value) -> String {
    held(&by.patch(CLIENT, change).await)
}

/// Asks for anything.
pub(crate) async fn ask_for(by: &Person, method: Method, path: &str, body: &Value) -> String {
    let body = (!body.is_null()).then_some(body);
    held(&by.send(method, path, body).await)
}

/// Asks for a client's renaming by the machine API.
pub(crate) async fn ask_by_machine(app: &App, client: &str, name: &str) -> String {
    let given = [("for_client_id", client), ("description", name)];
    held_machine(&app.owner().post("/clients/set_description", &given).await)
}

pub(crate) fn at(id: &str) -> String {
    format!("/admin/change-requests/{id}")
}

/// Approves without a code.
pub(crate) async fn approve(by: &Person, id: &str) -> Reply {
    by.post(&format!("{}/approve", at(id)), &json!({})).await
}

/// Approves with a code of one's own.
pub(crate) async fn approve_with_code(by: &Person, id: &str) -> Reply {
    let code = json!({"code": by.next_code()});
    by.post(&format!("{}/approve", at(id)), &code).await
}

pub(crate) async fn reject(by: &Person, id: &str) -> Reply {
    by.post(&format!("{}/reject", at(id)), &json!({})).await
}

/// The approval that makes a request take effect; gives the request.
pub(crate) async fn apply(by: &Person, id: &str) -> Value {
    let request = approve_with_code(by, id).await.fine();
    assert_eq!(request["state"], "applied", "{request:#}");
    request
}

/// A request that must be in this state, alone and in the list.
pub(crate) async fn seen(viewer: &Person, id: &str, state: &str) -> Value {
    let request = viewer.get(&at(id)).await.fine();
    assert_eq!(request["state"], state, "{request:#}");
    let query = format!("state={state}");
    let listed = viewer.all("/admin/change-requests", &query).await;
    let listed = listed.iter().find(|listed| listed["id"] == *id);
    assert_eq!(listed, Some(&request));
    request
}

/// A field of a client, as it is now.
pub(crate) async fn field(viewer: &Person, client: &str, field: &str) -> Value {
    let path = format!("/admin/clients/{client}");
    viewer.get(&path).await.fine()[field].clone()
}

/// Returns the stored clients and administrators.
///
/// Spent codes, sessions and the holds of waiting requests are left out.
pub(crate) async fn records(app: &App) -> Vec<String> {
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
pub(crate) async fn assert_as_before(app: &App, before: &[String], about: &str) {
    let now = records(app).await;
    let same = now == before;
    assert!(
        same,
        "{about}: something has changed before it was approved"
    );
}
