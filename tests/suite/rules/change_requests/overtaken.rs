//! Races of decisions and changes: a fact is true at the beginning, and no longer true at the write.

use std::sync::Arc;

use countersign_tests::change_requests::{
    self, app, apply, approve, ask, ask_by_machine, ask_for, at, client_field, pending, reject,
    seen,
};
use countersign_tests::gate::{Gate, overtake};
use countersign_tests::machine_api::assert_works;
use countersign_tests::{App, Person, Reply};
use reqwest::Method;
use serde_json::{Value, json};

const APPROVE: (&str, usize) = ("admin.change_requests.approve", 0);

pub(super) async fn gated(mighty: &[&str], is_on: bool) -> (App, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let mut setup = change_requests::setup(mighty);
    setup.seed["applications"][0]["multi_admin"] = is_on.into();
    setup.hook = Some(gate.clone());
    (App::with(setup).await, gate)
}

fn approving(by: &Person, id: &str) -> impl Future<Output = Reply> + Send + 'static {
    let (by, id) = (by.clone(), id.to_owned());
    async move { approve(&by, &id).await }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_a_withdrawal_overtakes_changes_nothing() {
    let (app, gate) = gated(&[], true).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask(&ada, &json!({"enabled": false})).await;
    let late = overtake(&gate, APPROVE, approving(&ben, &id), async || {
        reject(&ada, &id).await.fine();
    });
    let words = late.await.problem(409, "already-decided");
    assert!(words.contains("withdrawn by ada"), "{words}");
    assert_works(&app.client("login_client")).await;
    seen(&ada, &id, "withdrawn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_that_an_approval_overtakes_takes_nothing_back() {
    let (app, gate) = gated(&[], true).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask(&ada, &json!({"enabled": false})).await;
    let withdrawing = {
        let (ada, id) = (ada.clone(), id.clone());
        async move { reject(&ada, &id).await }
    };
    let reject = ("admin.change_requests.reject", 0);
    let late = overtake(&gate, reject, withdrawing, async || {
        apply(&ben, &id).await;
    });
    let words = late.await.problem(409, "already-decided");
    assert!(words.contains("applied by ben"), "{words}");
    seen(&ada, &id, "applied").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approver_who_is_reset_meanwhile_approves_nothing() {
    let (app, gate) = gated(&["cleo"], true).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let id = ask(&ada, &json!({"name": "renamed"})).await;
    let late = overtake(&gate, APPROVE, approving(&ben, &id), async || {
        let path = format!("/admin/administrators/{}/reset-mfa", ben.id);
        cleo.post(&path, &json!({})).await.fine();
    });
    late.await.problem(401, "not-signed-in");
    seen(&ada, &id, "pending").await;
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requester_who_is_reset_or_demoted_meanwhile_stands_behind_nothing() {
    for stroke in ["reset", "demote", "delete"] {
        let (app, gate) = gated(&["cleo", "dora"], true).await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let (cleo, dora) = (app.sign_in("cleo").await, app.sign_in("dora").await);
        let id = ask(&ada, &json!({"name": "renamed"})).await;
        let path = format!("/admin/administrators/{}", ada.id);
        let removal = match stroke {
            "reset" => String::new(),
            "demote" => {
                let less = json!({"privileges": ["manage_modules"]});
                ask_for(&cleo, Method::PATCH, &path, &less).await
            }
            _ => ask_for(&cleo, Method::DELETE, &path, &Value::Null).await,
        };
        let late = overtake(&gate, APPROVE, approving(&ben, &id), async || {
            if stroke == "reset" {
                let path = format!("{path}/reset-password");
                cleo.post(&path, &json!({})).await.fine();
            } else {
                apply(&dora, &removal).await;
            }
        });
        let late = late.await.fine();
        assert_eq!(late["state"], "failed", "{stroke}: {late:#}");
        let name = client_field(&ben, "login_client", "name").await;
        assert_eq!(name, "the login_client", "{stroke}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requesting_client_that_is_disabled_meanwhile_stands_behind_nothing() {
    let gate = Arc::new(Gate::default());
    let mut setup = change_requests::setup(&["cleo"]);
    setup.seed["applications"][0]["clients"][1]["features"] = json!(["owner"]);
    setup.hook = Some(gate.clone());
    let app = App::with(setup).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let given = [
        ("for_client_id", "login_client"),
        ("description", "renamed"),
    ];
    let asker = app.client("access_issuer");
    let id = pending(&asker.post("/clients/set_description", &given).await);
    approve(&ada, &id).await.fine();
    let path = "/admin/clients/access_issuer";
    let end = ask_for(&ada, Method::PATCH, path, &json!({"enabled": false})).await;
    let late = overtake(&gate, APPROVE, approving(&ben, &id), async || {
        apply(&cleo, &end).await;
    });
    assert_eq!(late.await.fine()["state"], "failed");
    assert_eq!(
        client_field(&ada, "login_client", "name").await,
        "the login_client"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_approver_who_is_reset_while_the_second_approves_does_not_count() {
    let (app, gate) = gated(&["cleo"], true).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let cleo = app.sign_in("cleo").await;
    let id = ask_by_machine(&app, "login_client", "renamed").await;
    approve(&ada, &id).await.fine();
    let late = overtake(&gate, APPROVE, approving(&ben, &id), async || {
        let path = format!("/admin/administrators/{}/reset-mfa", ada.id);
        cleo.post(&path, &json!({})).await.fine();
    });
    assert_eq!(late.await.fine()["state"], "pending");
    assert_eq!(
        client_field(&ben, "login_client", "name").await,
        "the login_client"
    );
    apply(&cleo, &id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_says_yes_twice_at_once_has_said_it_once() {
    let app = app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let id = ask(&ada, &json!({"name": "renamed"})).await;
    let none = json!({});
    let path = at(&id, "/approve");
    let replies = tokio::join!(ben.post(&path, &none), ben.post(&path, &none));
    let mut statuses = [replies.0.status, replies.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    seen(&ada, &id, "applied").await;
}
