//! Several who have seen the same version: one of them changes it.

use std::sync::Arc;

use countersign_tests::admin_clients::{of_client, regenerate, view};
use countersign_tests::interleaving::Interleaving;
use countersign_tests::{App, Setup};
use serde_json::json;

use super::{etag, resources, send};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_who_have_seen_the_same_version_the_later_is_refused() {
    let interleaving = Arc::<Interleaving>::default();
    let hook = interleaving.clone();
    let app = App::with(Setup {
        hook: Some(hook),
        ..Setup::with_people()
    })
    .await;
    let ada = app.sign_in("ada").await;
    for (operation, (path, method, body)) in [
        "admin.clients.update",
        "admin.administrators.update",
        "admin.modules.replace",
        "admin.token_policy.replace",
    ]
    .into_iter()
    .zip(resources(&app).await)
    {
        let careful = ada.clone().with("if-match", &etag(&ada, &path).await);
        let (other, there, how, what) =
            (careful.clone(), path.clone(), method.clone(), body.clone());
        interleaving.expect(operation, async move {
            send(&other, &how, &there, &what).await.fine();
        });
        let late = send(&careful, &method, &path, &body).await;
        late.problem(412, "stale");
        assert!(interleaving.has_happened());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_who_have_seen_the_same_version_one_wins() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = of_client("login_client", "");
    let careful = ada.clone().with("if-match", &etag(&ada, &path).await);
    let calls: Vec<_> = (0..8)
        .map(|number| {
            let (careful, path) = (careful.clone(), path.clone());
            let body = json!({"name": format!("by number {number}")});
            tokio::spawn(async move { (careful.patch(&path, &body).await, body) })
        })
        .collect();
    let mut won = Vec::new();
    for call in calls {
        let (reply, body) = call.await.unwrap();
        if reply.status == 200 {
            won.push(body["name"].clone());
        } else {
            reply.problem(412, "stale");
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(view(&ada, "login_client").await["name"], won[0]);
    assert_eq!(
        ada.audit("action=admin.clients.update&outcome=applied")
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn a_version_that_the_machine_api_has_passed_is_stale_here() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = of_client("login_client", "");
    let careful = ben.clone().with("if-match", &etag(&ben, &path).await);
    let given = [("for_client_id", "login_client"), ("features", "[]")];
    app.owner().post("/clients/set_features", &given).await.ok();
    careful
        .patch(&path, &json!({"enabled": false}))
        .await
        .problem(412, "stale");
    let regenerated = regenerate(&careful, "login_client", &ben.next_code(), &json!({})).await;
    regenerated.problem(412, "stale");
    assert_eq!(view(&ben, "login_client").await["enabled"], true);
}
