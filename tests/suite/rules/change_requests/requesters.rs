//! The requester, too, must still be entitled when it is decided.

use countersign_tests::administrators::{link, take_up};
use countersign_tests::change_requests::{
    self, BOTH, app, apply, approve, approve_with_code, ask, ask_for, client_field, pending,
    reject, seen,
};
use countersign_tests::{App, Person};
use reqwest::Method;
use serde_json::{Value, json};

/// The request fails, nothing has changed, and the client can be changed again.
async fn assert_fails(by: &Person, id: &str) {
    let failed = approve_with_code(by, id).await.fine();
    assert_eq!(failed["state"], "failed", "{failed:#}");
    let request = seen(by, id, "failed").await;
    assert_eq!(
        request["reason"],
        "the requester may not ask for it any more"
    );
    assert_eq!(
        client_field(by, "login_client", "name").await,
        "the login_client"
    );
    approve(by, id).await.problem(409, "already-decided");
    let again = ask(by, &json!({"name": "another"})).await;
    reject(by, &again).await.fine();
}

fn person(of: &Person) -> String {
    format!("/admin/administrators/{}", of.id)
}

/// Cleo asks for a client's renaming, and ada and ben have their way with her before it is decided.
async fn meanwhile(change: impl AsyncFnOnce(&App, &Person, &Person, &Person)) {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let id = ask(&cleo, &json!({"name": "renamed"})).await;
    change(&app, &ada, &ben, &cleo).await;
    assert_fails(&ben, &id).await;
}

#[tokio::test]
async fn of_one_who_was_demoted_it_fails() {
    meanwhile(async |_, ada, ben, cleo| {
        let less = json!({"privileges": ["manage_modules"]});
        let id = ask_for(ada, Method::PATCH, &person(cleo), &less).await;
        apply(ben, &id).await;
    })
    .await;
}

#[tokio::test]
async fn of_one_who_was_deleted_it_fails_also_when_they_are_invited_again() {
    meanwhile(async |_, ada, ben, cleo| {
        let id = ask_for(ada, Method::DELETE, &person(cleo), &Value::Null).await;
        apply(ben, &id).await;
    })
    .await;
    meanwhile(async |app, ada, ben, cleo| {
        let id = ask_for(ada, Method::DELETE, &person(cleo), &Value::Null).await;
        apply(ben, &id).await;
        let again = json!({
            "email": "cleo@example.com", "name": "cleo", "privileges": BOTH
        });
        let id = ask_for(ada, Method::POST, "/admin/administrators", &again).await;
        let invited = apply(ben, &id).await;
        let path = link(&invited);
        take_up(app, &path, "a newcomer's own words").await;
    })
    .await;
}

#[tokio::test]
async fn of_one_who_was_reset_it_fails() {
    for what in ["mfa", "password"] {
        meanwhile(async |_, ada, _, cleo| {
            let path = format!("{}/reset-{what}", person(cleo));
            ada.post(&path, &json!({})).await.fine();
        })
        .await;
    }
}

#[tokio::test]
async fn of_one_who_lost_manage_modules_a_grant_fails_and_the_rest_does_not() {
    let app = app(&["ben", "cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let grant = ask(&cleo, &json!({"modules": {"payments": {}}})).await;
    let path = "/admin/clients/featureless";
    let rename = ask_for(&cleo, Method::PATCH, path, &json!({"name": "renamed"})).await;
    let less = json!({"privileges": ["manage_users"]});
    let id = ask_for(&ada, Method::PATCH, &person(&cleo), &less).await;
    apply(&ben, &id).await;
    let failed = approve_with_code(&ben, &grant).await.fine();
    assert_eq!(failed["state"], "failed");
    assert_eq!(
        client_field(&ben, "login_client", "modules").await,
        json!({})
    );
    apply(&ben, &rename).await;
    assert_eq!(client_field(&ben, "featureless", "name").await, "renamed");
}

#[tokio::test]
async fn of_one_who_was_demoted_and_promoted_again_it_is_as_good_as_before() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let id = ask(&cleo, &json!({"name": "renamed"})).await;
    for privileges in [json!([]), json!(BOTH)] {
        let body = json!({ "privileges": privileges });
        let change = ask_for(&ada, Method::PATCH, &person(&cleo), &body).await;
        apply(&ben, &change).await;
    }
    apply(&ben, &id).await;
}

/// An owner client asks for a renaming, and ada and ben have their way with it.
async fn meanwhile_client(change: impl AsyncFnOnce(&Person, &Person)) {
    let mut setup = change_requests::setup(&["cleo"]);
    setup.seed["applications"][0]["clients"][1]["features"] = json!(["owner"]);
    let app = App::with(setup).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let given = [
        ("for_client_id", "login_client"),
        ("description", "renamed"),
    ];
    let asker = app.client("access_issuer");
    let id = pending(&asker.post("/clients/set_description", &given).await);
    // Also after the first of the two approvals.
    approve(&ada, &id).await.fine();
    change(&ada, &ben).await;
    assert_fails(&ben, &id).await;
}

const ASKER: &str = "/admin/clients/access_issuer";

#[tokio::test]
async fn of_an_api_client_that_was_disabled_it_fails() {
    meanwhile_client(async |ada, ben| {
        let id = ask_for(ada, Method::PATCH, ASKER, &json!({"enabled": false})).await;
        apply(ben, &id).await;
    })
    .await;
}

#[tokio::test]
async fn of_an_api_client_that_is_no_owner_any_more_it_fails() {
    meanwhile_client(async |ada, ben| {
        let less = json!({"features": ["login_client"]});
        let id = ask_for(ada, Method::PATCH, ASKER, &less).await;
        apply(ben, &id).await;
    })
    .await;
}

#[tokio::test]
async fn of_an_api_client_that_was_deleted_it_fails() {
    meanwhile_client(async |ada, ben| {
        let id = ask_for(ada, Method::DELETE, ASKER, &Value::Null).await;
        apply(ben, &id).await;
    })
    .await;
}

#[tokio::test]
async fn an_approver_who_was_demoted_or_reset_meanwhile_decides_nothing() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let id = ask(&ada, &json!({"name": "renamed"})).await;
    let less = json!({"privileges": ["manage_modules"]});
    let change = ask_for(&ada, Method::PATCH, &person(&cleo), &less).await;
    apply(&ben, &change).await;
    approve(&cleo, &id).await.problem(401, "not-signed-in");
    let cleo = app.sign_in("cleo").await;
    approve(&cleo, &id).await.problem(403, "not-permitted");
    let path = format!("{}/reset-mfa", person(&ben));
    ada.post(&path, &json!({})).await.fine();
    approve(&ben, &id).await.problem(401, "not-signed-in");
    seen(&ada, &id, "pending").await;
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
}
