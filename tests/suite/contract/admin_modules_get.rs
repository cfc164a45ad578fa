//! List Modules.

use countersign_tests::{App, PEOPLE};

const MODULES: &str = "/admin/modules";

#[tokio::test]
async fn everyone_who_is_signed_in_sees_the_modules_in_the_order_of_their_keys() {
    let app = App::with_people().await;
    for (name, _) in PEOPLE {
        let reply = app.sign_in(name).await.get(MODULES).await;
        reply.fine();
        assert_eq!(
            reply.body,
            r#"{"modules":[{"key":"collections","name":"collections"},{"key":"payments","name":"payments"}]}"#
        );
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("etag"), r#""1""#);
    }
}

#[tokio::test]
async fn each_application_has_its_own() {
    let app = App::with_people().await;
    let reply = app.sign_in("fay").await.get(MODULES).await;
    reply.fine();
    assert_eq!(
        reply.body,
        r#"{"modules":[{"key":"payments","name":"payments"}]}"#
    );
}

#[tokio::test]
async fn it_takes_a_session() {
    let app = App::with_people().await;
    for nobody in [app.stranger(), app.owner()] {
        nobody.get(MODULES, &[]).await.problem(401, "not-signed-in");
    }
}
