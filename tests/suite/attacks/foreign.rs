//! Reaching into another application by its IDs.

use countersign_tests::{App, Person};
use serde_json::{Value, json};

use super::{bare, method, operations};

/// Returns a body for a request to an operation that names an object.
fn body(operation: &str, code: &str) -> Option<Value> {
    match operation {
        "admin.clients.update" => Some(json!({"name": "taken over", "enabled": false})),
        "admin.administrators.update" => Some(json!({"name": "Mallory", "privileges": []})),
        "admin.clients.reveal_secret" | "admin.clients.regenerate_secret" => {
            Some(json!({"code": code}))
        }
        "admin.administrators.reset_mfa" | "admin.administrators.reset_password" => Some(json!({})),
        _ => None,
    }
}

/// All that somebody sees of their application.
async fn view(person: &Person) -> Value {
    let mut all = Vec::new();
    for list in ["/admin/clients", "/admin/administrators"] {
        all.extend(person.all(list, "").await);
    }
    all.push(person.get("/admin/modules").await.fine());
    json!(all)
}

#[tokio::test]
async fn a_foreign_id_is_answered_like_one_that_there_never_was() {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    let client = fay.new_client(&json!({"name": "theirs"})).await;
    let client = client["client_id"].as_str().unwrap();
    let before = view(&fay).await;
    let code = ada.next_code();
    let mut asked = 0;
    for endpoint in operations() {
        let route = endpoint.route.path;
        let (name, foreign, unknown) = if route.contains("{client_id}") {
            ("{client_id}", vec!["foreigner", client], "2".repeat(32))
        } else if route.contains("{id}") {
            ("{id}", vec![fay.id.as_str()], "2".repeat(32))
        } else {
            continue;
        };
        for etag in [None, Some("*"), Some("\"1\"")] {
            let person = match etag {
                Some(etag) => ada.clone().with("if-match", etag),
                None => ada.clone(),
            };
            let body = body(endpoint.id, &code);
            let ask = async |id: &str| {
                let path = route.replace(name, id);
                person.send(method(endpoint), &path, body.as_ref()).await
            };
            let nothing = ask(&unknown).await;
            nothing.problem(404, "not-found");
            for id in &foreign {
                let reply = ask(id).await;
                assert_eq!(bare(&reply), bare(&nothing), "{} {id}", endpoint.id);
                asked += 1;
            }
        }
    }
    assert!(asked > 30, "only {asked} requests");
    assert_eq!(view(&fay).await, before);
    let events = fay.audit("limit=200").await;
    let by_ada = events
        .iter()
        .filter(|event| event["actor"]["name"] == "ada");
    assert_eq!(by_ada.count(), 0);
    // The code was not spent on what is not there.
    let reveal = "/admin/clients/owner/secret/reveal";
    ada.post(reveal, &json!({"code": code})).await.fine();
}

#[tokio::test]
async fn names_addresses_and_modules_of_another_application_are_not_in_the_way() {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    fay.new_client(&json!({"name": "Till"})).await;
    ada.new_client(&json!({"name": "TILL"})).await;
    let taken = ada.post("/admin/clients", &json!({"name": "till"})).await;
    taken.problem(409, "taken");
    // A module that only the other one has, or the other way round.
    let grant = json!({"name": "granted", "modules": {"collections": {}}});
    fay.post("/admin/clients", &grant).await.faults();
    ada.new_client(&grant).await;
    let body = json!({"email": "fay@example.com", "name": "Fay"});
    ada.post("/admin/administrators", &body).await.created();
}

#[tokio::test]
async fn one_idempotency_key_in_two_applications_is_two() {
    let app = App::with_people().await;
    let key = ["ada", "fay"];
    let mut made = Vec::new();
    for name in key {
        let person = app.sign_in(name).await.with("idempotency-key", "the same");
        let client = person.new_client(&json!({"name": "the same"})).await;
        let path = format!("/admin/clients/{}", client["client_id"].as_str().unwrap());
        person.get(&path).await.fine();
        made.push(client["client_id"].clone());
    }
    assert_ne!(made[0], made[1]);
    // Nor is it the same for two people of one.
    let ben = app.sign_in("ben").await.with("idempotency-key", "the same");
    let reply = ben
        .post("/admin/clients", &json!({"name": "the same"}))
        .await;
    reply.problem(409, "taken");
}

#[tokio::test]
async fn an_owner_of_the_machine_api_is_no_administrator_and_the_other_way_round() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for endpoint in operations().filter(|endpoint| endpoint.id.starts_with("admin.clients")) {
        let path = endpoint.route.path.replace("{client_id}", "login_client");
        let owner = app.owner();
        let reply = owner.send(method(endpoint), &path, &[], "".into()).await;
        reply.problem(401, "not-signed-in");
    }
    let machine = ada.caller.post("/clients/list", &[]).await;
    machine.error(205, "invalid_auth_method");
}
