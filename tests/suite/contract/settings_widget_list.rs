//! View Published Settings for an Application.

use std::collections::BTreeSet;

use countersign_tests::machine_api::{
    Way, assert_missing, assert_owners_only, assert_takes_known_ids_only,
};
use countersign_tests::published::{PUBLISHED, newest_file, version_file};
use countersign_tests::{APPLICATION, App};
use serde_json::json;

const LIST: &str = "/settings/widget/list";
const NO_SUCH: &str = "there is no such published version of this client";

/// The paths that a client with these versions has.
fn paths(client: &str, versions: &[String]) -> Vec<String> {
    let newest = ["json", "js"].map(|kind| newest_file(client, kind));
    let versions = versions.iter().map(|version| version_file(client, version));
    newest.into_iter().chain(versions).collect()
}

/// A server where two clients have published, with their versions.
async fn app_with_two() -> (App, [Vec<String>; 2]) {
    let app = App::start().await;
    let mut versions = [const { Vec::new() }; 2];
    for (client, versions) in [PUBLISHED, "owner"].into_iter().zip(&mut versions) {
        app.choose(client, &["minimum_age"], &json!({})).await;
        *versions = app.publish_times(client, 2).await;
    }
    (app, versions)
}

#[tokio::test]
async fn a_client_s_files_are_its_newest_version_twice_and_then_every_version() {
    let app = App::start().await;
    app.choose(PUBLISHED, &["minimum_age"], &json!({})).await;
    let first = app.publish(PUBLISHED).await;
    let second = app.publish(PUBLISHED).await;
    let stem = format!("/widget_data/settings/{APPLICATION}/{PUBLISHED}");
    let wanted = format!(
        r#"{{"results":["{stem}.json","{stem}.js","{stem}/{first}.json","{stem}/{second}.json"],"stat":"ok"}}"#
    );
    for way in Way::ALL {
        for given in [&[][..], &[("for_client_id", PUBLISHED)]] {
            let reply = way.send(&app.owner(), LIST, given).await;
            reply.ok();
            assert_eq!(reply.body, wanted, "{way:?}");
        }
        let given = [("for_client_id", PUBLISHED), ("version", &first)];
        let reply = way.send(&app.owner(), LIST, &given).await;
        let wanted = format!(r#"{{"results":["{stem}/{first}.json"],"stat":"ok"}}"#);
        assert_eq!(reply.body, wanted, "{way:?}");
    }
}

#[tokio::test]
async fn nothing_published_is_an_empty_list() {
    let app = App::start().await;
    let empty = r#"{"results":[],"stat":"ok"}"#;
    for given in [&[][..], &[("for_client_id", PUBLISHED)]] {
        assert_eq!(app.owner().post(LIST, given).await.body, empty);
    }
    app.choose(PUBLISHED, &["minimum_age"], &json!({})).await;
    app.publish_times(PUBLISHED, 2).await;
    app.unpublish(PUBLISHED, None).await.ok();
    for given in [&[][..], &[("for_client_id", PUBLISHED)]] {
        assert_eq!(app.owner().post(LIST, given).await.body, empty);
    }
}

#[tokio::test]
async fn the_application_s_files_are_those_of_its_clients() {
    let (app, [one, other]) = app_with_two().await;
    let (one, other) = (paths(PUBLISHED, &one), paths("owner", &other));
    assert_eq!(app.files(&[("for_client_id", PUBLISHED)]).await, one);
    assert_eq!(app.files(&[("for_client_id", "owner")]).await, other);
    let all: BTreeSet<_> = app.files(&[]).await.into_iter().collect();
    assert_eq!(all, one.into_iter().chain(other).collect());
}

#[tokio::test]
async fn every_listed_path_leads_to_a_file() {
    let (app, _) = app_with_two().await;
    let files = app.files(&[]).await;
    assert_eq!(files.len(), 8);
    for path in files {
        assert_eq!(app.read(&path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn another_application_s_files_are_never_listed() {
    let (app, _) = app_with_two().await;
    let foreigner = app.client("foreigner");
    assert_eq!(foreigner.post(LIST, &[]).await.ok()["results"], json!([]));
    let choice = [
        ("key", "jump_publish_settings"),
        ("value", r#"["minimum_age"]"#),
    ];
    foreigner.post("/settings/set", &choice).await.ok();
    let itself = [("for_client_id", "foreigner")];
    foreigner
        .post("/settings/widget/publish", &itself)
        .await
        .ok();
    let own = foreigner.post(LIST, &[]).await.ok();
    assert_eq!(own["results"].as_array().unwrap().len(), 3);
    for path in app.files(&[]).await {
        assert!(path.contains(APPLICATION), "{path}");
    }
    let reply = foreigner.post(LIST, &[("for_client_id", PUBLISHED)]).await;
    reply.invalid("for_client_id");
}

#[tokio::test]
async fn a_version_without_its_client_is_a_missing_argument() {
    let (app, [versions, _]) = app_with_two().await;
    let given = [("version", versions[0].as_str())];
    assert_missing(&app, LIST, &given, "for_client_id").await;
}

#[tokio::test]
async fn a_version_that_is_none_of_the_client_s_is_an_error_that_says_so() {
    let (app, [mine, others]) = app_with_two().await;
    app.unpublish(PUBLISHED, Some(&mine[0])).await.ok();
    for version in ["", "newest", &others[0], &mine[0], &mine[1][..35]] {
        let given = [("for_client_id", PUBLISHED), ("version", version)];
        let reply = app.owner().post(LIST, &given).await;
        assert_eq!(reply.invalid("version"), NO_SUCH, "{version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_versions_are_listed() {
    let app = App::start().await;
    app.choose(PUBLISHED, &["n"], &json!({"n": "1"})).await;
    let versions = app.publish_times(PUBLISHED, 1_000).await;
    let wanted = paths(PUBLISHED, &versions);
    assert_eq!(app.files(&[]).await, wanted);
    assert_eq!(app.files(&[("for_client_id", PUBLISHED)]).await, wanted);
    // They go as they came.
    app.unpublish(PUBLISHED, None).await.ok();
    assert_eq!(app.files(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn only_files_of_the_application_s_clients_are_listed() {
    let app = App::start().await;
    assert_takes_known_ids_only(&app, LIST, "for_client_id", &[]).await;
}

#[tokio::test]
async fn only_owners_may_list() {
    let (app, _) = app_with_two().await;
    assert_owners_only(&app, LIST, &[]).await;
    assert_owners_only(&app, LIST, &[("for_client_id", PUBLISHED)]).await;
}
