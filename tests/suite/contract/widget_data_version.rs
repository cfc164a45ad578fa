//! Read a version of a client's published settings.

use countersign_tests::published::{PUBLISHED, assert_not_found, version_file};
use countersign_tests::{APPLICATION, App};
use serde_json::json;

use super::widget_data_newest::{app_with, assert_for_any_site, assert_sent_once};

#[tokio::test]
async fn anyone_reads_any_version_as_it_was_published() {
    let app = App::start().await;
    let mut files = Vec::new();
    for number in ["1", "</script>"] {
        app.choose(PUBLISHED, &["n"], &json!({"n": number})).await;
        let version = app.publish(PUBLISHED).await;
        let value = number.replace('<', "\\u003c").replace('>', "\\u003e");
        let body = format!(r#"{{"janrain_settings_version":"{version}","n":"{value}"}}"#);
        files.push((version, body));
    }
    for (version, body) in files {
        let path = version_file(PUBLISHED, &version);
        let credentials = [("authorization", "Basic bm9ib2R5Om5vdGhpbmc=")];
        for headers in [&[][..], &credentials] {
            let reply = app.read_with(&path, headers).await;
            assert_eq!((reply.status, &reply.body), (200, &body));
            assert_eq!(reply.header("content-type"), "application/json");
            assert_for_any_site(&reply);
        }
    }
}

#[tokio::test]
async fn it_never_changes_and_who_has_it_already_does_not_get_it_again() {
    let (app, version) = app_with(&json!({"a": "1"})).await;
    let path = version_file(PUBLISHED, &version);
    let for_ever = "public, max-age=31536000, immutable";
    assert_sent_once(&app, &path, for_ever).await;
    let before = app.read(&path).await;
    app.give(PUBLISHED, &json!({"a": "2"})).await;
    app.publish(PUBLISHED).await;
    let after = app.read(&path).await;
    assert_eq!(before.body, after.body);
    assert_eq!(before.header("etag"), after.header("etag"));
    assert_sent_once(&app, &path, for_ever).await;
}

#[tokio::test]
async fn what_is_not_there_is_the_same_plain_404_whatever_is_wrong() {
    let (app, version) = app_with(&json!({"a": "1"})).await;
    app.choose("owner", &["minimum_age"], &json!({})).await;
    let other = app.publish("owner").await;
    let site = format!("/widget_data/settings/{APPLICATION}");
    let long = "0".repeat(3_000);
    for path in [
        format!("/widget_data/settings/app2bbbbbbbbbbbbbbbbbbbbbb/{PUBLISHED}/{version}.json"),
        format!("/widget_data/settings/{long}/{PUBLISHED}/{version}.json"),
        format!("{site}/nobody/{version}.json"),
        format!("{site}/foreigner/{version}.json"),
        format!("{site}/owner/{version}.json"),
        format!("{site}/{PUBLISHED}/{other}.json"),
        format!("{site}/{}/{version}.json", &long[..256]),
        format!("{site}/{PUBLISHED}/00000000-0000-7000-8000-000000000000.json"),
        format!("{site}/{PUBLISHED}/ffffffff-ffff-7fff-bfff-ffffffffffff.json"),
        format!("{site}/{PUBLISHED}/"),
        format!("{site}//{version}.json"),
        format!("{site}/{PUBLISHED}/{version}"),
        format!("{site}/{PUBLISHED}/{version}.js"),
        format!("{site}/{PUBLISHED}/{version}.JSON"),
        format!("{site}/{PUBLISHED}/{version}.json.json"),
        format!("{site}/{PUBLISHED}/{}.json", version.to_uppercase()),
        format!("{site}/{PUBLISHED}/{version}%20.json"),
        format!("{site}/{PUBLISHED}/../{PUBLISHED}/{version}.json"),
        format!("{site}/owner/..%2F{PUBLISHED}%2F{version}.json"),
        format!("{site}/{PUBLISHED}/%2e%2e/{version}.json"),
        format!("{site}/{PUBLISHED}/%2F{version}.json"),
        format!("{site}/{PUBLISHED}/{version}.json/"),
    ] {
        let wanted = (404, r#"{"message":"Not Found"}"#.to_owned());
        assert_eq!(app.read_raw(&path).await, wanted, "{path}");
    }
    let path = version_file(PUBLISHED, &version);
    assert_eq!(app.read_raw(&path).await.0, 200);
}

#[tokio::test]
async fn a_version_that_no_key_of_the_store_can_be_is_the_same_plain_404() {
    let (app, _) = app_with(&json!({"a": "1"})).await;
    for version in ["", &"0".repeat(1_025), &"%C3%BC".repeat(600)] {
        let path = version_file(PUBLISHED, version);
        assert_not_found(&app.read(&path).await, version);
    }
}

#[tokio::test]
async fn a_deleted_version_is_gone_also_for_those_who_hold_it() {
    let (app, first) = app_with(&json!({"a": "1"})).await;
    let second = app.publish(PUBLISHED).await;
    let path = version_file(PUBLISHED, &first);
    let held = app.read(&path).await;
    let held = [("if-none-match", held.header("etag"))];
    app.unpublish(PUBLISHED, Some(&first)).await.ok();
    assert_not_found(&app.read(&path).await, "deleted");
    assert_not_found(&app.read_with(&path, &held).await, "deleted, but held");
    let path = version_file(PUBLISHED, &second);
    assert_eq!(app.read(&path).await.status, 200);
}

#[tokio::test]
async fn all_versions_are_gone_with_all_and_with_their_client() {
    let (app, first) = app_with(&json!({"a": "1"})).await;
    let second = app.publish(PUBLISHED).await;
    app.unpublish(PUBLISHED, None).await.ok();
    let third = app.publish(PUBLISHED).await;
    for version in [first, second] {
        assert_not_found(&app.read(&version_file(PUBLISHED, &version)).await, "all");
    }
    let path = version_file(PUBLISHED, &third);
    assert_eq!(app.read(&path).await.status, 200);
    let given = [("client_id_for_deletion", PUBLISHED)];
    app.owner().post("/clients/delete", &given).await.ok();
    assert_not_found(&app.read(&path).await, "with its client");
}
