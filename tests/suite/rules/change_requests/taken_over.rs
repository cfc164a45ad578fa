//! Accounts taken over by one person: one after the other, or slowly.

use std::time::Duration;

use countersign_tests::change_requests::{
    app, apply, approve, ask, ask_by_machine, client_field, reject, seen,
};
use serde_json::json;

use super::resets::{DAY, reset, take_over, take_up};

const NAME: &str = "the login_client";

#[tokio::test]
async fn two_accounts_that_one_person_took_over_are_not_two_people() {
    let app = app(&["cleo", "dora"]).await;
    let (ada, dora) = (app.sign_in("ada").await, app.sign_in("dora").await);
    let (ben, cleo) = (app.sign_in("ben").await.id, app.sign_in("cleo").await.id);
    let ben = take_over(&app, &ada, &ben, "ben").await.sign_in(&app).await;
    let cleo = take_over(&app, &ada, &cleo, "cleo").await;
    let cleo = cleo.sign_in(&app).await;
    for (asker, approver) in [(&ben, &cleo), (&cleo, &ben)] {
        let id = ask(asker, &json!({"name": "renamed"})).await;
        approve(approver, &id).await.problem(409, "reset-lately");
        seen(&ada, &id, "pending").await;
        reject(asker, &id).await.fine();
    }
    let id = ask_by_machine(&app, "login_client", "renamed").await;
    approve(&ben, &id).await.fine();
    for person in [&cleo, &ada, &cleo, &ben] {
        approve(person, &id).await;
        assert_eq!(client_field(&ada, "login_client", "name").await, NAME);
    }
    // With somebody else they are two.
    apply(&dora, &id).await;
}

#[tokio::test]
async fn an_account_that_was_taken_over_by_one_that_was_taken_over_is_not_another_person() {
    let app = app(&["cleo", "dora"]).await;
    let (ada, dora) = (app.sign_in("ada").await, app.sign_in("dora").await);
    let (ben, cleo) = (app.sign_in("ben").await.id, app.sign_in("cleo").await.id);
    let ben = take_over(&app, &ada, &ben, "ben").await.sign_in(&app).await;
    let cleo = take_over(&app, &ben, &cleo, "cleo").await;
    let cleo = cleo.sign_in(&app).await;
    for (asker, approver) in [(&ada, &cleo), (&cleo, &ada), (&ben, &cleo)] {
        let id = ask(asker, &json!({"name": "renamed"})).await;
        approve(approver, &id).await.problem(409, "reset-lately");
        reject(asker, &id).await.fine();
    }
    assert_eq!(client_field(&ada, "login_client", "name").await, NAME);
    let id = ask(&cleo, &json!({"name": "renamed"})).await;
    apply(&dora, &id).await;
}

#[tokio::test]
async fn whoever_waits_a_day_with_the_link_in_hand_is_not_another_person_then() {
    for what in ["mfa", "password"] {
        let app = app(&[]).await;
        let ada = app.sign_in("ada").await;
        let ben = app.sign_in("ben").await.id;
        let link = reset(&ada, &ben, what).await;
        // A link works for 72 hours.
        app.advance(DAY + Duration::from_hours(1));
        let account = take_up(&app, &link, "ben", what).await;
        let ada = app.sign_in("ada").await;
        let ben = account.sign_in(&app).await;
        let id = ask(&ada, &json!({"name": "renamed"})).await;
        approve(&ben, &id).await.problem(409, "reset-lately");
        assert_eq!(client_field(&ada, "login_client", "name").await, NAME);
        app.advance(DAY);
        let ben = account.sign_in(&app).await;
        apply(&ben, &id).await;
    }
}
