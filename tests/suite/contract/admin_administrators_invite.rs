//! Invite an Administrator.

use countersign_tests::administrators::{at, done, id_of, invite, link};
use countersign_tests::machine_api::is_id;
use countersign_tests::{App, email_of};
use serde_json::json;

const INVITE: &str = "/admin/administrators";

#[tokio::test]
async fn it_answers_the_administrator_and_a_link_to_hand_over() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let body = json!({
        "email": " New.Person@Example.com ", "name": "  New Person ",
        "privileges": ["manage_users", "manage_modules", "manage_users"]
    });
    let reply = ada.post(INVITE, &body).await;
    let mut invited = reply.created();
    let id = invited["administrator"]["id"].as_str().unwrap().to_owned();
    assert!(is_id(&id), "{id}");
    assert_eq!(reply.header("location"), at(&id));
    assert_eq!(reply.header("etag"), "\"1\"");
    let url = invited["invitation_url"].take();
    let begin = format!("{}/admin/invitations/cin_", app.url());
    assert!(url.as_str().unwrap().starts_with(&begin));
    assert_eq!(
        invited,
        json!({
            "administrator": {
                "id": id, "email": "New.Person@Example.com", "name": "New Person",
                "privileges": ["manage_modules", "manage_users"], "state": "invited",
                "created_at": "2036-11-21T00:00:30Z", "invitation_expires_at": "2036-11-24T00:00:30Z"
            },
            "invitation_url": null
        })
    );
    let shown = ada.get(&at(&id)).await;
    assert_eq!(shown.fine(), invited["administrator"]);
    assert_eq!(shown.header("etag"), "\"1\"");
}

#[tokio::test]
async fn privileges_may_be_left_out_and_then_there_are_none() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let body = json!({"email": "new@example.com", "name": "New"});
    let invited = ben.post(INVITE, &body).await.created();
    assert_eq!(invited["administrator"]["privileges"], json!([]));
}

#[tokio::test]
async fn the_same_idempotency_key_gets_the_same_answer_for_a_day() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let keyed = ada.clone().with("idempotency-key", "one of a kind");
    let body = json!({"email": "new@example.com", "name": "New"});
    let first = keyed.post(INVITE, &body).await;
    let again = keyed.post(INVITE, &body).await;
    assert!(
        first.created() == again.created(),
        "another answer to the same key"
    );
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(done(&ada, "admin.administrators.invite").await.len(), 1);
    let other = json!({"email": "other@example.com", "name": "Other"});
    let reused = keyed.post(INVITE, &other).await;
    reused.problem(422, "idempotency-key-reused");
    // The key is the caller's own, and nobody else's.
    let ben = app.sign_in("ben").await;
    let ben = ben.with("idempotency-key", "one of a kind");
    ben.post(INVITE, &other).await.created();
    for key in ["", &"x".repeat(256)] {
        let bad = ada.clone().with("idempotency-key", key);
        let faults = bad.post(INVITE, &body).await.faults();
        assert_eq!(faults[0].0, "/Idempotency-Key");
    }
    app.advance(std::time::Duration::from_hours(24));
    let ada = app
        .sign_in("ada")
        .await
        .with("idempotency-key", "one of a kind");
    ada.post(INVITE, &body).await.problem(409, "taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_many_times_at_once_invites_once() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let keyed = ada.clone().with("idempotency-key", "k");
    let calls = (0..8).map(|_| {
        let keyed = keyed.clone();
        let body = json!({"email": "new@example.com", "name": "New"});
        tokio::spawn(async move { link(&keyed.post(INVITE, &body).await.created()) })
    });
    let mut links = std::collections::BTreeSet::new();
    for call in calls.collect::<Vec<_>>() {
        links.insert(call.await.unwrap());
    }
    assert!(links.len() == 1, "{} links", links.len());
    assert_eq!(done(&ada, "admin.administrators.invite").await.len(), 1);
}

#[tokio::test]
async fn an_address_of_the_application_is_taken() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    invite(&ada, "new", &[]).await;
    for name in ["ben", "new", "ADA"] {
        let body = json!({"email": email_of(name), "name": "Another"});
        let taken = ada.post(INVITE, &body).await;
        assert_eq!(
            taken.problem(409, "taken"),
            "another administrator of this application has this email"
        );
        let errors = json!([{
            "pointer": "/email", "detail": "another administrator of this application has it"
        }]);
        assert_eq!(taken.json()["errors"], errors);
    }
}

#[tokio::test]
async fn each_fault_is_named_by_its_pointer() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for (body, wanted) in [
        (json!({}), &["/email", "/name"][..]),
        (
            json!({"email": "ada", "name": "", "privileges": ["manage_users", "all"]}),
            &["/email", "/name", "/privileges/1"],
        ),
        (
            json!({"email": "a@b", "name": "x".repeat(101), "privileges": "all"}),
            &["/name", "/privileges"],
        ),
        (
            json!({"email": "a@b", "name": "x", "password": "y", "state": "active"}),
            &["/password", "/state"],
        ),
    ] {
        let faults = ada.post(INVITE, &body).await.faults();
        let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, wanted, "{faults:?}");
    }
    assert_eq!(ada.all(INVITE, "").await.len(), 4);
}

#[tokio::test]
async fn it_takes_manage_users_and_is_audited_without_the_link() {
    let app = App::with_people().await;
    let body = json!({"email": "new@example.com", "name": "New", "privileges": ["manage_users"]});
    for name in ["cleo", "dora"] {
        let refused = app.sign_in(name).await.post(INVITE, &body).await;
        refused.problem(403, "not-permitted");
    }
    let ada = app.sign_in("ada").await;
    let new = link(&ada.post(INVITE, &body).await.created());
    let events = done(&ada, "admin.administrators.invite").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["actor"]["id"], ada.id);
    assert_eq!(events[0]["object"]["id"], id_of(&ada, "new").await);
    assert_eq!(
        events[0]["changes"],
        json!({
            "email": {"before": null, "after": "new@example.com"},
            "name": {"before": null, "after": "New"},
            "privileges": {"before": null, "after": ["manage_users"]},
            "has_mfa": {"before": null, "after": false},
            "has_password": {"before": null, "after": false}
        })
    );
    let token = new.rsplit('/').next().unwrap();
    assert!(
        !json!(events).to_string().contains(token),
        "it tells the link"
    );
}
