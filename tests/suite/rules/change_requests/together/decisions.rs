//! A decision, its event and what it makes take effect are one.

use countersign_tests::admin_clients::of_client;
use countersign_tests::administrators::at as of_person;
use countersign_tests::change_requests::{
    approve, approve_with_code, at, count, held, id_of, pending, reject,
};
use local::dynamodb::Intervention;
use serde_json::json;

use super::{askings, begin, send, state};

#[tokio::test]
async fn a_decision_that_fails_leaves_the_request_pending_and_nothing_changed() {
    let (app, breakage) = begin().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let mut wanted = Vec::new();
    for (operation, method, path, body, codes) in askings(&app).await {
        let asked = held(&send(&ada, &method, &path, body.as_ref(), codes).await);
        wanted.push((
            operation,
            id_of(&asked),
            asked["needs_code"] == true,
            "applied",
        ));
    }
    let given = [("description", "of a machine")];
    let machine = pending(&app.owner().post("/clients/add", &given).await);
    wanted.insert(0, ("clients.add", machine.clone(), false, "pending"));
    // That of the client that has asked comes last: what is gone asks for nothing.
    wanted.insert(1, ("clients.add", machine, false, "rejected"));
    for (operation, id, takes_code, comes_of_it) in wanted {
        let (function, spared) = match (comes_of_it, takes_code) {
            ("rejected", _) => ("admin.change_requests.reject", 0),
            (_, true) => ("admin.change_requests.approve", 2),
            (_, false) => ("admin.change_requests.approve", 0),
        };
        let decide = async || match (comes_of_it, takes_code) {
            ("rejected", _) => reject(&ben, &id).await,
            (_, true) => approve_with_code(&ben, &id).await,
            (_, false) => approve(&ben, &id).await,
        };
        let before = state(&app).await;
        let place = [function, "TransactWriteItems"];
        breakage.begin(place, Intervention::FailBefore, spared, usize::MAX);
        let reply = decide().await;
        assert!(breakage.end() > 0, "{operation}: {}", reply.body);
        reply.problem(500, "unexpected");
        assert!(state(&app).await == before, "{operation} left something");
        assert_eq!(decide().await.fine()["state"], comes_of_it, "{operation}");
        assert!(state(&app).await != before);
    }
}

#[tokio::test]
async fn a_request_that_can_not_be_told_to_have_failed_is_still_pending() {
    let (app, breakage) = begin().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let dora = of_person(&app.sign_in("dora").await.id);
    let id = id_of(&held(&ada.patch(&dora, &json!({"name": "D"})).await));
    let reset = format!("{dora}/reset-mfa");
    ben.post(&reset, &json!({})).await.fine();
    let before = state(&app).await;
    let place = ["admin.change_requests.approve", "TransactWriteItems"];
    breakage.begin(place, Intervention::FailBefore, 0, usize::MAX);
    approve(&ben, &id).await.problem(500, "unexpected");
    assert!(breakage.end() > 0);
    assert!(state(&app).await == before, "it left something");
    assert_eq!(approve(&ben, &id).await.fine()["state"], "failed");
}

#[tokio::test]
async fn a_step_whose_answer_is_lost_is_made_and_told_once() {
    let (app, breakage) = begin().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let lose = |function| {
        let place = [function, "TransactWriteItems"];
        breakage.begin(place, Intervention::FailAfter, 0, 1);
    };
    for (decision, outcome) in [("reject", "rejected"), ("approve", "applied")] {
        lose("admin.clients.update");
        let path = of_client("login_client", "");
        let asked = held(&ada.patch(&path, &json!({"name": "once"})).await);
        assert_eq!(breakage.end(), 1);
        let function = match decision {
            "reject" => "admin.change_requests.reject",
            _ => "admin.change_requests.approve",
        };
        lose(function);
        let path = at(&id_of(&asked), &format!("/{decision}"));
        let decided = ben.post(&path, &json!({})).await.fine();
        assert_eq!(breakage.end(), 1);
        assert_eq!(decided["state"], outcome);
        assert_eq!(ada.audit(&format!("action={function}")).await.len(), 1);
    }
    assert_eq!(count(&ada).await, 2);
    let told = ada.audit("action=admin.clients.update").await;
    assert_eq!(told.len(), 2, "{told:?}");
}
