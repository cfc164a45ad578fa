//! View Oneself.

use countersign_tests::administrators::at;
use countersign_tests::{APPLICATION, App, PEOPLE};
use serde_json::json;

const ME: &str = "/admin/me";

#[tokio::test]
async fn everyone_sees_who_they_are_where_and_what_they_may() {
    let app = App::with_people().await;
    for (name, privileges) in PEOPLE {
        let person = app.sign_in(name).await;
        assert_eq!(
            person.get(ME).await.fine(),
            json!({
                "id": person.id, "email": format!("{name}@example.com"), "name": name,
                "privileges": privileges,
                "application": {"application_id": APPLICATION, "name": "Under test"}
            })
        );
    }
    let fay = app.sign_in("fay").await.get(ME).await.fine();
    assert_eq!(
        fay["application"],
        json!({"application_id": "app2bbbbbbbbbbbbbbbbbbbbbb", "name": "Foreign"})
    );
}

#[tokio::test]
async fn it_tells_what_is_so_now_and_not_when_the_session_began() {
    let app = App::with_people().await;
    let (ada, dora) = (app.sign_in("ada").await, app.sign_in("dora").await);
    let change = json!({"name": "Theodora", "privileges": ["manage_users"]});
    ada.patch(&at(&dora.id), &change).await.fine();
    let me = dora.get(ME).await.fine();
    assert_eq!(me["name"], "Theodora");
    assert_eq!(me["privileges"], json!(["manage_users"]));
}

#[tokio::test]
async fn without_a_session_nobody_is_anybody() {
    let app = App::with_people().await;
    for caller in [app.stranger(), app.owner()] {
        let refused = caller.get(ME, &[]).await;
        let words = refused.problem(401, "not-signed-in");
        assert_eq!(
            words,
            "there is no session, or it has ended; sign in with POST /admin/sessions"
        );
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
}
