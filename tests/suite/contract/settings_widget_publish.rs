//! Publish Settings.

use std::collections::BTreeSet;

use countersign_tests::machine_api::{
    Way, assert_missing, assert_owners_only, assert_takes_known_ids_only,
};
use countersign_tests::published::{PUBLISHED, newest_file, version_file};
use countersign_tests::{App, Reply};
use serde_json::{Value, json};

const PUBLISH: &str = "/settings/widget/publish";
const OF: (&str, &str) = ("for_client_id", PUBLISHED);
const WITH_SETTINGS: [(&str, &str); 2] = [OF, ("include_settings", "true")];

/// The version in a reply, which has the shape of a UUID.
#[track_caller]
fn version_in(reply: &Reply) -> String {
    let reply = reply.ok();
    let version = reply["results"]["janrain_settings_version"]
        .as_str()
        .unwrap();
    let groups: Vec<_> = version.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12], "{version}");
    let is_hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    assert!(version.bytes().all(is_hexadecimal), "{version}");
    version.to_owned()
}

/// Returns the published settings of a client that sees `a`, `b` and `minimum_age`, for this choice.
async fn published(app: &App, choice: &str) -> Value {
    let items = json!({"a": "1", "b": "2", "jump_publish_settings": choice});
    app.give(PUBLISHED, &items).await;
    let reply = app.owner().post(PUBLISH, &WITH_SETTINGS).await.ok();
    let mut results = reply["results"].clone();
    results
        .as_object_mut()
        .unwrap()
        .remove("janrain_settings_version")
        .unwrap();
    results
}

async fn refused(app: &App) -> String {
    let why = app.try_publish(PUBLISHED).await.invalid("for_client_id");
    assert_eq!(app.files(&[]).await, Vec::<String>::new());
    assert_eq!(app.read(&newest_file(PUBLISHED, "json")).await.status, 404);
    why
}

#[tokio::test]
async fn the_reply_is_the_version_and_the_settings_if_asked_for() {
    let app = App::start().await;
    app.choose(PUBLISHED, &["b", "a"], &json!({"a": "1", "b": "\"ü\""}))
        .await;
    for way in Way::ALL {
        for without in [&[OF][..], &[OF, ("include_settings", "false")]] {
            let reply = way.send(&app.owner(), PUBLISH, without).await;
            let version = version_in(&reply);
            let wanted =
                format!(r#"{{"results":{{"janrain_settings_version":"{version}"}},"stat":"ok"}}"#);
            assert_eq!(reply.body, wanted, "{way:?}");
        }
        let reply = way.send(&app.owner(), PUBLISH, &WITH_SETTINGS).await;
        let version = version_in(&reply);
        let wanted = format!(
            r#"{{"results":{{"janrain_settings_version":"{version}","a":"1","b":"\"ü\""}},"stat":"ok"}}"#
        );
        assert_eq!(reply.body, wanted, "{way:?}");
    }
}

#[tokio::test]
async fn every_version_is_another() {
    let app = App::start().await;
    app.choose(PUBLISHED, &["minimum_age"], &json!({})).await;
    app.choose("owner", &["minimum_age"], &json!({})).await;
    // The clock stands still meanwhile.
    let mut versions = app.publish_times(PUBLISHED, 10).await;
    versions.extend(app.publish_times("owner", 10).await);
    assert_eq!(versions.iter().collect::<BTreeSet<_>>().len(), 20);
}

#[tokio::test]
async fn values_are_the_client_s_else_the_application_s_and_keys_without_one_are_left_out() {
    let app = App::start().await;
    let keys = ["minimum_age", "größe", "own", "empty", "nobody's"];
    let items = json!({"minimum_age": "21", "own": "mine", "empty": "", "not chosen": "x"});
    app.choose(PUBLISHED, &keys, &items).await;
    let version = app.publish(PUBLISHED).await;
    let wanted = json!({"janrain_settings_version": version, "minimum_age": "21", "größe": "1.5", "own": "mine", "empty": ""});
    assert_eq!(app.newest(PUBLISHED).await, wanted);
    app.choose(PUBLISHED, &["nobody's"], &json!({})).await;
    let version = app.publish(PUBLISHED).await;
    assert_eq!(
        app.newest(PUBLISHED).await,
        json!({"janrain_settings_version": version})
    );
}

#[tokio::test]
async fn a_choice_is_a_json_array_or_keys_between_commas() {
    let app = App::start().await;
    let three = json!({"a": "1", "b": "2", "minimum_age": "13"});
    for choice in [
        r#"["a","b","minimum_age"]"#,
        r#" [ "minimum_age" , "a", "b", "a" ] "#,
        "a,b,minimum_age",
        " minimum_age , a,b,,a, ",
        "minimum_age,\n a,\n b",
    ] {
        assert_eq!(published(&app, choice).await, three, "{choice}");
    }
    for choice in [r#"["a"]"#, "a", "a,"] {
        assert_eq!(published(&app, choice).await, json!({"a": "1"}), "{choice}");
    }
}

#[tokio::test]
async fn without_a_choice_nothing_is_published_and_the_error_says_so() {
    let app = App::start().await;
    let why = refused(&app).await;
    assert!(why.contains("jump_publish_settings"), "{why}");
    assert!(why.contains("missing"), "{why}");
    for nothing in ["", " ", "[]", " [ ] ", ",", " , ,"] {
        app.give(PUBLISHED, &json!({"jump_publish_settings": nothing}))
            .await;
        let why = refused(&app).await;
        assert!(
            why.contains("jump_publish_settings names no settings"),
            "{nothing}: {why}"
        );
    }
}

#[tokio::test]
async fn a_choice_that_is_broken_is_refused() {
    let app = App::start().await;
    let too_long = format!("a,{}", "k".repeat(256));
    for broken in [
        "[",
        r#"["a""#,
        r#"["a",]"#,
        r#"["a"] b"#,
        "[a]",
        "[1]",
        "[null]",
        r#"[["a"]]"#,
        r#"[""]"#,
        &too_long,
    ] {
        app.give(PUBLISHED, &json!({"jump_publish_settings": broken}))
            .await;
        let why = refused(&app).await;
        assert!(!why.is_empty(), "{broken}");
    }
}

#[tokio::test]
async fn later_changes_of_settings_do_not_alter_a_snapshot() {
    let app = App::start().await;
    app.choose(PUBLISHED, &["minimum_age", "own"], &json!({"own": "mine"}))
        .await;
    let version = app.publish(PUBLISHED).await;
    let wanted = json!({"janrain_settings_version": version, "minimum_age": "13", "own": "mine"});
    let application = [("key", "minimum_age"), ("value", "99")];
    let own = [OF, ("key", "own")];
    let choice = [OF, ("key", "jump_publish_settings")];
    let owner = app.owner();
    owner.post("/settings/set_default", &application).await.ok();
    owner.post("/settings/delete", &own).await.ok();
    owner.post("/settings/delete", &choice).await.ok();
    assert_eq!(app.newest(PUBLISHED).await, wanted);
    let file = app.read(&version_file(PUBLISHED, &version)).await;
    assert_eq!(file.json(), wanted);
    let view = owner.post("/settings/widget/get", &[OF]).await.ok();
    assert_eq!(view["results"], wanted);
}

#[tokio::test]
async fn a_setting_can_not_pass_itself_off_as_the_version() {
    let app = App::start().await;
    let name = "janrain_settings_version";
    app.choose(
        PUBLISHED,
        &[name, "own"],
        &json!({name: "forged", "own": "1"}),
    )
    .await;
    let reply = app.owner().post(PUBLISH, &WITH_SETTINGS).await;
    let version = version_in(&reply);
    let file = app.read(&newest_file(PUBLISHED, "json")).await;
    for body in [&reply.body, &file.body] {
        assert_eq!(body.matches(name).count(), 1, "{body}");
        assert!(body.contains(&version), "{body}");
    }
}

#[tokio::test]
async fn more_than_a_snapshot_can_hold_is_refused_and_not_a_fault() {
    let app = App::start().await;
    let half = "x".repeat(200_000);
    app.choose(PUBLISHED, &["mine", "all's"], &json!({"mine": half}))
        .await;
    let all = [("key", "all's"), ("value", half.as_str())];
    app.owner().post("/settings/set_default", &all).await.ok();
    let why = refused(&app).await;
    assert!(why.contains("bytes"), "{why}");
}

#[tokio::test]
async fn include_settings_is_true_or_false() {
    let app = App::start().await;
    app.choose(PUBLISHED, &["minimum_age"], &json!({})).await;
    for text in ["", "yes", "1", "TRUE"] {
        let given = [OF, ("include_settings", text)];
        let reply = app.owner().post(PUBLISH, &given).await;
        reply.invalid("include_settings");
    }
    assert_eq!(app.files(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn only_settings_of_the_application_s_clients_are_published() {
    let app = App::start().await;
    assert_takes_known_ids_only(&app, PUBLISH, "for_client_id", &[]).await;
}

#[tokio::test]
async fn the_client_must_be_named() {
    let app = App::start().await;
    app.choose("owner", &["minimum_age"], &json!({})).await;
    let rest = [("include_settings", "true")];
    assert_missing(&app, PUBLISH, &rest, "for_client_id").await;
    assert_eq!(app.files(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn only_owners_may_publish() {
    let app = App::start().await;
    app.choose(PUBLISHED, &["minimum_age"], &json!({})).await;
    assert_owners_only(&app, PUBLISH, &[OF]).await;
    assert_eq!(app.files(&[]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_caller_that_chose_nothing_hears_of_its_own_setting() {
    let app = App::start().await;
    let itself = [("for_client_id", "owner")];
    let why = app
        .owner()
        .post("/settings/widget/publish", &itself)
        .await
        .invalid("for_client_id");
    assert_eq!(
        why,
        "its setting jump_publish_settings, which names what to publish, is missing"
    );
}
