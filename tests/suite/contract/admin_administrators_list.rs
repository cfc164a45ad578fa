//! List Administrators.

use countersign_tests::administrators::{at, invite};
use countersign_tests::machine_api::is_id;
use countersign_tests::{App, PEOPLE, email_of};
use serde_json::{Value, json};

const LIST: &str = "/admin/administrators";

#[tokio::test]
async fn it_shows_everyone_of_the_application_in_the_order_of_their_addresses() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let body = json!({"email": "Bea@Example.com", "name": "Bea", "privileges": []});
    ada.post(LIST, &body).await.created();
    let list = ada.get(LIST).await.fine();
    assert_eq!(list["next_cursor"], Value::Null);
    let mut items = list["items"].clone();
    for item in items.as_array_mut().unwrap() {
        let id = item.as_object_mut().unwrap().remove("id").unwrap();
        assert!(is_id(id.as_str().unwrap()), "{id}");
    }
    let seeded = |(name, privileges): (&str, &[&str])| {
        json!({
            "email": email_of(name), "name": name, "privileges": privileges, "state": "active",
            "created_at": "2036-11-21T00:00:00Z", "invitation_expires_at": null
        })
    };
    let mut wanted = PEOPLE.map(seeded).to_vec();
    wanted.insert(
        1,
        json!({
            "email": "Bea@Example.com", "name": "Bea", "privileges": [], "state": "invited",
            "created_at": "2036-11-21T00:00:30Z", "invitation_expires_at": "2036-11-24T00:00:30Z"
        }),
    );
    assert_eq!(items, json!(wanted));
}

#[tokio::test]
async fn it_is_up_to_date_at_once() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    let listed = ada.all(LIST, "").await;
    assert_eq!(listed.last().unwrap()["id"], new.id);
    let renamed = json!({"name": "Newer"});
    ada.patch(&at(&new.id), &renamed).await.fine();
    assert_eq!(ada.all(LIST, "").await.last().unwrap()["name"], "Newer");
    ada.delete(&at(&new.id)).await.nothing();
    assert_eq!(ada.all(LIST, "").await.len(), PEOPLE.len());
}

#[tokio::test]
async fn it_shows_nothing_that_somebody_authenticates_with() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    let token = new.link.rsplit('/').next().unwrap();
    let list = ada.get(LIST).await.body;
    for word in [token, "password", "totp", "recovery", "$argon2", "digest"] {
        assert!(!list.contains(word), "a list of people shows such a thing");
    }
}

#[tokio::test]
async fn it_takes_manage_users_and_a_session() {
    let app = App::with_people().await;
    for name in ["cleo", "dora"] {
        let refused = app.sign_in(name).await.get(LIST).await;
        let words = refused.problem(403, "not-permitted");
        assert_eq!(words, "this takes a privilege that you do not hold");
    }
    let nobody = app.stranger().get(LIST, &[]).await;
    nobody.problem(401, "not-signed-in");
}
