//! Read the newest published settings of a client, as JSON and as a script.

use std::process::{Command, Stdio};

use countersign_tests::published::{PUBLISHED, assert_not_found, newest_file};
use countersign_tests::{APPLICATION, App, Reply};
use serde_json::{Value, json};

/// Values with everything that means something to HTML or to JavaScript.
fn nasty() -> Value {
    json!({
        "script": "</script><script>alert(1)</script>",
        "comment": "<!-- <script> -->",
        "cdata": "]]>",
        "lines": "a\u{2028}b\u{2029}c\nd\re\u{0}",
        "quotes": "\"'`${1+1}\\ \\\" \\u003c",
        "entities": "&lt;/script&gt; & &amp;",
        "</script>&\u{2028}": "a key",
        "letters": "größe 🔑 \u{feff}",
        "window": "x",
    })
}

/// A server where these settings are published, and their version.
pub(super) async fn app_with(items: &Value) -> (App, String) {
    let app = App::start().await;
    let keys: Vec<_> = items
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    app.choose(PUBLISHED, &keys, items).await;
    let version = app.publish(PUBLISHED).await;
    (app, version)
}

/// Makes sure that a browser on any site may read it, and takes it for nothing else.
#[track_caller]
pub(super) fn assert_for_any_site(reply: &Reply) {
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(reply.header(name), value, "{reply:?}");
    }
}

/// Makes sure that who has a file already does not get it again.
pub(super) async fn assert_sent_once(app: &App, path: &str, freshness: &str) {
    let file = app.read(path).await;
    assert_eq!(
        (file.status, file.header("cache-control")),
        (200, freshness)
    );
    assert_for_any_site(&file);
    let tag = file.header("etag");
    let inner = tag.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
    assert!(!inner.is_empty() && !inner.contains('"'), "{tag}");
    for held in [
        tag,
        &format!("W/{tag}"),
        &format!("\"other\", {tag}"),
        &format!("W/\"other\",W/{tag} , \"third\""),
        "*",
    ] {
        let reply = app.read_with(path, &[("if-none-match", held)]).await;
        assert_eq!((reply.status, reply.body.as_str()), (304, ""), "{held}");
        assert_eq!(reply.header("etag"), tag, "{held}");
        assert_eq!(reply.header("cache-control"), freshness, "{held}");
        assert_for_any_site(&reply);
    }
    let lines = [("if-none-match", "\"other\""), ("if-none-match", tag)];
    assert_eq!(app.read_with(path, &lines).await.status, 304);
    for other in ["\"other\"", inner, &inner[1..], "W/*", "", "\"*\""] {
        let reply = app.read_with(path, &[("if-none-match", other)]).await;
        assert_eq!((reply.status, &reply.body), (200, &file.body), "{other}");
    }
}

/// Returns the `window` of a page after the script ran in it.
fn run(script: &str, window: &str) -> Value {
    let program = format!(
        "const window={window};require('vm').runInNewContext(require('fs').readFileSync(0,'utf8'),{{window}});console.log(JSON.stringify(window))"
    );
    let mut node = Command::new("node")
        .args(["-e", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is on the path");
    std::io::Write::write_all(&mut node.stdin.take().unwrap(), script.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success(), "the script fails: {script}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn anyone_reads_it_whatever_credentials_they_send() {
    let (app, version) = app_with(&json!({"b": "2", "a": "ü\"\\"})).await;
    let json = format!(r#"{{"janrain_settings_version":"{version}","a":"ü\"\\","b":"2"}}"#);
    let script = app.read(&newest_file(PUBLISHED, "js")).await.body;
    for (kind, media_type, body) in [
        ("json", "application/json", &json),
        ("js", "text/javascript; charset=utf-8", &script),
    ] {
        let path = newest_file(PUBLISHED, kind);
        for headers in [
            &[][..],
            &[("authorization", "Basic bm9ib2R5Om5vdGhpbmc=")],
            &[("authorization", "Unheard of")],
            &[("origin", "https://shop.example")],
        ] {
            let reply = app.read_with(&path, headers).await;
            assert_eq!((reply.status, &reply.body), (200, body), "{headers:?}");
            assert_eq!(reply.header("content-type"), media_type);
            assert_for_any_site(&reply);
        }
    }
}

#[tokio::test]
async fn who_has_it_already_does_not_get_it_again() {
    let (app, _) = app_with(&json!({"a": "1"})).await;
    for kind in ["json", "js"] {
        let path = newest_file(PUBLISHED, kind);
        assert_sent_once(&app, &path, "public, max-age=60").await;
    }
}

#[tokio::test]
async fn another_version_and_another_kind_have_another_tag() {
    let (app, _) = app_with(&json!({"a": "1"})).await;
    let mut tags = std::collections::BTreeSet::new();
    for _ in 0..3 {
        for kind in ["json", "js"] {
            let path = newest_file(PUBLISHED, kind);
            let reply = app.read(&path).await;
            let held = [("if-none-match", reply.header("etag"))];
            tags.insert(reply.header("etag").to_owned());
            assert_eq!(app.read_with(&path, &held).await.status, 304);
            let next = app.publish(PUBLISHED).await;
            let reply = app.read_with(&path, &held).await;
            assert_eq!(reply.status, 200);
            assert!(reply.body.contains(&next), "{}", reply.body);
        }
    }
    assert_eq!(tags.len(), 6);
}

#[tokio::test]
async fn what_stands_in_a_script_element_can_not_end_it() {
    let (app, version) = app_with(&nasty()).await;
    for kind in ["json", "js"] {
        let body = app.read(&newest_file(PUBLISHED, kind)).await.body;
        for special in ['<', '>', '&', '\u{2028}', '\u{2029}'] {
            assert!(!body.contains(special), "{special:?} in {body}");
        }
    }
    let mut wanted = nasty();
    wanted["janrain_settings_version"] = json!(version);
    assert_eq!(app.newest(PUBLISHED).await, wanted);
}

#[tokio::test]
async fn the_script_evaluates_to_the_same_object() {
    let (app, _) = app_with(&nasty()).await;
    let wanted = app.newest(PUBLISHED).await;
    let script = app.read(&newest_file(PUBLISHED, "js")).await.body;
    let empty = run(&script, "{}");
    assert_eq!(
        empty,
        json!({"janrain": {"settings": {"published": wanted}}})
    );
    // What a page has there already stays.
    let page =
        r#"{"other":1,"janrain":{"capture":2,"settings":{"language":"en","published":{"old":3}}}}"#;
    let kept = json!({"other": 1, "janrain": {"capture": 2, "settings": {"language": "en", "published": wanted}}});
    assert_eq!(run(&script, page), kept);
}

#[tokio::test]
async fn a_key_that_javascript_has_a_meaning_for_is_a_key_like_others() {
    let items = json!({"__proto__": "a", "constructor": "b", "toString": "c", "0": "d"});
    let (app, _) = app_with(&items).await;
    let wanted = app.newest(PUBLISHED).await;
    assert_eq!(wanted["__proto__"], "a");
    let script = app.read(&newest_file(PUBLISHED, "js")).await.body;
    assert_eq!(
        run(&script, "{}")["janrain"]["settings"]["published"],
        wanted
    );
}

#[tokio::test]
async fn what_is_not_there_is_the_same_plain_404_whatever_is_wrong() {
    let (app, version) = app_with(&json!({"a": "1"})).await;
    let site = format!("/widget_data/settings/{APPLICATION}");
    let long = "x".repeat(256);
    for path in [
        format!("/widget_data/settings/app2bbbbbbbbbbbbbbbbbbbbbb/{PUBLISHED}.json"),
        format!("/widget_data/settings/nobody/{PUBLISHED}.json"),
        format!("/widget_data/settings/{long}/{PUBLISHED}.json"),
        format!("/widget_data/settings//{PUBLISHED}.json"),
        format!("/widget_data/{PUBLISHED}.json"),
        format!("{site}/nobody.json"),
        format!("{site}/nobody.js"),
        format!("{site}/foreigner.json"),
        format!("{site}/owner.json"),
        format!("{site}/FEATURELESS.json"),
        format!("{site}/{long}.json"),
        format!("{site}/{long}.js"),
        format!("{site}/.json"),
        format!("{site}/"),
        site.clone(),
        format!("{site}/{PUBLISHED}"),
        format!("{site}/{PUBLISHED}."),
        format!("{site}/{PUBLISHED}.JSON"),
        format!("{site}/{PUBLISHED}.jsonp"),
        format!("{site}/{PUBLISHED}.html"),
        format!("{site}/{PUBLISHED}.json/"),
        format!("{site}/{PUBLISHED}.json.json"),
        format!("{site}/{PUBLISHED}#.json"),
        format!("{site}/{PUBLISHED}%23{version}.json"),
        format!("{site}/{PUBLISHED}%00.json"),
        format!("{site}/../{APPLICATION}/{PUBLISHED}.json"),
        format!("{site}/owner/../{PUBLISHED}.json"),
        format!("{site}/%2e%2e/{PUBLISHED}.json"),
        format!("{site}/./{PUBLISHED}.json"),
        format!("{site}/..%2F{APPLICATION}%2F{PUBLISHED}.json"),
        format!("{site}/%2F{PUBLISHED}.json"),
        format!("{site}/%5C{PUBLISHED}.json"),
    ] {
        let wanted = (404, r#"{"message":"Not Found"}"#.to_owned());
        assert_eq!(app.read_raw(&path).await, wanted, "{path}");
    }
    // Unlike them:
    for kind in ["json", "js", "json?a=b", "%6Ason"] {
        let path = newest_file(PUBLISHED, kind);
        assert_eq!(app.read_raw(&path).await.0, 200, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_kept_by_caches_and_readable_for_any_site() {
    let app = App::start().await;
    let reply = app.read(&newest_file(PUBLISHED, "json")).await;
    assert_not_found(&reply, "not published");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_for_any_site(&reply);
    let held = [("if-none-match", "*")];
    let reply = app.read_with(&newest_file(PUBLISHED, "json"), &held).await;
    assert_not_found(&reply, "not published, but held");
}

#[tokio::test]
async fn a_client_without_anything_published_has_no_files() {
    let (app, _) = app_with(&json!({"a": "1"})).await;
    let gone = async |why: &str| {
        for kind in ["json", "js"] {
            assert_not_found(&app.read(&newest_file(PUBLISHED, kind)).await, why);
        }
    };
    app.unpublish(PUBLISHED, None).await.ok();
    gone("all versions deleted").await;
    let version = app.publish(PUBLISHED).await;
    app.unpublish(PUBLISHED, Some(&version)).await.ok();
    gone("its only version deleted").await;
    app.publish(PUBLISHED).await;
    let given = [("client_id_for_deletion", PUBLISHED)];
    app.owner().post("/clients/delete", &given).await.ok();
    gone("the client deleted").await;
}
