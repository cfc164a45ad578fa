//! Resets of an administrator's password or authenticator: assertions that hold for both.

use serde_json::json;

use crate::App;
use crate::administrators::{
    NOT_THERE, assert_not_let_in, assert_signed_in, assert_signed_out, at, done, id_of, link,
    state_of,
};

/// The factor of an administrator that is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    Authenticator,
    Password,
}

impl Factor {
    /// Returns the path of a reset.
    fn reset(self, id: &str) -> String {
        let what = match self {
            Self::Authenticator => "mfa",
            Self::Password => "password",
        };
        format!("{}/reset-{what}", at(id))
    }

    /// Returns the ID of the operation.
    fn operation(self) -> &'static str {
        match self {
            Self::Authenticator => "admin.administrators.reset_mfa",
            Self::Password => "admin.administrators.reset_password",
        }
    }

    /// Returns the field that the audit shows as changed.
    fn field(self) -> &'static str {
        match self {
            Self::Authenticator => "has_mfa",
            Self::Password => "has_password",
        }
    }
}

/// Asserts that the old factor stops at once, and that a link sets up another.
pub async fn the_old_one_stops_at_once_and_a_link_sets_up_another(factor: Factor) {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let reply = ada.post(&factor.reset(&ben.id), &json!({})).await;
    let mut answer = reply.fine();
    let link = link(&answer);
    let url = answer["invitation_url"].take();
    assert!(url.as_str().unwrap() == format!("{}{link}", app.url()));
    assert_eq!(answer, json!({"invitation_url": null}), "and nothing else");
    assert_signed_out(&ben).await;
    assert_not_let_in(&app.ask_for_session(&app.credentials("ben")).await);
    assert_eq!(state_of(&ada, &ben.id).await, "pending_actions");
    let shown = app.stranger().get(&link, &[]).await.fine();
    assert_eq!(shown["totp"].is_object(), factor == Factor::Authenticator);
    assert_eq!(shown["chooses_password"], factor == Factor::Password);
    assert_signed_in(&ada).await;
}

/// Asserts that a second reset makes the first link void.
pub async fn a_second_reset_makes_the_first_link_void(factor: Factor) {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = factor.reset(&id_of(&ada, "ben").await);
    // A body is not needed.
    let first = link(&ada.send(reqwest::Method::POST, &path, None).await.fine());
    let second = link(&ada.post(&path, &json!({})).await.fine());
    assert!(first != second);
    let void = app.stranger().get(&first, &[]).await;
    void.problem(404, "not-found");
    app.stranger().get(&second, &[]).await.fine();
}

/// Asserts that nobody resets their own factor.
pub async fn nobody_resets_their_own(factor: Factor) {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let refused = ada.post(&factor.reset(&ada.id), &json!({})).await;
    assert_eq!(
        refused.problem(409, "own-reset"),
        "nobody resets their own password or authenticator; another administrator can"
    );
    assert_signed_in(&ada).await;
    assert_signed_in(&app.sign_in("ada").await).await;
}

/// Asserts that a stale version is not reset.
pub async fn a_version_that_is_gone_is_not_reset(factor: Factor) {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let tag = ada.get(&at(&ben.id)).await.header("etag").to_owned();
    ada.patch(&at(&ben.id), &json!({"name": "B"})).await.fine();
    let stale = ada.clone().with("if-match", &tag);
    let refused = stale.post(&factor.reset(&ben.id), &json!({})).await;
    refused.problem(412, "stale");
    assert_signed_in(&ben).await;
}

/// Asserts that a reset takes `manage_users`, and an administrator of the application.
pub async fn it_takes_manage_users_and_one_of_the_application(factor: Factor) {
    let app = App::with_people().await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    for name in ["cleo", "dora"] {
        let refused = app
            .sign_in(name)
            .await
            .post(&factor.reset(&ada.id), &json!({}))
            .await;
        refused.problem(403, "not-permitted");
    }
    for id in [fay.id.as_str(), "nobody", "-"] {
        let missing = ada.post(&factor.reset(id), &json!({})).await;
        assert_eq!(missing.problem(404, "not-found"), NOT_THERE);
    }
    let ben = id_of(&ada, "ben").await;
    let unfit = ada
        .post(&factor.reset(&ben), &json!({"password": "x"}))
        .await;
    assert_eq!(unfit.faults()[0].0, "/password");
    assert_signed_in(&ada).await;
    assert_signed_in(&fay).await;
    assert_eq!(state_of(&ada, &ben).await, "active");
}

/// Asserts that the reset is in the audit, without the link.
pub async fn it_is_audited_without_the_link(factor: Factor) {
    let app = App::with_people().await;
    let (ada, dora) = (app.sign_in("ada").await, app.sign_in("dora").await);
    let ben = id_of(&ada, "ben").await;
    let link = link(&ada.post(&factor.reset(&ben), &json!({})).await.fine());
    let events = done(&dora, factor.operation()).await;
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["actor"]["id"], ada.id);
    assert_eq!(events[0]["object"]["id"], ben);
    let lost = json!({"before": true, "after": false});
    assert_eq!(events[0]["changes"], json!({ factor.field(): lost }));
    let token = link.rsplit('/').next().unwrap();
    assert!(
        !json!(events).to_string().contains(token),
        "it tells the link"
    );
}
