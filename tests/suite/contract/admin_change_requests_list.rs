//! List Change Requests.

use std::time::Duration;

use countersign_tests::admin_clients::of_client;
use countersign_tests::administrators::at as of_person;
use countersign_tests::change_requests::{app, approve, held, id_of, pending, reject, see};
use countersign_tests::{App, Person};
use serde_json::{Value, json};

const LIST: &str = "/admin/change-requests";

/// Asks for so many clients, one a second; the IDs of the requests, newest first.
async fn many(app: &App, person: &Person, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        app.advance(Duration::from_secs(1));
        let body = json!({"name": format!("number {number}")});
        let asked = held(&person.post("/admin/clients", &body).await);
        ids.insert(0, id_of(&asked));
    }
    ids
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(id_of).collect()
}

#[tokio::test]
async fn all_requests_are_listed_newest_first_as_each_is_seen() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let empty = ada.get(LIST).await;
    empty.fine();
    assert_eq!(empty.body, r#"{"items":[],"next_cursor":null}"#);
    let mut asked = many(&app, &ada, 3).await;
    app.advance(Duration::from_secs(1));
    let given = [("description", "of a machine")];
    asked.insert(0, pending(&app.owner().post("/clients/add", &given).await));
    let reply = app.sign_in("ben").await.get(LIST).await;
    let page = reply.fine();
    let items = page["items"].as_array().unwrap();
    assert_eq!(ids(items), asked);
    assert_eq!(page["next_cursor"], Value::Null);
    assert_eq!(page.as_object().unwrap().len(), 2);
    for item in items {
        assert_eq!(*item, see(&ada, &id_of(item)).await);
    }
    assert!(!reply.body.contains("csk_"), "a secret is listed");
    assert_eq!(app.sign_in("fay").await.all(LIST, "").await.len(), 0);
}

#[tokio::test]
async fn those_in_one_state_are_found_by_it() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let dora = app.sign_in("dora").await.id;
    let long_ago = id_of(&held(&ada.delete(&of_client("owner", "")).await));
    app.advance(Duration::from_hours(14 * 24));
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let rename = held(&ada.patch(&of_person(&dora), &json!({"name": "D"})).await);
    ben.post(&format!("{}/reset-mfa", of_person(&dora)), &json!({}))
        .await
        .fine();
    let mut asked = many(&app, &ada, 4).await;
    for (state, id) in [
        ("applied", &asked[0]),
        ("rejected", &asked[1]),
        ("withdrawn", &asked[2]),
        ("failed", &id_of(&rename)),
    ] {
        let decided = match state {
            "withdrawn" => reject(&ada, id).await,
            "rejected" => reject(&ben, id).await,
            _ => approve(&ben, id).await,
        };
        assert_eq!(decided.fine()["state"], state);
    }
    let waiting = asked.remove(3);
    for (state, id) in [
        ("pending", &waiting),
        ("applied", &asked[0]),
        ("rejected", &asked[1]),
        ("withdrawn", &asked[2]),
        ("failed", &id_of(&rename)),
        ("expired", &long_ago),
    ] {
        let found = ada.all(LIST, &format!("state={state}")).await;
        assert_eq!(ids(&found).join(" "), *id, "{state}");
        assert_eq!(found[0]["state"], state);
        // The state that is left out is every state, and a page looks on until it is full.
        let page = ada
            .get(&format!("{LIST}?state={state}&limit=1"))
            .await
            .fine();
        assert_eq!(page["items"][0]["id"], **id, "{state}");
    }
    assert_eq!(ada.all(LIST, "").await.len(), 6);
}

#[tokio::test]
async fn pages_of_any_size_make_up_the_whole_list() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let asked = many(&app, &ada, 7).await;
    for limit in [1, 2, 6, 7, 8, 200] {
        let page = ada.get(&format!("{LIST}?limit={limit}")).await.fine();
        let there = page["items"].as_array().unwrap().len();
        assert_eq!(there, limit.min(asked.len()));
        let last = page["next_cursor"].is_null();
        assert_eq!(last, limit >= asked.len(), "{limit}");
        let query = format!("limit={limit}&state=pending");
        assert_eq!(ids(&ada.all(LIST, &query).await), asked, "{limit}");
    }
    // What is decided in the meantime does not move the place that a cursor stands for.
    let page = ada.get(&format!("{LIST}?limit=3")).await.fine();
    let cursor = page["next_cursor"].as_str().unwrap();
    reject(&ada, &asked[2]).await.fine();
    let rest = ada.all(LIST, &format!("cursor={cursor}")).await;
    assert_eq!(ids(&rest), asked[3..]);
    let fay = app.sign_in("fay").await;
    assert_eq!(fay.all(LIST, &format!("cursor={cursor}")).await.len(), 0);
}

#[tokio::test]
async fn a_page_has_fifty_requests_unless_it_is_said() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let asked = many(&app, &ada, 51).await;
    let page = ada.get(LIST).await.fine();
    assert_eq!(ids(page["items"].as_array().unwrap()), asked[..50]);
    assert_eq!(ids(&ada.all(LIST, "").await), asked);
}

#[tokio::test]
async fn a_state_is_one_that_there_is_a_size_1_to_200_and_a_cursor_one_that_was_given() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let others = ada.get("/admin/clients?limit=1").await.fine();
    let others = others["next_cursor"].as_str().unwrap().to_owned();
    for (parameter, values) in [
        ("state", ["open", "Pending", "", "pending,applied", &others]),
        ("limit", ["0", "201", "-1", "all", ""]),
        ("cursor", ["%20", "%21%21", "", &others, "bG9jaw"]),
    ] {
        for value in values {
            let faults = ada
                .get(&format!("{LIST}?{parameter}={value}"))
                .await
                .faults();
            let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer).collect();
            assert_eq!(pointers, [&format!("/{parameter}")], "{value}");
        }
    }
}

#[tokio::test]
async fn it_takes_manage_users_and_a_session() {
    let app = App::with_people().await;
    for lesser in ["cleo", "dora"] {
        let refused = app.sign_in(lesser).await.get(LIST).await;
        let words = refused.problem(403, "not-permitted");
        assert_eq!(words, "this takes a privilege that you do not hold");
    }
    for nobody in [app.stranger(), app.owner()] {
        nobody.get(LIST, &[]).await.problem(401, "not-signed-in");
    }
}
