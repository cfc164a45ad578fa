//! Switching multi admin on and off.

use countersign_tests::change_requests::{
    CLIENT, app, apply, approve, ask_for, at, client_field, held_id, reject, seen,
};
use countersign_tests::{App, administrators};
use serde_json::json;

const POLICY: &str = "/admin/multi-admin";

#[tokio::test]
async fn switching_on_takes_two_who_can_sign_in_and_hold_manage_users() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await.id);
    let ben = format!("/admin/administrators/{ben}");
    let off = json!({"enabled": false, "eligible_administrators": 2});
    assert_eq!(ada.get(POLICY).await.fine(), off);
    ada.patch(&ben, &json!({"privileges": ["manage_modules"]}))
        .await
        .fine();
    let invited = administrators::invite(&ada, "new", &["manage_users"]).await;
    for _ in 0..2 {
        // Neither one who is invited counts, nor one without the privilege.
        let on = json!({"enabled": true, "code": ada.next_code()});
        let words = ada.put(POLICY, &on).await;
        let words = words.problem(409, "too-few-administrators");
        assert!(words.contains("there are 1"), "{words}");
        let off = json!({"enabled": false, "eligible_administrators": 1});
        assert_eq!(ada.get(POLICY).await.fine(), off);
    }
    administrators::take_up(&app, &invited.link, "a newcomer's own words").await;
    let on = json!({"enabled": true, "code": ada.next_code()});
    let is_on = json!({"enabled": true, "eligible_administrators": 2});
    assert_eq!(ada.put(POLICY, &on).await.fine(), is_on);
    assert_eq!(ada.get(POLICY).await.fine(), is_on);
}

#[tokio::test]
async fn one_who_must_set_a_factor_anew_does_not_count_for_switching_on() {
    for what in ["mfa", "password"] {
        let app = App::with_people().await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await.id);
        let path = format!("/admin/administrators/{ben}/reset-{what}");
        ada.post(&path, &json!({})).await.fine();
        let on = json!({"enabled": true, "code": ada.next_code()});
        let refused = ada.put(POLICY, &on).await;
        refused.problem(409, "too-few-administrators");
        assert_eq!(ada.get(POLICY).await.fine()["enabled"], false);
    }
}

#[tokio::test]
async fn switching_on_takes_a_fresh_code_and_manage_users() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let missing = ada.put(POLICY, &json!({"enabled": true})).await.faults();
    assert_eq!(missing[0].0, "/code");
    let wrong = json!({"enabled": true, "code": ada.wrong_code()});
    ada.put(POLICY, &wrong).await.problem(401, "wrong-code");
    let used = json!({"enabled": true, "code": ada.authenticator.code(&app.clock)});
    ada.put(POLICY, &used).await.problem(401, "wrong-code");
    for lesser in ["cleo", "dora"] {
        let person = app.sign_in(lesser).await;
        let on = json!({"enabled": true, "code": person.next_code()});
        person.put(POLICY, &on).await.problem(403, "not-permitted");
    }
    assert_eq!(ada.get(POLICY).await.fine()["enabled"], false);
    ada.patch(CLIENT, &json!({"name": "alone"})).await.fine();
}

#[tokio::test]
async fn it_holds_for_the_very_next_change() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    ada.patch(CLIENT, &json!({"name": "alone"})).await.fine();
    let on = json!({"enabled": true, "code": ada.next_code()});
    ada.put(POLICY, &on).await.fine();
    held_id(&ada.patch(CLIENT, &json!({"name": "together"})).await);
    assert_eq!(client_field(&ada, "login_client", "name").await, "alone");
    // Switching on what is on changes nothing.
    let on = json!({"enabled": true, "code": ada.next_code()});
    assert_eq!(ada.put(POLICY, &on).await.fine()["enabled"], true);
}

#[tokio::test]
async fn switching_off_takes_a_code_and_another_one_who_gives_a_code_too() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let missing = ada.put(POLICY, &json!({"enabled": false})).await.faults();
    assert_eq!(missing[0].0, "/code");
    let wrong = json!({"enabled": false, "code": ada.wrong_code()});
    ada.put(POLICY, &wrong).await.problem(401, "wrong-code");
    let off = json!({"enabled": false, "code": ada.next_code()});
    let id = held_id(&ada.put(POLICY, &off).await);
    let request = seen(&ben, &id, "pending").await;
    assert_eq!(request["operation"], "admin.multi_admin.switch");
    assert_eq!(request["object"]["kind"], "application");
    assert_eq!(request["needs_code"], true);
    approve(&ada, &id).await.problem(409, "own-request");
    let missing = approve(&ben, &id).await.faults();
    assert_eq!(missing[0].0, "/code");
    let path = at(&id, "/approve");
    let wrong = json!({"code": ben.wrong_code()});
    ben.post(&path, &wrong).await.problem(401, "wrong-code");
    assert_eq!(ada.get(POLICY).await.fine()["enabled"], true);
    held_id(&ada.patch(CLIENT, &json!({"name": "waits"})).await);
    apply(&ben, &id).await;
    assert_eq!(ada.get(POLICY).await.fine()["enabled"], false);
    let other = json!({"name": "alone"});
    ada.patch("/admin/clients/featureless", &other).await.fine();
}

#[tokio::test]
async fn switching_off_is_asked_for_once_at_a_time_and_can_be_turned_down() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let mut ids = Vec::new();
    for decide in [&ben, &ada] {
        let off = json!({"enabled": false, "code": ada.next_code()});
        let id = ask_for(&ada, reqwest::Method::PUT, POLICY, &off).await;
        let off = json!({"enabled": false, "code": ben.next_code()});
        let second = ben.put(POLICY, &off).await;
        second.problem(409, "request-pending");
        assert_eq!(second.json()["change_request"], *id);
        reject(decide, &id).await.fine();
        assert_eq!(ada.get(POLICY).await.fine()["enabled"], true);
        ids.push(id);
    }
    seen(&ada, &ids[0], "rejected").await;
    seen(&ada, &ids[1], "withdrawn").await;
}
