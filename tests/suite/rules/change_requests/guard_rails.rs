//! While multi admin is on, two who can decide are left.

use countersign_tests::change_requests::{
    app, apply, approve, approve_with_code, ask, ask_for, seen,
};
use countersign_tests::{App, Person, Reply};
use reqwest::Method;
use serde_json::{Value, json};

const POLICY: &str = "/admin/multi-admin";

fn path(of: &Person) -> String {
    format!("/admin/administrators/{}", of.id)
}

async fn eligible(viewer: &Person) -> u64 {
    let policy = viewer.get(POLICY).await.fine();
    policy["eligible_administrators"].as_u64().unwrap()
}

#[tokio::test]
async fn of_two_nobody_can_be_deleted_or_demoted() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for (by, whom) in [(&ada, &ben), (&ben, &ada), (&ada, &ada)] {
        let words = by.delete(&path(whom)).await;
        let words = words.problem(409, "last-administrator");
        assert!(words.contains("only two"), "{words}");
        if by.id != whom.id {
            for privileges in [json!([]), json!(["manage_modules"])] {
                let less = json!({ "privileges": privileges });
                let reply = by.patch(&path(whom), &less).await;
                reply.problem(409, "last-administrator");
            }
        }
    }
    assert_eq!(eligible(&ada).await, 2);
    assert!(ada.all("/admin/change-requests", "").await.is_empty());
    // What leaves two is asked for.
    let dora = app.sign_in("dora").await;
    let id = ask_for(&ada, Method::DELETE, &path(&dora), &Value::Null).await;
    apply(&ben, &id).await;
}

#[tokio::test]
async fn of_three_one_can_go_and_then_no_other() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    // Both are asked for while there are three.
    let one = ask_for(&ada, Method::DELETE, &path(&cleo), &Value::Null).await;
    let less = json!({"privileges": []});
    let other = ask_for(&ada, Method::PATCH, &path(&ben), &less).await;
    let applied = approve(&ben, &one).await.fine();
    assert_eq!(applied["state"], "applied");
    approve(&ben, &other).await.problem(409, "own-privileges");
    assert_eq!(eligible(&ada).await, 2);
}

#[tokio::test]
async fn of_several_asked_for_those_fail_that_would_leave_one() {
    let app = app(&["cleo", "dora"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let (cleo, dora) = (app.sign_in("cleo").await, app.sign_in("dora").await);
    let of_cleo = ask_for(&ada, Method::DELETE, &path(&cleo), &Value::Null).await;
    let of_dora = ask_for(&ada, Method::DELETE, &path(&dora), &Value::Null).await;
    let less = json!({"privileges": ["manage_modules"]});
    let of_ada = ask_for(&ben, Method::PATCH, &path(&ada), &less).await;
    apply(&ben, &of_cleo).await;
    // Ada's demotion now leaves ben and dora, and then dora's deletion would leave ben alone.
    apply(&dora, &of_ada).await;
    assert_eq!(eligible(&ben).await, 2);
    let failed = approve(&ben, &of_dora).await.fine();
    assert_eq!(failed["state"], "failed", "the requester is gone, too");
    let of_dora = ben.delete(&path(&dora)).await;
    of_dora.problem(409, "last-administrator");
    dora.get("/admin/me").await.fine();
}

#[tokio::test]
async fn a_request_that_would_now_leave_one_fails() {
    let app = app(&["cleo", "dora"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let (cleo, dora) = (app.sign_in("cleo").await, app.sign_in("dora").await);
    let of_cleo = ask_for(&ada, Method::DELETE, &path(&cleo), &Value::Null).await;
    // Dora has to set her password anew, and ben his: two of four are left.
    for person in [&dora, &cleo] {
        let reset = format!("{}/reset-password", path(person));
        ada.post(&reset, &json!({})).await.fine();
    }
    assert_eq!(eligible(&ada).await, 2);
    // Cleo does not count any more: her end takes nobody away, but she is another version.
    let failed = approve(&ben, &of_cleo).await.fine();
    assert_eq!(failed["state"], "failed");
    let of_cleo = ask_for(&ada, Method::DELETE, &path(&cleo), &Value::Null).await;
    apply(&ben, &of_cleo).await;
    assert_eq!(eligible(&ada).await, 2);
    let reply = ada.delete(&path(&ben)).await;
    reply.problem(409, "last-administrator");
}

async fn approve_both(one: (Person, String), other: (Person, String)) -> [Reply; 2] {
    let spawn = |(by, id): (Person, String)| tokio::spawn(async move { approve(&by, &id).await });
    let (one, other) = (spawn(one), spawn(other));
    [one.await.unwrap(), other.await.unwrap()]
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_are_removed_at_once_do_not_leave_one() {
    for _ in 0..4 {
        let app = app(&["cleo"]).await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let cleo = app.sign_in("cleo").await;
        let less = json!({"privileges": []});
        let of_cleo = ask_for(&ada, Method::PATCH, &path(&cleo), &less).await;
        let of_ben = ask_for(&ada, Method::DELETE, &path(&ben), &Value::Null).await;
        let replies = approve_both(
            (ben.clone(), of_cleo.clone()),
            (cleo.clone(), of_ben.clone()),
        )
        .await;
        let applied = |reply: &&Reply| reply.status == 200 && reply.json()["state"] == "applied";
        assert_eq!(replies.iter().filter(applied).count(), 1, "{replies:?}");
        let lost = replies.iter().find(|reply| !applied(reply)).unwrap();
        assert!(
            matches!(lost.status, 401 | 409) || lost.json()["state"] == "failed",
            "{lost:?}"
        );
        assert_eq!(eligible(&ada).await, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_removal_and_switching_on_at_once_one_gives_way() {
    for _ in 0..4 {
        let app = App::with_people().await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let on = json!({"enabled": true, "code": ben.next_code()});
        let switching = {
            let ben = ben.clone();
            tokio::spawn(async move { ben.put(POLICY, &on).await })
        };
        let removal = {
            let (ada, ben) = (ada.clone(), path(&ben));
            let less = json!({"privileges": ["manage_modules"]});
            tokio::spawn(async move { ada.patch(&ben, &less).await })
        };
        let (switched, removed) = (switching.await.unwrap(), removal.await.unwrap());
        let policy = ada.get(POLICY).await.fine();
        if switched.status == 200 {
            removed.problem(409, "last-administrator");
            let is_on = json!({"enabled": true, "eligible_administrators": 2});
            assert_eq!(policy, is_on);
        } else {
            removed.fine();
            let is_off = json!({"enabled": false, "eligible_administrators": 1});
            assert_eq!(policy, is_off);
        }
        seen_nothing(&ada).await;
    }
}

async fn seen_nothing(viewer: &Person) {
    assert!(viewer.all("/admin/change-requests", "").await.is_empty());
}

#[tokio::test]
async fn with_one_left_by_a_reset_nothing_is_approved_and_nothing_done() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let reset = format!("{}/reset-mfa", path(&ben));
    ada.post(&reset, &json!({})).await.fine();
    assert_eq!(eligible(&ada).await, 1);
    let id = ask(&ada, &json!({"name": "alone"})).await;
    approve(&ada, &id).await.problem(409, "own-request");
    let off = json!({"enabled": false, "code": ada.next_code()});
    let off = ask_for(&ada, Method::PUT, POLICY, &off).await;
    let own = approve_with_code(&ada, &off).await;
    own.problem(409, "own-request");
    for id in [id, off] {
        seen(&ada, &id, "pending").await;
    }
}
