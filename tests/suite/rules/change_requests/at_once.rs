//! Several at once: of two decisions one wins, and the other hears of it.

use countersign_tests::change_requests::{
    CLIENT, app, ask, ask_by_machine, ask_for, at, client_field, held_id, reject, seen,
};
use countersign_tests::{Person, Reply};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

const ROUNDS: usize = 5;

/// Decides in a task of its own.
fn decide(by: &Person, id: &str, how: &'static str, body: &Value) -> JoinHandle<Reply> {
    let (by, path, body) = (by.clone(), format!("{}/{how}", at(id, "")), body.clone());
    tokio::spawn(async move { by.post(&path, &body).await })
}

/// The one that won, and the one that lost.
#[track_caller]
fn winner<'a>(replies: &'a [(&'a Person, Reply)]) -> (&'a Person, &'a Reply, &'a Reply) {
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|(_, reply)| reply.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 1), "{replies:?}");
    (won[0].0, &won[0].1, &lost[0].1)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_approvals_at_once_one_wins_and_the_other_hears_who_and_when() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    for round in 0..ROUNDS {
        let name = format!("name {round}");
        let id = ask(&ada, &json!({ "name": name })).await;
        let none = json!({});
        let calls = [
            decide(&ben, &id, "approve", &none),
            decide(&cleo, &id, "approve", &none),
        ];
        let [one, other] = calls;
        let replies = [(&ben, one.await.unwrap()), (&cleo, other.await.unwrap())];
        let (by, won, lost) = winner(&replies);
        assert_eq!(won.json()["state"], "applied");
        let words = lost.problem(409, "already-decided");
        let request = seen(&ada, &id, "applied").await;
        assert_eq!(request["decided_by"]["id"], *by.id);
        assert_eq!(request["approvals"].as_array().unwrap().len(), 1);
        for known in [&request["decided_by"]["name"], &request["decided_at"]] {
            assert!(words.contains(known.as_str().unwrap()), "{words}");
        }
        assert_eq!(client_field(&ada, "login_client", "name").await, *name);
    }
    let applied = ada
        .audit("action=admin.change_requests&outcome=applied")
        .await;
    assert_eq!(applied.len(), ROUNDS);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_taking_back_and_approving_at_once_one_wins() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for round in 0..ROUNDS {
        let before = client_field(&ada, "login_client", "name").await;
        let name = format!("name {round}");
        let id = ask(&ada, &json!({ "name": name })).await;
        let none = json!({});
        let [one, other] = if round % 2 == 0 {
            let back = decide(&ada, &id, "reject", &none);
            [back, decide(&ben, &id, "approve", &none)]
        } else {
            let yes = decide(&ben, &id, "approve", &none);
            [decide(&ada, &id, "reject", &none), yes]
        };
        let replies = [(&ada, one.await.unwrap()), (&ben, other.await.unwrap())];
        let (by, won, lost) = winner(&replies);
        lost.problem(409, "already-decided");
        let state = if by.id == ada.id {
            "withdrawn"
        } else {
            "applied"
        };
        assert_eq!(won.json()["state"], state);
        seen(&ada, &id, state).await;
        let now = client_field(&ada, "login_client", "name").await;
        let expected = if state == "applied" {
            json!(name)
        } else {
            before
        };
        assert_eq!(now, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_in_two_sessions_at_once_is_one_approval() {
    let app = app(&["cleo"]).await;
    let (ada, again) = (app.sign_in("ada").await, app.sign_in("ada").await);
    for round in 0..ROUNDS {
        let before = client_field(&ada, "login_client", "name").await;
        let id = ask_by_machine(&app, "login_client", &format!("name {round}")).await;
        let none = json!({});
        let [one, other] = [&ada, &again].map(|by| decide(by, &id, "approve", &none));
        let replies = [(&ada, one.await.unwrap()), (&again, other.await.unwrap())];
        let (_, won, lost) = winner(&replies);
        assert_eq!(won.json()["state"], "pending");
        lost.problem(409, "already-approved");
        assert_eq!(client_field(&ada, "login_client", "name").await, before);
        let request = seen(&ada, &id, "pending").await;
        assert_eq!(request["approvals"].as_array().unwrap().len(), 1);
        reject(&ada, &id).await.fine();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_first_approvals_at_once_are_two_approvals() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for round in 0..ROUNDS {
        let name = format!("name {round}");
        let id = ask_by_machine(&app, "login_client", &name).await;
        let none = json!({});
        let [one, other] = [&ada, &ben].map(|by| decide(by, &id, "approve", &none));
        let mut states = Vec::new();
        for call in [one, other] {
            let reply = call.await.unwrap().fine();
            states.push(reply["state"].as_str().unwrap().to_owned());
        }
        states.sort();
        assert_eq!(states, ["applied", "pending"]);
        assert_eq!(client_field(&ada, "login_client", "name").await, *name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_at_two_approvals_at_once_approves_one() {
    let app = app(&["ben"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let mut ids = Vec::new();
    for client in ["login_client", "featureless"] {
        let path = format!("/admin/clients/{client}");
        let body = json!({"modules": {"payments": {}}});
        ids.push(ask_for(&ada, Method::PATCH, &path, &body).await);
    }
    let code = json!({"code": ben.next_code()});
    let [one, other] = [&ids[0], &ids[1]].map(|id| decide(&ben, id, "approve", &code));
    let replies = [(&ben, one.await.unwrap()), (&ben, other.await.unwrap())];
    let (_, _, lost) = winner(&replies);
    lost.problem(401, "wrong-code");
    let pending = ada.all("/admin/change-requests", "state=pending").await;
    assert_eq!(pending.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_requests_for_one_object_or_one_name_at_once_one_waits() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for _ in 0..ROUNDS {
        let asking = |by: &Person| {
            let by = by.clone();
            let body = json!({"name": "wanted"});
            tokio::spawn(async move { by.patch(CLIENT, &body).await })
        };
        let creating = |by: &Person| {
            let by = by.clone();
            let body = json!({"name": "new"});
            tokio::spawn(async move { by.post("/admin/clients", &body).await })
        };
        for (calls, kind) in [
            ([asking(&ada), asking(&ben)], "request-pending"),
            ([creating(&ada), creating(&ben)], "taken"),
        ] {
            let mut replies = Vec::new();
            for call in calls {
                replies.push(call.await.unwrap());
            }
            replies.sort_by_key(|reply| reply.status);
            let id = held_id(&replies[0]);
            replies[1].problem(409, kind);
            if kind == "request-pending" {
                assert_eq!(replies[1].json()["change_request"], *id);
            }
            reject(&ada, &id).await.fine();
        }
    }
}
