//! Delete Published Settings.

use countersign_tests::App;
use countersign_tests::machine_api::{
    Way, assert_missing, assert_owners_only, assert_takes_known_ids_only,
};
use countersign_tests::published::{PUBLISHED, assert_not_found, newest_file, version_file};
use serde_json::{Value, json};

const DELETE: &str = "/settings/widget/delete";
const OF: (&str, &str) = ("for_client_id", PUBLISHED);
const COMMIT: (&str, &str) = ("commit", "true");
const DELETED: &str = r#"{"results":"The settings files were deleted","stat":"ok"}"#;
const NOTHING: &str =
    r#"{"results":"Nothing is published, so nothing would be deleted","stat":"ok"}"#;
const NO_SUCH: &str = "there is no such published version of this client";

/// A server where three versions are published.
async fn app_with_three() -> (App, Vec<String>) {
    let app = App::start().await;
    app.choose(PUBLISHED, &["minimum_age"], &json!({})).await;
    let versions = app.publish_times(PUBLISHED, 3).await;
    (app, versions)
}

/// Makes sure that just these versions are listed and served, the last of them as the newest.
async fn assert_left(app: &App, versions: &[&String], gone: &[&String]) {
    let newest = ["json", "js"].map(|kind| newest_file(PUBLISHED, kind));
    let of_versions = versions
        .iter()
        .map(|version| version_file(PUBLISHED, version));
    let mut wanted: Vec<_> = newest.iter().cloned().chain(of_versions).collect();
    if let Some(last) = versions.last() {
        let newest = app.newest(PUBLISHED).await;
        assert_eq!(&newest["janrain_settings_version"], *last);
    } else {
        wanted.clear();
        for path in newest {
            assert_not_found(&app.read(&path).await, &path);
        }
    }
    assert_eq!(app.files(&[OF]).await, wanted);
    for path in wanted {
        assert_eq!(app.read(&path).await.status, 200, "{path}");
    }
    for version in gone {
        let path = version_file(PUBLISHED, version);
        assert_not_found(&app.read(&path).await, &path);
    }
}

#[tokio::test]
async fn without_commit_nothing_is_deleted_and_the_text_says_what_would_be() {
    let (app, versions) = app_with_three().await;
    for way in Way::ALL {
        for given in [&[OF][..], &[OF, ("commit", "false")]] {
            let reply = way.send(&app.owner(), DELETE, given).await;
            reply.ok();
            let all = versions.join(", ");
            let wanted = format!(
                r#"{{"results":"Without commit=true nothing was deleted; it would be: {all}","stat":"ok"}}"#
            );
            assert_eq!(reply.body, wanted, "{way:?}");
        }
        let given = [OF, ("version", versions[1].as_str())];
        let reply = way.send(&app.owner(), DELETE, &given).await.ok();
        let text = reply["results"].as_str().unwrap();
        for version in &versions {
            assert_eq!(text.contains(version), *version == versions[1], "{text}");
        }
    }
    assert_left(&app, &versions.iter().collect::<Vec<_>>(), &[]).await;
}

#[tokio::test]
async fn with_commit_all_versions_are_deleted() {
    for way in Way::ALL {
        let (app, versions) = app_with_three().await;
        let reply = way.send(&app.owner(), DELETE, &[OF, COMMIT]).await;
        reply.ok();
        assert_eq!(reply.body, DELETED, "{way:?}");
        assert_left(&app, &[], &versions.iter().collect::<Vec<_>>()).await;
        // The head alone is still there: it knows up to which version nothing counts.
        let left = Value::from(app.dump("published").await).to_string();
        assert!(!left.contains("minimum_age"), "{left}");
        for version in &versions[..2] {
            assert!(!left.contains(version), "{left}");
        }
    }
}

#[tokio::test]
async fn without_the_newest_the_one_before_it_is_the_newest() {
    let (app, versions) = app_with_three().await;
    let [one, two, three] = [&versions[0], &versions[1], &versions[2]];
    let reply = app.unpublish(PUBLISHED, Some(three)).await;
    assert_eq!(reply.body, DELETED);
    assert_left(&app, &[one, two], &[three]).await;
    app.unpublish(PUBLISHED, Some(two)).await.ok();
    assert_left(&app, &[one], &[two, three]).await;
    app.unpublish(PUBLISHED, Some(one)).await.ok();
    assert_left(&app, &[], &[one, two, three]).await;
}

#[tokio::test]
async fn without_an_older_one_the_newest_stays() {
    let (app, versions) = app_with_three().await;
    let [one, two, three] = [&versions[0], &versions[1], &versions[2]];
    app.unpublish(PUBLISHED, Some(one)).await.ok();
    assert_left(&app, &[two, three], &[one]).await;
    app.unpublish(PUBLISHED, Some(two)).await.ok();
    assert_left(&app, &[three], &[one, two]).await;
}

#[tokio::test]
async fn what_was_deleted_does_not_come_back_with_the_next_publication() {
    let (app, versions) = app_with_three().await;
    for delete in [Some(versions[2].as_str()), None] {
        app.unpublish(PUBLISHED, delete).await.ok();
    }
    let next = app.publish(PUBLISHED).await;
    assert_left(&app, &[&next], &versions.iter().collect::<Vec<_>>()).await;
    app.unpublish(PUBLISHED, Some(&next)).await.ok();
    assert_left(&app, &[], &[&next, &versions[0]]).await;
    let last = app.publish(PUBLISHED).await;
    assert_left(&app, &[&last], &[&next]).await;
}

#[tokio::test]
async fn where_nothing_is_published_nothing_is_deleted() {
    let app = App::start().await;
    assert_eq!(app.owner().post(DELETE, &[OF]).await.body, NOTHING);
    app.unpublish(PUBLISHED, None).await.ok();
    app.choose(PUBLISHED, &["minimum_age"], &json!({})).await;
    app.publish(PUBLISHED).await;
    app.unpublish(PUBLISHED, None).await.ok();
    assert_eq!(app.owner().post(DELETE, &[OF]).await.body, NOTHING);
    app.unpublish(PUBLISHED, None).await.ok();
}

#[tokio::test]
async fn a_version_that_is_none_of_the_client_s_is_an_error_that_says_so() {
    let (app, mut versions) = app_with_three().await;
    app.choose("owner", &["minimum_age"], &json!({})).await;
    let other = app.publish("owner").await;
    let deleted = versions.remove(1);
    app.unpublish(PUBLISHED, Some(&deleted)).await.ok();
    for version in ["", "newest", &other, &deleted, &versions[1][..35]] {
        for commit in ["true", "false"] {
            let given = [OF, ("version", version), ("commit", commit)];
            let reply = app.owner().post(DELETE, &given).await;
            assert_eq!(reply.invalid("version"), NO_SUCH, "{version}");
        }
    }
    assert_left(&app, &versions.iter().collect::<Vec<_>>(), &[&deleted]).await;
    assert_eq!(
        app.newest("owner").await["janrain_settings_version"],
        other.as_str()
    );
}

#[tokio::test]
async fn commit_is_true_or_false() {
    let (app, versions) = app_with_three().await;
    for text in ["", "yes", "1", "True"] {
        let reply = app.owner().post(DELETE, &[OF, ("commit", text)]).await;
        reply.invalid("commit");
    }
    assert_left(&app, &versions.iter().collect::<Vec<_>>(), &[]).await;
}

#[tokio::test]
async fn only_files_of_the_application_s_clients_are_deleted() {
    let app = App::start().await;
    for commit in ["true", "false"] {
        let given = [("commit", commit)];
        assert_takes_known_ids_only(&app, DELETE, "for_client_id", &given).await;
    }
}

#[tokio::test]
async fn the_client_must_be_named() {
    let app = App::start().await;
    assert_missing(&app, DELETE, &[COMMIT], "for_client_id").await;
}

#[tokio::test]
async fn only_owners_may_delete() {
    let (app, versions) = app_with_three().await;
    assert_owners_only(&app, DELETE, &[OF, COMMIT]).await;
    assert_left(&app, &versions.iter().collect::<Vec<_>>(), &[]).await;
}
