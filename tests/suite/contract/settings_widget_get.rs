//! View Published Settings for a Client.

use countersign_tests::App;
use countersign_tests::machine_api::{
    Way, assert_missing, assert_owners_only, assert_takes_known_ids_only,
};
use countersign_tests::published::PUBLISHED;
use serde_json::json;

const GET: &str = "/settings/widget/get";
const OF: (&str, &str) = ("for_client_id", PUBLISHED);
const NOTHING: &str = "nothing is published for this client";
const NO_SUCH: &str = "there is no such published version of this client";

/// A server where three versions are published, whose only setting is their number.
async fn app_with_three() -> (App, Vec<String>) {
    let app = App::start().await;
    let mut versions = Vec::new();
    for number in ["1", "2", "3"] {
        app.choose(PUBLISHED, &["n"], &json!({"n": number})).await;
        versions.push(app.publish(PUBLISHED).await);
    }
    (app, versions)
}

async fn assert_no_such(app: &App, version: &str) {
    let reply = app.owner().post(GET, &[OF, ("version", version)]).await;
    assert_eq!(reply.invalid("version"), NO_SUCH, "{version}");
}

async fn assert_nothing(app: &App) {
    let reply = app.owner().post(GET, &[OF]).await;
    assert_eq!(reply.invalid("for_client_id"), NOTHING);
}

#[tokio::test]
async fn the_newest_version_is_answered_or_the_one_that_is_named() {
    let (app, versions) = app_with_three().await;
    for way in Way::ALL {
        for (version, number) in versions.iter().zip(["1", "2", "3"]) {
            let wanted = format!(
                r#"{{"results":{{"janrain_settings_version":"{version}","n":"{number}"}},"stat":"ok"}}"#
            );
            let given = [OF, ("version", version.as_str())];
            let reply = way.send(&app.owner(), GET, &given).await;
            assert_eq!(reply.body, wanted, "{way:?}");
            reply.ok();
            if number == "3" {
                assert_eq!(way.send(&app.owner(), GET, &[OF]).await.body, wanted);
            }
        }
    }
}

#[tokio::test]
async fn nothing_published_is_an_error_that_says_so() {
    let app = App::start().await;
    assert_nothing(&app).await;
    app.choose(PUBLISHED, &["minimum_age"], &json!({})).await;
    assert_nothing(&app).await;
    app.publish(PUBLISHED).await;
    app.unpublish(PUBLISHED, None).await.ok();
    assert_nothing(&app).await;
    // Another client's settings are none of its own.
    app.choose("owner", &["minimum_age"], &json!({})).await;
    app.publish("owner").await;
    assert_nothing(&app).await;
}

#[tokio::test]
async fn a_version_that_is_none_of_the_client_s_is_an_error_that_says_so() {
    let (app, versions) = app_with_three().await;
    app.choose("owner", &["minimum_age"], &json!({})).await;
    let other = app.publish("owner").await;
    for version in [
        "1",
        "newest",
        &other,
        &versions[2].to_uppercase(),
        &format!("{} ", versions[2]),
        &versions[2][..35],
        "00000000-0000-7000-8000-000000000000",
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
    ] {
        assert_no_such(&app, version).await;
    }
}

#[tokio::test]
async fn a_version_that_no_key_of_the_store_can_be_is_none_of_the_client_s_either() {
    let (app, _) = app_with_three().await;
    for version in ["", &"0".repeat(1_025), &"ü".repeat(5_000)] {
        assert_no_such(&app, version).await;
    }
}

#[tokio::test]
async fn a_deleted_version_is_gone_for_good() {
    let (app, versions) = app_with_three().await;
    app.unpublish(PUBLISHED, Some(&versions[2])).await.ok();
    assert_no_such(&app, &versions[2]).await;
    let newest = app.owner().post(GET, &[OF]).await.ok();
    assert_eq!(newest["results"]["n"], "2");
    app.unpublish(PUBLISHED, None).await.ok();
    for version in &versions {
        assert_no_such(&app, version).await;
    }
    let version = app.publish(PUBLISHED).await;
    let newest = app.owner().post(GET, &[OF]).await.ok();
    assert_eq!(newest["results"]["janrain_settings_version"], version);
    for version in &versions {
        assert_no_such(&app, version).await;
    }
}

#[tokio::test]
async fn only_settings_of_the_application_s_clients_are_shown() {
    let app = App::start().await;
    assert_takes_known_ids_only(&app, GET, "for_client_id", &[]).await;
    let version = [("version", "00000000-0000-7000-8000-000000000000")];
    assert_takes_known_ids_only(&app, GET, "for_client_id", &version).await;
}

#[tokio::test]
async fn the_client_must_be_named() {
    let app = App::start().await;
    app.choose("owner", &["minimum_age"], &json!({})).await;
    let version = app.publish("owner").await;
    assert_missing(&app, GET, &[], "for_client_id").await;
    let given = [("version", version.as_str())];
    assert_missing(&app, GET, &given, "for_client_id").await;
}

#[tokio::test]
async fn only_owners_may_look() {
    let (app, versions) = app_with_three().await;
    assert_owners_only(&app, GET, &[OF]).await;
    let given = [OF, ("version", versions[0].as_str())];
    assert_owners_only(&app, GET, &given).await;
}
