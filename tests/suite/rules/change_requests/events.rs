//! The audit of change requests: one event for each step, which names the request.

use countersign_tests::Reply;
use countersign_tests::admin_clients::of_client;
use countersign_tests::administrators::at as of_person;
use countersign_tests::audit::event_of;
use countersign_tests::change_requests::{
    app, approve, approve_with_code, held, id_of, pending, reject, somebody,
};
use serde_json::{Value, json};

/// Makes sure that an answer left this event, and no other one.
async fn assert_told(
    reader: &countersign_tests::Person,
    reply: &Reply,
    [action, outcome, request]: [&str; 3],
    [actor, object, changes]: [&Value; 3],
) {
    let event = event_of(reader, reply).await;
    let time = event["time"].clone();
    let wanted = json!({
        "time": time, "actor": actor, "source_ip": "127.0.0.1", "user_agent": null,
        "action": action, "object": object, "outcome": outcome, "reason": null, "count": 1,
        "last_time": time, "change_request": request,
        "request_id": reply.header("x-request-id"), "changes": changes
    });
    assert_eq!(event, wanted);
}

#[tokio::test]
async fn each_step_of_a_request_is_one_event_that_names_it() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let dora = app.sign_in("dora").await;
    let path = of_client("login_client", "");
    let object = json!({"kind": "api_client", "id": "login_client", "name": "the login_client"});
    let changes = json!({"enabled": {"before": true, "after": false}});
    let [by_ada, by_ben] = [somebody(&ada, "ada"), somebody(&ben, "ben")];
    for (decider, by, outcome, action) in [
        (&ada, &by_ada, "withdrawn", "admin.change_requests.reject"),
        (&ben, &by_ben, "rejected", "admin.change_requests.reject"),
        (&ben, &by_ben, "applied", "admin.change_requests.approve"),
    ] {
        let asked = ada.patch(&path, &json!({"enabled": false})).await;
        let id = id_of(&held(&asked));
        let what = ["admin.clients.update", "requested", &id];
        assert_told(&dora, &asked, what, [&by_ada, &object, &changes]).await;
        let decided = match outcome {
            "applied" => approve(decider, &id).await,
            _ => reject(decider, &id).await,
        };
        let done = if outcome == "applied" {
            changes.clone()
        } else {
            json!({})
        };
        let what = [action, outcome, &id];
        assert_told(&dora, &decided, what, [by, &object, &done]).await;
        // Refused after that, it is one of the request no more.
        let late = approve(&ben, &id).await;
        let event = event_of(&dora, &late).await;
        let refusal = [&event["outcome"], &event["reason"]];
        assert_eq!(refusal, [&json!("refused"), &json!("already-decided")]);
    }
    for outcome in ["requested", "withdrawn", "rejected", "applied"] {
        let found = dora
            .audit(&format!("outcome={outcome}&object=login_client"))
            .await;
        let imported = usize::from(outcome == "applied");
        let wanted = if outcome == "requested" { 3 } else { 1 } + imported;
        assert_eq!(found.len(), wanted, "{outcome}: {found:?}");
    }
}

#[tokio::test]
async fn the_first_and_the_second_approval_of_what_a_machine_asks_for_are_told_each() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let dora = app.sign_in("dora").await;
    let given = [
        ("for_client_id", "login_client"),
        ("features", r#"["owner"]"#),
    ];
    let asked = app.owner().post("/clients/set_features", &given).await;
    let id = pending(&asked);
    let object = json!({"kind": "api_client", "id": "login_client", "name": "the login_client"});
    let owner = json!({"kind": "api_client", "id": "owner", "name": "the owner"});
    let changes = json!({"features": {"before": ["login_client"], "after": ["owner"]}});
    let what = ["clients.set_features", "requested", &id];
    assert_told(&dora, &asked, what, [&owner, &object, &changes]).await;
    let approving = "admin.change_requests.approve";
    for (person, name, outcome, changes) in [
        (&ada, "ada", "approved", &json!({})),
        (&ben, "ben", "applied", &changes),
    ] {
        let reply = approve_with_code(person, &id).await;
        let by = somebody(person, name);
        let what = [approving, outcome, &id];
        assert_told(&dora, &reply, what, [&by, &object, changes]).await;
    }
}

#[tokio::test]
async fn one_that_fails_is_told_and_so_is_a_self_approval() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let dora = app.sign_in("dora").await;
    let path = of_person(&dora.id);
    let asked = ada.patch(&path, &json!({"name": "D"})).await;
    let id = id_of(&held(&asked));
    let own = event_of(&dora, &approve(&ada, &id).await).await;
    let told = ["action", "outcome", "reason", "actor"].map(|field| own[field].clone());
    assert_eq!(
        told,
        [
            json!("admin.change_requests.approve"),
            json!("refused"),
            json!("own-request"),
            somebody(&ada, "ada"),
        ]
    );
    ben.post(&format!("{path}/reset-password"), &json!({}))
        .await
        .fine();
    let failed = approve(&ben, &id).await;
    assert_eq!(failed.fine()["state"], "failed");
    let object = json!({"kind": "administrator", "id": dora.id, "name": "dora@example.com"});
    let what = ["admin.change_requests.approve", "failed", &id];
    let by = somebody(&ben, "ben");
    assert_told(&ada, &failed, what, [&by, &object, &json!({})]).await;
}
