//! While multi admin is on, one person changes no client: it becomes a request. Seeing is as ever.

use countersign_tests::admin_clients::{
    assert_tells_no_secret, of_client, regenerate, reveal, view,
};
use countersign_tests::change_requests::{app, held, id_of, reject, see, somebody};
use countersign_tests::machine_api::assert_works;
use countersign_tests::secret_of;
use serde_json::{Value, json};

#[tokio::test]
async fn a_change_becomes_a_request_and_nothing_else_changes() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let before = (
        ada.all("/admin/clients", "").await,
        app.dump("clients").await,
    );
    let path = of_client("login_client", "");
    let code = ada.next_code();
    let mut asked = Vec::new();
    for body in [
        json!({"name": "x"}),
        json!({"enabled": false}),
        json!({"features": ["owner"]}),
        json!({"allow_list": ["10.0.0.0/8"]}),
        json!({"modules": {"payments": {}}}),
        Value::Null,
        json!({"code": code}),
        json!({"name": "new"}),
    ] {
        let (reply, operation) = if body == json!({"name": "new"}) {
            (
                ada.post("/admin/clients", &body).await,
                "admin.clients.create",
            )
        } else if body.get("code").is_some() {
            let reply = regenerate(&ada, "login_client", &code, &json!({})).await;
            (reply, "admin.clients.regenerate_secret")
        } else if body.is_null() {
            (ada.delete(&path).await, "admin.clients.delete")
        } else {
            (ada.patch(&path, &body).await, "admin.clients.update")
        };
        assert_tells_no_secret(&reply);
        assert_eq!(reply.header("etag"), "");
        let request = held(&reply);
        assert_eq!(request["operation"], operation);
        assert_eq!(request["requester"], somebody(&ada, "ada"));
        assert_eq!(see(&ada, &id_of(&request)).await, request);
        assert_eq!(ada.all("/admin/clients", "").await, before.0, "{body}");
        reject(&ada, &id_of(&request)).await.fine();
        asked.push(id_of(&request));
    }
    assert!(
        app.dump("clients").await == before.1,
        "something has changed"
    );
    assert_works(&app.client("login_client")).await;
    let applied = ada.audit("action=admin.clients&outcome=applied").await;
    assert!(applied.is_empty(), "{applied:?}");
    let requested = ada.audit("action=admin.clients&outcome=requested").await;
    let mut told: Vec<_> = requested
        .iter()
        .map(|event| event["change_request"].as_str().unwrap())
        .collect();
    told.sort_unstable();
    asked.sort_unstable();
    assert_eq!(told, asked);
}

#[tokio::test]
async fn what_would_be_refused_anyway_still_is_in_its_own_words() {
    let app = app(&["cleo"]).await;
    let ben = app.sign_in("ben").await;
    ben.post("/admin/clients", &json!({})).await.faults();
    ben.patch(&of_client("nobody", ""), &json!({"name": "x"}))
        .await
        .problem(404, "not-found");
    ben.post("/admin/clients", &json!({"name": "the OWNER"}))
        .await
        .problem(409, "taken");
    let dora = app.sign_in("dora").await;
    let body = json!({"name": "x"});
    dora.post("/admin/clients", &body)
        .await
        .problem(403, "not-permitted");
    let requests = ben.all("/admin/change-requests", "").await;
    assert!(requests.is_empty(), "{requests:?}");
}

#[tokio::test]
async fn seeing_is_possible_at_once_and_revealing_with_a_code_also_while_a_change_waits() {
    let app = app(&["cleo"]).await;
    let ben = app.sign_in("ben").await;
    for _ in 0..2 {
        assert_eq!(ben.all("/admin/clients", "").await.len(), 7);
        assert_eq!(view(&ben, "owner").await["name"], "the owner");
        let revealed = reveal(&ben, "owner", &ben.next_code()).await.fine();
        assert!(revealed["client_secret"] == secret_of("owner"));
        let seen = ben.audit("action=admin.clients.reveal_secret").await;
        assert_eq!(seen[0]["outcome"], "applied");
        // The second time round a new secret is asked for, which does not exist yet.
        let asked = regenerate(&ben, "owner", &ben.next_code(), &json!({})).await;
        if asked.status != 202 {
            asked.problem(409, "request-pending");
        }
    }
}

#[tokio::test]
async fn the_other_application_goes_on_without() {
    let app = app(&["cleo"]).await;
    let fay = app.sign_in("fay").await;
    fay.new_client(&json!({"name": "new"})).await;
    fay.patch(&of_client("foreigner", ""), &json!({"name": "x"}))
        .await
        .fine();
}
