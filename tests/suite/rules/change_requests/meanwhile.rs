//! Switching multi admin while a change is at work.
//!
//! A change takes effect under the policy at the time when it is written.

use countersign_tests::change_requests::{CLIENT, apply, ask_for, client_field, records, seen};
use countersign_tests::gate::overtake;
use reqwest::Method;
use serde_json::json;

use super::held_back::{self, COVERED};
use super::overtaken::gated;

#[tokio::test(flavor = "multi_thread")]
async fn no_change_at_work_gets_past_multi_admin_that_is_switched_on_meanwhile() {
    for operation in COVERED {
        if operation == "admin.multi_admin.switch" {
            continue;
        }
        let (app, gate) = gated(&["ben"], false).await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let victim = app.sign_in("dora").await.id;
        held_back::prepare(&ada, &ben, operation).await;
        let before = records(&app).await;
        // Where a code is given, it is counted and spent before.
        let spared = if operation.ends_with("regenerate_secret") {
            2
        } else {
            0
        };
        let call = held_back::call(app.owner(), ada.clone(), victim, operation);
        let on = json!({"enabled": true, "code": ben.next_code()});
        let late = overtake(&gate, (operation, spared), call, async || {
            ben.put("/admin/multi-admin", &on).await.fine();
        });
        let late = late.await;
        let id = held_back::id_of(&late, operation);
        seen(&ben, &id, "pending").await;
        let now = records(&app).await;
        let changed = now.iter().filter(|now| !before.contains(now));
        let changed: Vec<_> = changed.collect();
        assert_eq!(changed.len(), 1, "{operation}: {changed:?}");
        assert!(changed[0].contains("multi_admin"), "{operation}");
        assert_eq!(now.len(), before.len(), "{operation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_switching_on_overtakes_leaves_two() {
    for stroke in ["admin.administrators.update", "admin.administrators.delete"] {
        let (app, gate) = gated(&[], false).await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let path = format!("/admin/administrators/{}", ben.id);
        let removing = {
            let (ada, less) = (ada.clone(), json!({"privileges": []}));
            async move {
                if stroke.ends_with("update") {
                    ada.patch(&path, &less).await
                } else {
                    ada.delete(&path).await
                }
            }
        };
        let on = json!({"enabled": true, "code": ben.next_code()});
        let late = overtake(&gate, (stroke, 0), removing, async || {
            ben.put("/admin/multi-admin", &on).await.fine();
        });
        late.await.problem(409, "last-administrator");
        let policy = ben.get("/admin/multi-admin").await.fine();
        let two = json!({"enabled": true, "eligible_administrators": 2});
        assert_eq!(policy, two);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn switching_on_that_a_removal_overtakes_is_refused() {
    for stroke in ["demote", "delete", "reset-mfa", "reset-password"] {
        let (app, gate) = gated(&[], false).await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let on = json!({"enabled": true, "code": ada.next_code()});
        let switching = {
            let ada = ada.clone();
            async move { ada.put("/admin/multi-admin", &on).await }
        };
        // The code is counted and spent before.
        let switch = ("admin.multi_admin.switch", 2);
        let late = overtake(&gate, switch, switching, async || {
            let path = format!("/admin/administrators/{}", ben.id);
            match stroke {
                "demote" => drop(ada.patch(&path, &json!({"privileges": []})).await.fine()),
                "delete" => ada.delete(&path).await.nothing(),
                _ => {
                    let path = format!("{path}/{stroke}");
                    ada.post(&path, &json!({})).await.fine();
                }
            }
        });
        late.await.problem(409, "too-few-administrators");
        let policy = ada.get("/admin/multi-admin").await.fine();
        assert_eq!(policy["enabled"], false, "{stroke}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_switching_off_overtakes_is_no_request_any_more() {
    let (app, gate) = gated(&[], true).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let off = json!({"enabled": false, "code": ada.next_code()});
    let off = ask_for(&ada, Method::PUT, "/admin/multi-admin", &off).await;
    let asking = {
        let ada = ada.clone();
        async move { ada.patch(CLIENT, &json!({"name": "direct"})).await }
    };
    let late = overtake(&gate, ("admin.clients.update", 0), asking, async || {
        apply(&ben, &off).await;
    });
    late.await.fine();
    assert_eq!(client_field(&ada, "login_client", "name").await, "direct");
    let pending = ada.all("/admin/change-requests", "state=pending").await;
    assert!(pending.is_empty(), "{pending:#?}");
}
