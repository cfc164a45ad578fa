//! View an Administrator.

use countersign_tests::App;
use countersign_tests::administrators::{NOT_THERE, at, id_of, reset};
use serde_json::json;

#[tokio::test]
async fn it_shows_one_with_the_version_as_its_etag() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ben = id_of(&ada, "ben").await;
    let reply = ada.get(&at(&ben)).await;
    assert_eq!(
        reply.fine(),
        json!({
            "id": ben, "email": "ben@example.com", "name": "ben", "privileges": ["manage_users"],
            "state": "active", "created_at": "2036-11-21T00:00:00Z", "invitation_expires_at": null
        })
    );
    assert_eq!(reply.header("etag"), "\"1\"");
    let change = json!({"name": "Benjamin"});
    ada.patch(&at(&ben), &change).await.fine();
    let reply = ada.get(&at(&ben)).await;
    assert_eq!(reply.fine()["name"], "Benjamin");
    assert_eq!(reply.header("etag"), "\"2\"");
}

#[tokio::test]
async fn it_shows_until_when_a_link_is_open_and_no_longer() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ben = id_of(&ada, "ben").await;
    reset(&ada, &ben, "mfa").await;
    let shown = ada.get(&at(&ben)).await.fine();
    assert_eq!(shown["state"], "pending_actions");
    assert_eq!(shown["invitation_expires_at"], "2036-11-24T00:00:30Z");
    app.advance(std::time::Duration::from_hours(72));
    let ada = app.sign_in("ada").await;
    let shown = ada.get(&at(&ben)).await.fine();
    assert_eq!(shown["state"], "pending_actions");
    assert_eq!(shown["invitation_expires_at"], json!(null));
}

#[tokio::test]
async fn an_id_that_is_nobodys_or_foreign_is_not_there() {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    let upper = ada.id.to_uppercase();
    let long = "x".repeat(3000);
    for id in ["-", "nobody", "%20", "%C3%A4", &upper, &long, &fay.id] {
        let reply = ada.get(&at(id)).await;
        assert_eq!(reply.problem(404, "not-found"), NOT_THERE);
    }
}

#[tokio::test]
async fn it_takes_manage_users_even_to_see_oneself_here() {
    let app = App::with_people().await;
    for name in ["cleo", "dora"] {
        let person = app.sign_in(name).await;
        let refused = person.get(&at(&person.id)).await;
        refused.problem(403, "not-permitted");
    }
}
