//! View the Token Policy.

use countersign_tests::signing_keys::rotate;
use countersign_tests::{App, PEOPLE};
use serde_json::json;

const POLICY: &str = "/admin/token-policy";

#[tokio::test]
async fn until_somebody_says_otherwise_tokens_are_for_the_application_and_keys_sign_for_ninety_days()
 {
    let app = App::with_people().await;
    for (name, _) in PEOPLE {
        let reply = app.sign_in(name).await.get(POLICY).await;
        reply.fine();
        let wanted = r#"{"audiences":["app1aaaaaaaaaaaaaaaaaaaaaa"],"key_rotation_days":90}"#;
        assert_eq!(reply.body, wanted, "{name}");
        assert_eq!(reply.header("etag"), r#""1""#, "{name}");
        assert_eq!(reply.header("content-type"), "application/json");
    }
    let foreign = app.sign_in("fay").await.get(POLICY).await.fine();
    assert_eq!(foreign["audiences"], json!(["app2bbbbbbbbbbbbbbbbbbbbbb"]));
}

#[tokio::test]
async fn it_shows_what_was_said_last() {
    let app = App::with_people().await;
    let (cleo, dora) = (app.sign_in("cleo").await, app.sign_in("dora").await);
    for days in [1, 365] {
        let policy = json!({"audiences": ["https://api.example.com/", "reports"], "key_rotation_days": days});
        let said = cleo.put(POLICY, &policy).await;
        said.fine();
        let seen = dora.get(POLICY).await;
        assert_eq!(seen.fine(), policy);
        assert_eq!(
            (&seen.body, seen.header("etag")),
            (&said.body, said.header("etag"))
        );
    }
}

/// The keys stand beside the policy: who changes it has seen them.
#[tokio::test]
async fn a_rotation_is_a_new_version_too() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = ada.get(POLICY).await;
    rotate(&ada).await.fine();
    let after = ada.get(POLICY).await;
    assert_eq!(after.fine(), before.fine());
    assert_eq!(after.header("etag"), r#""2""#);
}

#[tokio::test]
async fn it_takes_a_session() {
    let app = App::with_people().await;
    for nobody in [app.stranger(), app.owner()] {
        let words = nobody.get(POLICY, &[]).await.problem(401, "not-signed-in");
        assert!(words.contains("sign in"), "{words}");
    }
}
