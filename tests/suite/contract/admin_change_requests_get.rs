//! View a Change Request.

use countersign_tests::App;
use countersign_tests::admin_clients::of_client;
use countersign_tests::change_requests::{app, approve, at, held, id_of, reject, see, somebody};
use serde_json::json;

#[tokio::test]
async fn it_shows_who_asks_for_what_and_until_when() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    let body = json!({"name": "New"});
    let asked = held(&ada.patch(&of_client("login_client", ""), &body).await);
    let id = id_of(&asked);
    let ben = app.sign_in("ben").await;
    let seen = ben.get(&at(&id, "")).await;
    assert_eq!(seen.fine(), asked);
    let wanted = format!(
        "{{\"id\":\"{id}\",\"state\":\"pending\",\"operation\":\"admin.clients.update\",\
         \"object\":{{\"kind\":\"api_client\",\"id\":\"login_client\",\"name\":\"the login_client\"}},\
         \"requester\":{{\"kind\":\"administrator\",\"id\":\"{}\",\"name\":\"ada\"}},\
         \"created_at\":\"2036-11-21T00:00:30Z\",\"expires_at\":\"2036-12-05T00:00:30Z\",\
         \"changes\":[{{\"field\":\"description\",\"before\":\"the login_client\",\"after\":\"New\",\"escalation\":false}}],\
         \"needs_code\":false,\"approvals\":[],\"approvals_needed\":1,\
         \"decided_by\":null,\"decided_at\":null,\"reason\":null}}",
        ada.id
    );
    assert_eq!(seen.body, wanted);
    assert_eq!(seen.header("content-type"), "application/json");
    assert_eq!(seen.header("etag"), r#""1""#);
    // Whoever has asked sees the same.
    assert_eq!(see(&ada, &id).await, asked);
}

#[tokio::test]
async fn it_shows_what_became_of_it_and_counts_that_as_a_change() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let path = of_client("login_client", "");
    let mut ended = Vec::new();
    for _ in 0..2 {
        let asked = held(&ada.patch(&path, &json!({"enabled": false})).await);
        let id = id_of(&asked);
        let decided = match ended.len() {
            0 => ben
                .post(&at(&id, "/reject"), &json!({"reason": "not now"}))
                .await
                .fine(),
            _ => approve(&ben, &id).await.fine(),
        };
        let seen = ada.get(&at(&id, "")).await;
        assert_eq!(seen.fine(), decided);
        assert_eq!(seen.header("etag"), r#""2""#);
        let mut wanted = asked;
        wanted["state"] = decided["state"].clone();
        wanted["approvals"] = decided["approvals"].clone();
        wanted["reason"] = decided["reason"].clone();
        wanted["approvals_needed"] = json!(0);
        wanted["decided_by"] = somebody(&ben, "ben");
        wanted["decided_at"] = json!("2036-11-21T00:01:00Z");
        assert_eq!(seen.json(), wanted);
        let told = ["state", "approvals", "reason"].map(|field| wanted[field].clone());
        ended.push(told);
    }
    assert_eq!(
        ended,
        [
            [json!("rejected"), json!([]), json!("not now")],
            [
                json!("applied"),
                json!([somebody(&ben, "ben")]),
                json!(null)
            ],
        ]
    );
}

#[tokio::test]
async fn one_of_another_application_is_not_there_nor_is_one_that_never_was() {
    let app = app(&["cleo"]).await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    let id = id_of(&held(
        &ada.post("/admin/clients", &json!({"name": "x"})).await,
    ));
    let mut odd = vec![(&fay, id.clone())];
    let long = "x".repeat(3_000);
    let upper = id.to_uppercase();
    for id in [
        "nobody",
        "lock",
        "%20",
        "%F0%9F%98%80",
        "a%23b",
        &long,
        &upper,
        &id[1..],
    ] {
        odd.push((&ada, id.to_owned()));
    }
    for (person, id) in odd {
        let words = person.get(&at(&id, "")).await.problem(404, "not-found");
        assert!(words.contains("not yours"), "{id}: {words}");
    }
    reject(&ada, &id).await.fine();
    fay.get(&at(&id, "")).await.problem(404, "not-found");
}

#[tokio::test]
async fn it_takes_manage_users_and_a_session() {
    let app = App::with_people().await;
    for id in ["nobody", "x"] {
        let path = at(id, "");
        for lesser in ["cleo", "dora"] {
            let refused = app.sign_in(lesser).await.get(&path).await;
            let words = refused.problem(403, "not-permitted");
            assert_eq!(words, "this takes a privilege that you do not hold");
        }
        for nobody in [app.stranger(), app.owner()] {
            nobody.get(&path, &[]).await.problem(401, "not-signed-in");
        }
    }
}
