//! Reject a Change Request, or take it back.

use countersign_tests::admin_clients::{of_client, view};
use countersign_tests::change_requests::{
    app, approve, at, held, id_of, pending, reject, see, somebody,
};
use countersign_tests::{App, Reply};
use serde_json::{Value, json};

/// Makes sure that a request has ended like this, and is otherwise as it was.
#[track_caller]
fn assert_ended(reply: &Reply, asked: &Value, state: &str, by: &Value, reason: Value) {
    let mut wanted = asked.clone();
    wanted["state"] = json!(state);
    wanted["decided_by"] = by.clone();
    wanted["reason"] = reason;
    wanted["approvals_needed"] = json!(0);
    wanted["decided_at"] = json!("2036-11-21T00:01:00Z");
    assert_eq!(reply.fine(), wanted);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("etag"), r#""2""#);
}

#[tokio::test]
async fn whoever_has_asked_takes_it_back_and_another_one_turns_it_down() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let before = view(&ada, "login_client").await;
    let path = of_client("login_client", "");
    for (person, name, state) in [(&ada, "ada", "withdrawn"), (&ben, "ben", "rejected")] {
        let asked = held(&ada.patch(&path, &json!({"enabled": false})).await);
        let id = id_of(&asked);
        let body = json!({"reason": " not\u{a0}now "});
        let reply = person.post(&at(&id, "/reject"), &body).await;
        let by = somebody(person, name);
        assert_ended(&reply, &asked, state, &by, json!("not\u{a0}now"));
        assert_eq!(see(&ada, &id).await, reply.json());
    }
    assert_eq!(view(&ada, "login_client").await, before);
}

#[tokio::test]
async fn a_reason_may_be_left_out_and_has_at_most_500_characters() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let asked = held(&ada.delete(&of_client("owner", "")).await);
    let path = at(&id_of(&asked), "/reject");
    let long = "ä".repeat(501);
    for reason in [
        json!(""),
        json!(" "),
        json!(long),
        json!("a\u{0}b"),
        json!("a\nb"),
        json!(5),
        json!([]),
    ] {
        let faults = ben.post(&path, &json!({"reason": reason})).await.faults();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].0, "/reason", "{reason}");
    }
    let faults = ben.post(&path, &json!({"code": "123456"})).await.faults();
    assert_eq!(faults[0].0, "/code");
    assert_eq!(see(&ada, &id_of(&asked)).await, asked);
    let reply = reject(&ben, &id_of(&asked)).await;
    assert_ended(
        &reply,
        &asked,
        "rejected",
        &somebody(&ben, "ben"),
        json!(null),
    );
    let asked = held(&ada.delete(&of_client("owner", "")).await);
    let longest = "ä".repeat(500);
    let path = at(&id_of(&asked), "/reject");
    let reply = ben.post(&path, &json!({"reason": longest})).await;
    assert_ended(
        &reply,
        &asked,
        "rejected",
        &somebody(&ben, "ben"),
        json!(longest),
    );
}

#[tokio::test]
async fn afterwards_its_object_and_its_name_are_free() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let path = of_client("login_client", "");
    let person = json!({"email": "new@example.com", "name": "New"});
    for decider in [&ada, &ben] {
        let mut ids = vec![id_of(&held(
            &ada.patch(&path, &json!({"name": "Wanted"})).await,
        ))];
        ids.push(id_of(&held(
            &ada.post("/admin/administrators", &person).await,
        )));
        ids.push(id_of(&held(
            &ada.post("/admin/clients", &json!({"name": "New"})).await,
        )));
        let given = [("description", "Machine")];
        ids.push(pending(&app.owner().post("/clients/add", &given).await));
        for id in ids {
            reject(decider, &id).await.fine();
        }
    }
}

#[tokio::test]
async fn what_is_decided_stays_so() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let path = of_client("login_client", "");
    for (word, decider, name) in [
        ("applied", &ben, "ben"),
        ("rejected", &ben, "ben"),
        ("withdrawn", &ada, "ada"),
    ] {
        let id = id_of(&held(&ada.patch(&path, &json!({"name": word})).await));
        match word {
            "applied" => approve(decider, &id).await.fine(),
            _ => reject(decider, &id).await.fine(),
        };
        for late in [&ada, &ben] {
            let reply = reject(late, &id).await;
            let words = reply.problem(409, "already-decided");
            let wanted = format!("it is {word} by {name} since 2036-11-21T00:01:00Z");
            assert_eq!(words, wanted);
            assert_eq!(reply.json()["change_request"], json!(id));
        }
        assert_eq!(see(&ada, &id).await["state"], word);
    }
    assert_eq!(view(&ada, "login_client").await["name"], "applied");
}

#[tokio::test]
async fn one_that_is_not_there_or_not_yours_is_not_rejected() {
    let app = app(&["cleo"]).await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    let asked = held(&ada.delete(&of_client("owner", "")).await);
    reject(&fay, &id_of(&asked)).await.problem(404, "not-found");
    reject(&ada, "nobody").await.problem(404, "not-found");
    assert_eq!(see(&ada, &id_of(&asked)).await, asked);
}

#[tokio::test]
async fn it_takes_manage_users_and_a_session() {
    let app = App::with_people().await;
    for lesser in ["cleo", "dora"] {
        let refused = reject(&app.sign_in(lesser).await, "nobody").await;
        refused.problem(403, "not-permitted");
    }
    for nobody in [app.stranger(), app.owner()] {
        let path = at("nobody", "/reject");
        let refused = nobody.post_raw(&path, "application/json", "{}");
        refused.await.problem(401, "not-signed-in");
    }
}
