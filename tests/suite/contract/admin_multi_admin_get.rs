//! View Multi Admin.

use countersign_tests::{App, administrators};
use serde_json::json;

const POLICY: &str = "/admin/multi-admin";

#[tokio::test]
async fn it_says_whether_it_is_on_and_how_many_could_decide() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let off = ada.get(POLICY).await;
    off.fine();
    assert_eq!(off.body, r#"{"enabled":false,"eligible_administrators":2}"#);
    assert_eq!(off.header("content-type"), "application/json");
    assert_eq!(off.header("etag"), r#""1""#);
    let body = json!({"enabled": true, "code": ada.next_code()});
    ada.put(POLICY, &body).await.fine();
    let on = app.sign_in("ben").await.get(POLICY).await;
    on.fine();
    assert_eq!(on.body, r#"{"enabled":true,"eligible_administrators":2}"#);
    assert_eq!(on.header("etag"), r#""2""#);
    // The other application goes its own way.
    let foreign = app.sign_in("fay").await.get(POLICY).await;
    let wanted = r#"{"enabled":false,"eligible_administrators":1}"#;
    assert_eq!(foreign.body, wanted);
}

#[tokio::test]
async fn those_count_who_can_sign_in_and_hold_manage_users() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let count = async || ada.get(POLICY).await.fine()["eligible_administrators"].clone();
    administrators::invite(&ada, "idle", &["manage_users"]).await;
    assert_eq!(count().await, 2);
    let new = administrators::signed_in(&app, &ada, "new", &["manage_users"]).await;
    assert_eq!(count().await, 3);
    let ben = format!("/admin/administrators/{}", app.sign_in("ben").await.id);
    ada.post(&format!("{ben}/reset-password"), &json!({}))
        .await
        .fine();
    assert_eq!(count().await, 2);
    ada.patch(&ben, &json!({"privileges": []})).await.fine();
    let path = format!("/admin/administrators/{}", new.id);
    ada.delete(&path).await.nothing();
    assert_eq!(count().await, 1);
}

#[tokio::test]
async fn it_takes_manage_users_and_a_session() {
    let app = App::with_people().await;
    for lesser in ["cleo", "dora"] {
        let refused = app.sign_in(lesser).await.get(POLICY).await;
        let words = refused.problem(403, "not-permitted");
        assert_eq!(words, "this takes a privilege that you do not hold");
    }
    for nobody in [app.stranger(), app.owner()] {
        nobody.get(POLICY, &[]).await.problem(401, "not-signed-in");
    }
}
