//! Change an Administrator.

use countersign_tests::App;
use countersign_tests::administrators::{
    NOT_THERE, assert_signed_in, assert_signed_out, at, done, id_of,
};
use serde_json::json;

#[tokio::test]
async fn what_is_named_changes_and_the_rest_stays() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = at(&id_of(&ada, "ben").await);
    let mut wanted = ada.get(&path).await.fine();
    for (version, change) in [
        (2, json!({"name": " Benjamin "})),
        (3, json!({"privileges": ["manage_modules"]})),
        (4, json!({"name": "Ben", "privileges": []})),
        (5, json!({"name": null, "privileges": null})),
    ] {
        if let Some(name) = change["name"].as_str() {
            wanted["name"] = name.trim().into();
        }
        if change["privileges"].is_array() {
            wanted["privileges"] = change["privileges"].clone();
        }
        let reply = ada.patch(&path, &change).await;
        assert_eq!(reply.fine(), wanted);
        assert_eq!(reply.header("etag"), format!("\"{version}\""));
        assert_eq!(ada.get(&path).await.fine(), wanted);
    }
}

#[tokio::test]
async fn a_change_of_a_version_that_is_gone_is_refused() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = at(&id_of(&ada, "ben").await);
    let tag = ada.get(&path).await.header("etag").to_owned();
    let first = ada.clone().with("if-match", &tag);
    first.patch(&path, &json!({"name": "First"})).await.fine();
    for stale in [tag.as_str(), "\"0\"", "W/\"2\"", "2", ""] {
        let late = ada.clone().with("if-match", stale);
        let refused = late.patch(&path, &json!({"name": "Late"})).await;
        let words = refused.problem(412, "stale");
        assert_eq!(
            words,
            "it is no longer the version that If-Match names; read it again"
        );
    }
    assert_eq!(ada.get(&path).await.fine()["name"], "First");
    for fits in ["*", "\"7\", \"3\""] {
        let fresh = ada.clone().with("if-match", fits);
        fresh.patch(&path, &json!({"name": fits})).await.fine();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_changes_of_one_version_at_once_one_is_made() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = at(&id_of(&ada, "ben").await);
    let tag = ada.get(&path).await.header("etag").to_owned();
    let calls = (0..8).map(|number| {
        let (ada, path) = (ada.clone().with("if-match", &tag), path.clone());
        let change = json!({"name": format!("Number {number}")});
        tokio::spawn(async move { ada.patch(&path, &change).await })
    });
    let mut made = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        let reply = call.await.unwrap();
        if reply.status == 200 {
            made.push(reply.json()["name"].clone());
        } else {
            reply.problem(412, "stale");
        }
    }
    assert_eq!(made, [ada.get(&path).await.fine()["name"].clone()]);
}

#[tokio::test]
async fn a_lost_privilege_ends_their_sessions_and_a_name_does_not() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let path = at(&ben.id);
    ada.patch(&path, &json!({"name": "B"})).await.fine();
    assert_signed_in(&ben).await;
    let swap = json!({"privileges": ["manage_modules"]});
    ada.patch(&path, &swap).await.fine();
    assert_signed_out(&ben).await;
    let ben = app.sign_in("ben").await;
    let refused = ben.get("/admin/administrators").await;
    refused.problem(403, "not-permitted");
    ben.get("/admin/modules").await.fine();
}

#[tokio::test]
async fn what_can_not_be_changed_or_does_not_fit_is_named() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = at(&id_of(&ada, "ben").await);
    let before = ada.get(&path).await.body;
    for (body, wanted) in [
        (
            json!({"email": "b@example.com", "state": "active"}),
            &["/email", "/state"][..],
        ),
        (json!({"id": "other"}), &["/id"]),
        (
            json!({"name": " ", "privileges": [1]}),
            &["/name", "/privileges/0"],
        ),
        (
            json!({"name": "Good", "privileges": ["none"]}),
            &["/privileges/0"],
        ),
    ] {
        let faults = ada.patch(&path, &body).await.faults();
        let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, wanted, "{faults:?}");
    }
    assert_eq!(ada.get(&path).await.body, before);
}

#[tokio::test]
async fn ones_own_name_is_ones_own_and_ones_privileges_are_not() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let own = at(&ada.id);
    let name = json!({"name": "Augusta", "privileges": ["manage_users", "manage_modules"]});
    ada.patch(&own, &name).await.fine();
    let less = json!({"privileges": ["manage_users"]});
    let refused = ada.patch(&own, &less).await;
    assert_eq!(
        refused.problem(409, "own-privileges"),
        "nobody changes their own privileges; another administrator can"
    );
    assert_signed_in(&ada).await;
}

#[tokio::test]
async fn it_takes_manage_users_and_one_of_the_application() {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    let change = json!({"name": "Changed"});
    for name in ["cleo", "dora"] {
        let person = app.sign_in(name).await;
        for id in [&person.id, &ada.id] {
            let refused = person.patch(&at(id), &change).await;
            refused.problem(403, "not-permitted");
        }
    }
    for id in [fay.id.as_str(), "nobody", "-"] {
        let missing = ada.patch(&at(id), &change).await;
        assert_eq!(missing.problem(404, "not-found"), NOT_THERE);
    }
    let events = done(&ada, "admin.administrators.update").await;
    assert_eq!(events.len(), 0);
}

#[tokio::test]
async fn it_is_audited_with_what_was_before_and_after() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ben = id_of(&ada, "ben").await;
    let change = json!({"name": "Benjamin", "privileges": []});
    ada.patch(&at(&ben), &change).await.fine();
    let events = done(&ada, "admin.administrators.update").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["actor"]["id"], ada.id);
    assert_eq!(events[0]["object"]["id"], ben);
    assert_eq!(
        events[0]["changes"],
        json!({
            "name": {"before": "ben", "after": "Benjamin"},
            "privileges": {"before": ["manage_users"], "after": []}
        })
    );
}
