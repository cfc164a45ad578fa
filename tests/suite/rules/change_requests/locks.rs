//! Locks of objects: an object has at most one pending request.

use countersign_tests::change_requests::{
    CLIENT, app, apply, approve, ask, ask_by_machine, ask_for, reject, seen,
};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_second_request_for_the_same_client_names_the_first() {
    let app = app(&["ben"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let first = ask(&ada, &json!({"name": "renamed"})).await;
    let regenerate = "/admin/clients/login_client/secret/regenerate";
    for person in [&ada, &ben] {
        for (method, path, body) in [
            (Method::PATCH, CLIENT, json!({"name": "renamed"})),
            (Method::PATCH, CLIENT, json!({"enabled": false})),
            (Method::DELETE, CLIENT, Value::Null),
            (Method::POST, regenerate, json!({"code": ""})),
        ] {
            let mut body = body;
            if body.get("code").is_some() {
                body["code"] = person.next_code().into();
            }
            let body = (!body.is_null()).then_some(body);
            let second = person.send(method, path, body.as_ref()).await;
            let words = second.problem(409, "request-pending");
            assert!(words.contains(&first), "{words}");
            assert_eq!(second.json()["change_request"], *first);
        }
    }
    let given = [("for_client_id", "login_client")];
    for path in ["/clients/clear_whitelist", "/clients/reset_secret"] {
        let second = app.owner().post(path, &given).await.json();
        assert_eq!(second["stat"], "error");
        assert!(second.to_string().contains(&first), "{second}");
    }
    // Another client is another object.
    let id = ask_by_machine(&app, "featureless", "renamed too").await;
    reject(&ben, &id).await.fine();
    assert_eq!(
        ada.all("/admin/change-requests", "state=pending")
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn every_end_of_a_request_frees_its_object() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for end in ["applied", "rejected", "withdrawn"] {
        let id = ask(&ada, &json!({ "name": end })).await;
        match end {
            "applied" => drop(approve(&ben, &id).await.fine()),
            "rejected" => drop(reject(&ben, &id).await.fine()),
            _ => drop(reject(&ada, &id).await.fine()),
        }
        seen(&ada, &id, end).await;
    }
    let id = ask(&ben, &json!({"name": "once more"})).await;
    apply(&ada, &id).await;
}

#[tokio::test]
async fn an_administrator_has_one_pending_request_too() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let dora = app.sign_in("dora").await.id;
    let path = format!("/admin/administrators/{dora}");
    let more = json!({"privileges": ["manage_users"]});
    let first = ask_for(&ada, Method::PATCH, &path, &more).await;
    for method in [Method::PATCH, Method::DELETE] {
        let body = (method == Method::PATCH).then(|| json!({"name": "D"}));
        let second = ben.send(method, &path, body.as_ref()).await;
        second.problem(409, "request-pending");
        assert_eq!(second.json()["change_request"], *first);
    }
    apply(&ben, &first).await;
    let id = ask_for(&ben, Method::DELETE, &path, &Value::Null).await;
    apply(&ada, &id).await;
}
