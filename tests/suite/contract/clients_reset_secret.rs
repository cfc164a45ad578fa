//! Reset a Client Secret.

use std::time::Duration;

use countersign_tests::machine_api::{
    Way, assert_missing, assert_not_admitted, assert_owners_only, assert_takes_known_ids_only,
    assert_unchanged, assert_unknown, assert_works, clients, is_secret, listed, shown,
};
use countersign_tests::{App, Caller};

const RESET: &str = "/clients/reset_secret";
const HOUR: Duration = Duration::from_hours(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Resets a client's secret and gives back a caller with the new one.
async fn reset(app: &App, id: &str, hours_to_live: Option<&str>) -> Caller {
    let mut given = vec![("for_client_id", id)];
    given.extend(hours_to_live.map(|hours| ("hours_to_live", hours)));
    let reply = app.owner().post(RESET, &given).await.ok();
    app.caller(id, reply["new_secret"].as_str().unwrap())
}

#[tokio::test]
async fn a_client_gets_a_new_secret_that_works_and_is_listed_and_is_otherwise_the_same() {
    let app = App::start().await;
    let (_, id) = app.new_client(&["direct_access"]).await;
    let mut wanted = clients(&app).await;
    for (way, hours) in Way::ALL.into_iter().zip(["0", "1", "24", "167", "168"]) {
        let given = [("for_client_id", id.as_str()), ("hours_to_live", hours)];
        let reply = way.send(&app.owner(), RESET, &given).await;
        assert_eq!(
            shown(&reply),
            r#"{"new_secret":"<new_secret>","stat":"ok"}"#,
            "{way:?}"
        );
        let secret = reply.ok()["new_secret"].take();
        assert!(is_secret(secret.as_str().unwrap()), "{way:?}");
        assert_works(&app.caller(&id, secret.as_str().unwrap())).await;
        let changed = wanted.iter_mut().find(|client| client["client_id"] == *id);
        let old = std::mem::replace(&mut changed.unwrap()["client_secret"], secret);
        assert_unchanged(&app, &wanted).await;
        assert!(
            listed(&app, &id, "client_secret").await != old,
            "the secret is the old one"
        );
    }
}

#[tokio::test]
async fn without_hours_to_live_and_with_0_the_old_secret_ends_at_once() {
    let app = App::start().await;
    for hours in [None, Some("0")] {
        let (old, id) = app.new_client(&["direct_access"]).await;
        let new = reset(&app, &id, hours).await;
        assert_unknown(&old).await;
        assert_works(&new).await;
    }
}

#[tokio::test]
async fn both_secrets_work_until_the_hours_are_over_to_the_millisecond() {
    for hours in [1, 24, 168] {
        let app = App::start().await;
        let (old, id) = app.new_client(&["direct_access"]).await;
        let new = reset(&app, &id, Some(&hours.to_string())).await;
        assert_works(&old).await;
        assert_works(&new).await;
        app.advance(HOUR * (hours - 1));
        app.advance(HOUR.checked_sub(MILLISECOND).unwrap());
        assert_works(&old).await;
        assert_works(&new).await;
        app.advance(MILLISECOND);
        assert_unknown(&old).await;
        assert_works(&new).await;
    }
}

#[tokio::test]
async fn a_second_reset_keeps_only_the_latest_old_secret() {
    let app = App::start().await;
    let (first, id) = app.new_client(&["direct_access"]).await;
    let second = reset(&app, &id, Some("168")).await;
    assert_works(&first).await;
    app.advance(HOUR);
    let third = reset(&app, &id, Some("2")).await;
    assert_unknown(&first).await;
    assert_works(&second).await;
    app.advance(HOUR * 2);
    assert_unknown(&second).await;
    assert_works(&third).await;
}

#[tokio::test]
async fn a_reset_without_grace_ends_an_earlier_grace_period_too() {
    let app = App::start().await;
    let (first, id) = app.new_client(&["direct_access"]).await;
    let second = reset(&app, &id, Some("168")).await;
    let third = reset(&app, &id, None).await;
    assert_unknown(&first).await;
    assert_unknown(&second).await;
    assert_works(&third).await;
}

#[tokio::test]
async fn an_old_secret_may_do_what_the_client_may_do_now() {
    let app = App::start().await;
    let (old, id) = app.new_client(&["owner"]).await;
    reset(&app, &id, Some("24")).await;
    old.post("/clients/list", &[]).await.ok();
    let given = [("for_client_id", id.as_str()), ("features", "[]")];
    app.owner().post("/clients/set_features", &given).await.ok();
    assert_not_admitted(&old).await;
}

#[tokio::test]
async fn other_changes_do_not_end_a_grace_period() {
    let app = App::start().await;
    let (old, id) = app.new_client(&["direct_access"]).await;
    let new = reset(&app, &id, Some("24")).await;
    for (path, argument, value) in [
        ("/clients/set_description", "description", "renamed"),
        ("/clients/set_features", "features", r#"["login_client"]"#),
        ("/clients/set_whitelist", "whitelist", r#"["127.0.0.1"]"#),
    ] {
        let given = [("for_client_id", id.as_str()), (argument, value)];
        app.owner().post(path, &given).await.ok();
        assert_works(&old).await;
        assert_works(&new).await;
    }
    app.advance(HOUR * 24);
    assert_unknown(&old).await;
    assert_works(&new).await;
}

#[tokio::test]
async fn an_owner_can_reset_its_own_secret_by_name() {
    let app = App::start().await;
    let old = app.owner();
    let new = reset(&app, "owner", None).await;
    assert_unknown(&old).await;
    new.post("/clients/list", &[]).await.ok();
}

#[tokio::test]
async fn a_new_secret_does_not_enable_a_client() {
    let app = App::start().await;
    let new = reset(&app, "disabled", Some("24")).await;
    assert_unknown(&new).await;
    assert_unknown(&app.client("disabled")).await;
}

#[tokio::test]
async fn hours_to_live_are_0_to_168() {
    let app = App::start().await;
    let before = clients(&app).await;
    for hours in ["169", "65536", "-1"] {
        let given = [("for_client_id", "direct_access"), ("hours_to_live", hours)];
        app.owner()
            .post(RESET, &given)
            .await
            .invalid("hours_to_live");
    }
    assert_unchanged(&app, &before).await;
    assert_works(&app.client("direct_access")).await;
}

#[tokio::test]
async fn only_clients_of_the_application_can_be_reset() {
    let app = App::start().await;
    assert_takes_known_ids_only(&app, RESET, "for_client_id", &[]).await;
    assert_works(&app.client("foreigner")).await;
}

#[tokio::test]
async fn the_client_must_be_named_the_caller_is_not_taken_instead() {
    let app = App::start().await;
    assert_missing(&app, RESET, &[], "for_client_id").await;
    assert_missing(&app, RESET, &[("hours_to_live", "24")], "for_client_id").await;
    assert_works(&app.owner()).await;
}

#[tokio::test]
async fn only_owners_may_reset_even_their_own() {
    let app = App::start().await;
    for id in ["login_client", "owner", "featureless"] {
        assert_owners_only(&app, RESET, &[("for_client_id", id)]).await;
    }
}
