//! Reset an Administrator's Authenticator.

use countersign_tests::App;
use countersign_tests::administrators::{
    NOT_THERE, assert_not_let_in, assert_signed_in, assert_signed_out, at, done, id_of, link,
    state_of,
};
use serde_json::json;

/// Returns the path of a reset.
fn reset(id: &str) -> String {
    format!("{}/reset-mfa", at(id))
}

#[tokio::test]
async fn the_old_one_stops_at_once_and_a_link_sets_up_another() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let reply = ada.post(&reset(&ben.id), &json!({})).await;
    let mut answer = reply.fine();
    let link = link(&answer);
    let url = answer["invitation_url"].take();
    assert!(url.as_str().unwrap() == format!("{}{link}", app.url()));
    assert_eq!(answer, json!({"invitation_url": null}), "and nothing else");
    assert_signed_out(&ben).await;
    assert_not_let_in(&app.ask_for_session(&app.credentials("ben")).await);
    assert_eq!(state_of(&ada, &ben.id).await, "pending_actions");
    let shown = app.stranger().get(&link, &[]).await.fine();
    assert_eq!(shown["totp"].is_object(), "mfa" == "mfa");
    assert_eq!(shown["chooses_password"], "mfa" == "password");
    assert_signed_in(&ada).await;
}

#[tokio::test]
async fn a_second_reset_makes_the_first_link_void() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = reset(&id_of(&ada, "ben").await);
    // A body is not needed.
    let first = link(&ada.send(reqwest::Method::POST, &path, None).await.fine());
    let second = link(&ada.post(&path, &json!({})).await.fine());
    assert!(first != second);
    let void = app.stranger().get(&first, &[]).await;
    void.problem(404, "not-found");
    app.stranger().get(&second, &[]).await.fine();
}

#[tokio::test]
async fn nobody_resets_their_own() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let refused = ada.post(&reset(&ada.id), &json!({})).await;
    assert_eq!(
        refused.problem(409, "own-reset"),
        "nobody resets their own password or authenticator; another administrator can"
    );
    assert_signed_in(&ada).await;
    assert_signed_in(&app.sign_in("ada").await).await;
}

#[tokio::test]
async fn a_version_that_is_gone_is_not_reset() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let tag = ada.get(&at(&ben.id)).await.header("etag").to_owned();
    ada.patch(&at(&ben.id), &json!({"name": "B"})).await.fine();
    let stale = ada.clone().with("if-match", &tag);
    let refused = stale.post(&reset(&ben.id), &json!({})).await;
    refused.problem(412, "stale");
    assert_signed_in(&ben).await;
}

#[tokio::test]
async fn it_takes_manage_users_and_one_of_the_application() {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    for name in ["cleo", "dora"] {
        let refused = app
            .sign_in(name)
            .await
            .post(&reset(&ada.id), &json!({}))
            .await;
        refused.problem(403, "not-permitted");
    }
    for id in [fay.id.as_str(), "nobody", "-"] {
        let missing = ada.post(&reset(id), &json!({})).await;
        assert_eq!(missing.problem(404, "not-found"), NOT_THERE);
    }
    let ben = id_of(&ada, "ben").await;
    let unfit = ada.post(&reset(&ben), &json!({"password": "x"})).await;
    assert_eq!(unfit.faults()[0].0, "/password");
    assert_signed_in(&ada).await;
    assert_signed_in(&fay).await;
    assert_eq!(state_of(&ada, &ben).await, "active");
}

#[tokio::test]
async fn it_is_audited_without_the_link() {
    let app = App::with_people().await;
    let (ada, dora) = (app.sign_in("ada").await, app.sign_in("dora").await);
    let ben = id_of(&ada, "ben").await;
    let link = link(&ada.post(&reset(&ben), &json!({})).await.fine());
    let events = done(&dora, "admin.administrators.reset_mfa").await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["actor"]["id"], ada.id);
    assert_eq!(events[0]["object"]["id"], ben);
    assert_eq!(
        events[0]["changes"],
        json!({"has_mfa": {"before": true, "after": false}})
    );
    let token = link.rsplit('/').next().unwrap();
    assert!(
        !json!(events).to_string().contains(token),
        "it tells the link"
    );
}
