//! Kept answers: their lifetime, their storage and their use.

use std::sync::Arc;
use std::time::Duration;

use countersign_tests::call_hooks::Breakage;
use countersign_tests::{App, Setup};
use local::dynamodb::Intervention;
use serde_json::json;

use super::{assert_same, count, creations, made};

#[tokio::test]
async fn after_a_day_a_key_is_a_new_one() {
    let app = App::with_people().await;
    for (path, body) in creations() {
        let ada = app.sign_in("ada").await.with("idempotency-key", "k");
        let first = ada.post(path, &body).await;
        first.created();
        app.advance(Duration::from_secs(24 * 3600 - 31));
        let ada = app.sign_in("ada").await.with("idempotency-key", "k");
        assert_same(&first, &ada.post(path, &body).await);
        app.advance(Duration::from_secs(1));
        ada.post(path, &body).await.problem(409, "taken");
        ada.delete(first.header("location")).await.nothing();
        let second = ada.post(path, &body).await;
        second.created();
        assert_ne!(second.header("location"), first.header("location"));
        assert_same(&second, &ada.post(path, &body).await);
    }
}

#[tokio::test]
async fn the_first_answer_is_given_though_what_it_made_was_changed_or_deleted() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let with_key = ada.clone().with("idempotency-key", "k");
    for (path, body) in creations() {
        let first = with_key.post(path, &body).await;
        first.created();
        let place = first.header("location");
        ada.patch(place, &json!({"name": "renamed"})).await.fine();
        assert_same(&first, &with_key.post(path, &body).await);
        ada.delete(place).await.nothing();
        assert_same(&first, &with_key.post(path, &body).await);
        ada.get(place).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let with_key = ada.clone().with("idempotency-key", "k");
    with_key
        .post("/admin/clients", &json!({"name": "the owner"}))
        .await
        .problem(409, "taken");
    with_key
        .post("/admin/clients", &json!({"name": ""}))
        .await
        .faults();
    let [(path, body), _] = creations();
    with_key.post(path, &body).await.created();
}

#[tokio::test]
async fn what_is_kept_of_an_answer_is_sealed() {
    let app = App::with_people().await;
    let ada = app
        .sign_in("ada")
        .await
        .with("idempotency-key", "telltale-key");
    for (path, body) in creations() {
        let reply = ada.post(path, &body).await.created();
        let Some(url) = reply["invitation_url"].as_str() else {
            continue;
        };
        let (_, token) = url.rsplit_once('/').unwrap();
        assert!(token.starts_with("cin_"), "{}", token.len());
        for table in ["administrators", "clients", "audit", "attempts"] {
            for item in app.dump(table).await {
                let text = item.to_string();
                assert!(!text.contains(token), "a link stands in {table}");
                assert!(!text.contains(&token[4..]), "a link stands in {table}");
                assert!(!text.contains("telltale-key"), "a key stands in {table}");
            }
        }
    }
    // A kept answer is not an administrator or client that anybody finds.
    assert_eq!(count(&ada, "/admin/administrators").await, 5);
}

#[tokio::test]
async fn a_creation_whose_answer_got_lost_is_made_once() {
    let breakage = Arc::<Breakage>::default();
    let hook = breakage.clone();
    let app = App::with(Setup {
        hook: Some(hook),
        ..Setup::with_people()
    })
    .await;
    let ada = app.sign_in("ada").await;
    let with_key = ada.clone().with("idempotency-key", "k");
    for ((path, body), function) in creations()
        .into_iter()
        .zip(["admin.clients.create", "admin.administrators.invite"])
    {
        let before = count(&ada, path).await;
        let transaction = [function, "TransactWriteItems"];
        breakage.begin(transaction, Intervention::FailAfter, 0, usize::MAX);
        let lost = with_key.post(path, &body).await;
        lost.problem(500, "unexpected");
        assert!(breakage.end() > 0);
        assert_eq!(count(&ada, path).await, before + 1, "it was made");
        let first = with_key.post(path, &body).await;
        assert_same(&first, &with_key.post(path, &body).await);
        assert_eq!(count(&ada, path).await, before + 1);
        assert_eq!(made(&ada, path).await, 1);
        ada.get(first.header("location")).await.fine();
    }
}

#[tokio::test]
async fn the_link_of_a_repeated_invitation_works_and_ends_with_its_use() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await.with("idempotency-key", "k");
    let [_, (path, body)] = creations();
    ada.post(path, &body).await.created();
    let again = ada.post(path, &body).await.created();
    let url = again["invitation_url"].as_str().unwrap();
    let link = &url[url.find("/admin/").unwrap()..];
    app.stranger().get(link, &[]).await.fine();
    let place = format!("{path}/{}", again["administrator"]["id"].as_str().unwrap());
    ada.delete(&place).await.nothing();
    app.stranger()
        .get(link, &[])
        .await
        .problem(404, "not-found");
}
