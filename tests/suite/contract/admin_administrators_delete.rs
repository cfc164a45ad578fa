//! Delete an Administrator.

use countersign_tests::App;
use countersign_tests::administrators::{
    NOT_THERE, assert_not_let_in, assert_signed_in, assert_signed_out, at, done, id_of, invite,
    reset, take_up,
};
use serde_json::json;

#[tokio::test]
async fn who_is_deleted_is_out_at_once_and_their_address_is_free() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    ada.delete(&at(&ben.id)).await.nothing();
    assert_signed_out(&ben).await;
    assert_not_let_in(&app.ask_for_session(&app.credentials("ben")).await);
    let gone = ada.get(&at(&ben.id)).await;
    gone.problem(404, "not-found");
    assert_eq!(ada.all("/admin/administrators", "").await.len(), 3);
    let again = invite(&ada, "ben", &[]).await;
    assert_ne!(again.id, ben.id);
    // The new one is nobody yet, whatever the old one knew.
    assert_not_let_in(&app.ask_for_session(&app.credentials("ben")).await);
    assert_signed_out(&ben).await;
    assert_signed_in(&ada).await;
}

#[tokio::test]
async fn their_link_is_void_too() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ben = id_of(&ada, "ben").await;
    for link in [
        reset(&ada, &ben, "password").await,
        reset(&ada, &ben, "mfa").await,
    ] {
        if ada.get(&at(&ben)).await.status == 200 {
            ada.delete(&at(&ben)).await.nothing();
        }
        let void = app.stranger().get(&link, &[]).await;
        void.problem(404, "not-found");
    }
}

#[tokio::test]
async fn nothing_of_them_is_left_but_the_audit() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &["manage_users"]).await;
    take_up(&app, &new.link, countersign_tests::PASSWORD).await;
    reset(&ada, &new.id, "mfa").await;
    ada.delete(&at(&new.id)).await.nothing();
    let items = app.dump("administrators").await;
    let left = items
        .iter()
        .filter(|item| item.to_string().contains(&new.id));
    assert_eq!(left.count(), 0);
    let events = done(&ada, "admin.administrators.delete").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["object"]["id"], new.id);
    assert_eq!(events[0]["object"]["name"], "new@example.com");
    assert_eq!(
        events[0]["changes"]["privileges"],
        json!({"before": ["manage_users"], "after": null})
    );
}

#[tokio::test]
async fn a_version_that_is_gone_is_not_deleted() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = at(&id_of(&ada, "ben").await);
    let tag = ada.get(&path).await.header("etag").to_owned();
    ada.patch(&path, &json!({"name": "B"})).await.fine();
    let stale = ada.clone().with("if-match", &tag);
    stale.delete(&path).await.problem(412, "stale");
    let tag = ada.get(&path).await.header("etag").to_owned();
    ada.clone()
        .with("if-match", &tag)
        .delete(&path)
        .await
        .nothing();
}

#[tokio::test]
async fn the_last_one_who_looks_after_the_application_stays() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for name in ["ben", "cleo", "dora"] {
        let id = id_of(&ada, name).await;
        ada.delete(&at(&id)).await.nothing();
    }
    let refused = ada.delete(&at(&ada.id)).await;
    let words = refused.problem(409, "last-administrator");
    assert!(words.contains("let another one in first"), "{words}");
    assert_signed_in(&ada).await;
}

#[tokio::test]
async fn it_takes_manage_users_and_one_of_the_application_who_is_there() {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    for name in ["cleo", "dora"] {
        let person = app.sign_in(name).await;
        for id in [&person.id, &ada.id] {
            let refused = person.delete(&at(id)).await;
            refused.problem(403, "not-permitted");
        }
    }
    let ben = id_of(&ada, "ben").await;
    ada.delete(&at(&ben)).await.nothing();
    for id in [fay.id.as_str(), "nobody", "-", &ben] {
        let missing = ada.delete(&at(id)).await;
        assert_eq!(missing.problem(404, "not-found"), NOT_THERE);
    }
    assert_signed_in(&fay).await;
}
