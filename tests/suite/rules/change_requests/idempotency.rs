//! `Idempotency-Key` on a creation that is held back: one request, however often it is asked for.

use std::sync::Arc;
use std::time::Duration;

use countersign_tests::admin_clients::of_client;
use countersign_tests::call_hooks::Breakage;
use countersign_tests::change_requests::{app, approve, count, held, id_of, reject, setup};
use countersign_tests::interleaving::Interleaving;
use countersign_tests::{App, Reply};
use local::dynamodb::Intervention;
use serde_json::{Value, json};

fn creations() -> [(&'static str, &'static str, Value); 2] {
    let client = json!({"name": "new", "features": ["login_client"]});
    let person = json!({"email": "new@example.com", "name": "New", "privileges": ["manage_users"]});
    [
        ("/admin/clients", "admin.clients.create", client),
        (
            "/admin/administrators",
            "admin.administrators.invite",
            person,
        ),
    ]
}

#[track_caller]
fn assert_same(one: &Reply, other: &Reply) {
    assert_eq!(held(one), held(other));
    assert_eq!(one.body, other.body);
    assert_eq!(one.header("location"), other.header("location"));
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
}

#[tokio::test]
async fn it_is_asked_for_once_and_answers_the_same_bytes_whatever_becomes_of_it() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let with_key = ada.clone().with("idempotency-key", "k");
    for (number, (path, action, body)) in creations().into_iter().enumerate() {
        let first = with_key.post(path, &body).await;
        for _ in 0..2 {
            app.advance(Duration::from_mins(5));
            assert_same(&first, &with_key.post(path, &body).await);
        }
        assert_eq!(count(&ada).await, number + 1);
        assert_eq!(ada.audit(&format!("action={action}")).await.len(), 1);
        // Without a key it is another one, whose name is taken.
        ada.post(path, &body).await.problem(409, "taken");
        approve(&ben, &id_of(&held(&first))).await.fine();
        assert_same(&first, &with_key.post(path, &body).await);
        assert_eq!(count(&ada).await, number + 1);
    }
}

#[tokio::test]
async fn one_that_was_taken_back_is_not_asked_for_again_by_the_same_key() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    for (path, _, body) in creations() {
        let with_key = ada.clone().with("idempotency-key", "k");
        let first = with_key.post(path, &body).await;
        reject(&ada, &id_of(&held(&first))).await.fine();
        assert_same(&first, &with_key.post(path, &body).await);
        let another = ada.clone().with("idempotency-key", "l");
        let second = another.post(path, &body).await;
        assert_ne!(held(&second)["id"], held(&first)["id"]);
    }
}

#[tokio::test]
async fn a_key_stands_for_one_request_of_one_person() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let with_key = ada.clone().with("idempotency-key", "k");
    for (number, (path, _, body)) in creations().into_iter().enumerate() {
        let first = with_key.post(path, &body).await;
        let mut other = body.clone();
        other["name"] = json!("another");
        let reused = with_key.post(path, &other).await;
        reused.problem(422, "idempotency-key-reused");
        let his = ben.clone().with("idempotency-key", "k");
        his.post(path, &body).await.problem(409, "taken");
        assert_same(&first, &with_key.post(path, &body).await);
        assert_eq!(count(&ada).await, number + 1);
    }
}

#[tokio::test]
async fn after_a_day_a_key_is_a_new_one() {
    let app = app(&["cleo"]).await;
    for (path, _, body) in creations() {
        let ada = app.sign_in("ada").await.with("idempotency-key", "k");
        let first = ada.post(path, &body).await;
        app.advance(Duration::from_secs(24 * 3600 - 31));
        let ada = app.sign_in("ada").await.with("idempotency-key", "k");
        assert_same(&first, &ada.post(path, &body).await);
        app.advance(Duration::from_secs(1));
        ada.post(path, &body).await.problem(409, "taken");
        reject(&ada, &id_of(&held(&first))).await.fine();
        let second = ada.post(path, &body).await;
        assert_ne!(held(&second)["id"], held(&first)["id"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_with_one_key_are_one_request_and_all_answered_the_same() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let with_key = ada.clone().with("idempotency-key", "k");
    for (number, (path, action, body)) in creations().into_iter().enumerate() {
        let calls: Vec<_> = (0..20)
            .map(|_| {
                let (with_key, body) = (with_key.clone(), body.clone());
                tokio::spawn(async move { with_key.post(path, &body).await })
            })
            .collect();
        let mut replies = Vec::new();
        for call in calls {
            replies.push(call.await.unwrap());
        }
        for other in &replies[1..] {
            assert_same(&replies[0], other);
        }
        assert_eq!(count(&ada).await, number + 1);
        let requested = format!("action={action}&outcome=requested");
        assert_eq!(ada.audit(&requested).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_asked_for_a_moment_ago_is_answered_and_not_refused_for_its_name() {
    let interleaving = Arc::<Interleaving>::default();
    let mut setup = setup(&["cleo"]);
    setup.hook = Some(interleaving.clone());
    let app = App::with(setup).await;
    let with_key = app.sign_in("ada").await.with("idempotency-key", "k");
    for (path, function, body) in creations() {
        let (faster, same) = (with_key.clone(), body.clone());
        interleaving.expect(function, async move {
            held(&faster.post(path, &same).await);
        });
        let late = with_key.post(path, &body).await;
        assert!(interleaving.has_happened());
        assert_same(&late, &with_key.post(path, &body).await);
    }
    assert_eq!(count(&with_key).await, 2);
}

#[tokio::test]
async fn one_whose_answer_got_lost_is_asked_for_once() {
    let breakage = Arc::<Breakage>::default();
    let mut setup = setup(&["cleo"]);
    setup.hook = Some(breakage.clone());
    let app = App::with(setup).await;
    let ada = app.sign_in("ada").await;
    let with_key = ada.clone().with("idempotency-key", "k");
    for (number, (path, function, body)) in creations().into_iter().enumerate() {
        let transaction = [function, "TransactWriteItems"];
        breakage.begin(transaction, Intervention::FailAfter, 0, usize::MAX);
        let lost = with_key.post(path, &body).await;
        lost.problem(500, "unexpected");
        assert!(breakage.end() > 0);
        assert_eq!(count(&ada).await, number + 1, "it was asked for");
        let first = with_key.post(path, &body).await;
        assert_same(&first, &with_key.post(path, &body).await);
        assert_eq!(count(&ada).await, number + 1);
        ada.get(first.header("location")).await.fine();
    }
}

#[tokio::test]
async fn where_nothing_is_created_a_key_does_no_harm() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let with_key = ada.clone().with("idempotency-key", "k");
    let path = of_client("login_client", "");
    let mut seen = Vec::new();
    for name in ["one", "two"] {
        let asked = held(&with_key.patch(&path, &json!({"name": name})).await);
        assert_eq!(asked["changes"][0]["after"], name);
        reject(&with_key, &id_of(&asked)).await.fine();
        seen.push(id_of(&asked));
    }
    for _ in 0..2 {
        let asked = held(&with_key.delete(&path).await);
        reject(&with_key, &id_of(&asked)).await.fine();
        seen.push(id_of(&asked));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
}
