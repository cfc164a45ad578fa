//! Changes of settings, alike for both layers.

use serde_json::{Value, json};

use super::audit::{assert_audited, assert_not_audited};
use super::{Layer, app_with, assert_same, stored};
use crate::App;

/// Texts that a value, and a key, may consist of.
const TEXTS: [&str; 12] = [
    "größe ключ 鍵",
    "🔑👩‍🚀",
    "a\0b",
    "line\nline\r\n\ttab",
    "\u{1}\u{7f}\u{2028}\u{feff}",
    r#"{"a":["b"]}"#,
    "\"\\/<&>'",
    " x +&=%25;# ",
    "null",
    "10",
    "#values.a[0]",
    ":v",
];

/// An application and a client, of which nothing is set in either layer.
pub async fn empty() -> App {
    app_with(json!({}), &[]).await
}

/// Any text is a value and a key, and comes back byte for byte; the empty one is a value.
pub async fn texts_are_kept_as_they_are(layer: Layer) {
    let app = empty().await;
    let mut wanted = json!({});
    for text in TEXTS {
        layer.set(&app, text, text).await.ok();
        wanted[text] = json!(text);
    }
    layer.set(&app, "empty", "").await.ok();
    wanted["empty"] = json!("");
    assert_eq!(layer.now(&app).await, wanted);
    for text in TEXTS {
        assert_eq!(layer.set(&app, text, "").await.ok()["result"], true);
    }
}

/// The same in one call.
pub async fn many_texts_are_kept_as_they_are(layer: Layer) {
    let app = empty().await;
    let mut items = json!({"empty": ""});
    let mut existed = json!({"empty": false});
    for text in TEXTS {
        items[text] = json!(text);
        existed[text] = json!(false);
    }
    let reply = layer.set_multi(&app, &items.to_string()).await;
    assert_eq!(reply.ok()["result"], existed);
    assert_eq!(layer.now(&app).await, items);
}

/// A key is another in another case, and with a blank more.
pub async fn keys_are_told_apart_exactly(layer: Layer) {
    let app = empty().await;
    let keys = ["key", "Key", "KEY", "key ", " key"];
    for key in keys {
        assert_eq!(layer.set(&app, key, key).await.ok()["result"], false);
    }
    assert_eq!(layer.delete(&app, "KEY").await.ok()["result"], true);
    let left = json!({"key": "key", "Key": "Key", "key ": "key ", " key": " key"});
    assert_eq!(layer.now(&app).await, left);
}

/// 1 to 255 bytes, not characters.
pub fn keys_by_length() -> [(String, bool); 7] {
    [
        (String::new(), false),
        ("k".to_owned(), true),
        ("k".repeat(255), true),
        ("k".repeat(256), false),
        ("ö".repeat(127), true),
        ("ö".repeat(128), false),
        ("k".repeat(70_000), false),
    ]
}

/// Makes sure that `path` takes keys of 1 to 255 bytes as the argument that `given` makes of one.
pub async fn assert_key_lengths(
    path: &str,
    argument: &str,
    given: impl Fn(&str) -> String,
    others: &[(&str, &str)],
) {
    let app = empty().await;
    for (key, fits) in keys_by_length() {
        let before = stored(&app).await;
        let text = given(&key);
        let given = [others, &[(argument, text.as_str())]].concat();
        let reply = app.owner().post(path, &given).await;
        if fits {
            reply.ok();
        } else {
            reply.invalid(argument);
            assert_same(&before, &stored(&app).await, path);
        }
    }
}

/// A value is created, overwritten and left alone: three replies, two versions, two events.
pub async fn a_set_is_one_version_and_one_event(layer: Layer, action: &str) {
    let app = empty().await;
    let created = layer.set(&app, "k", "1").await;
    assert_audited(&app, &created, action, layer, json!([["k", null, "1"]])).await;
    let overwritten = layer.set(&app, "k", "2").await;
    assert_audited(&app, &overwritten, action, layer, json!([["k", "1", "2"]])).await;
    let same = layer.set(&app, "k", "2").await;
    assert_eq!(same.ok()["result"], true);
    assert_not_audited(&app, &same).await;
    assert_eq!(versions(&layer.history(&app).await), [2, 1]);
}

/// So is a call with many: one version, one event, and in it only the keys that changed.
pub async fn a_multi_set_is_one_version_and_one_event(layer: Layer, action: &str) {
    let app = empty().await;
    layer
        .set_multi(&app, r#"{"a":"1","b":"2","c":"3"}"#)
        .await
        .ok();
    let reply = layer
        .set_multi(&app, r#"{"b":"2","c":"x","d":"4","e":""}"#)
        .await;
    let changes = json!([["c", "3", "x"], ["d", null, "4"], ["e", null, ""]]);
    assert_audited(&app, &reply, action, layer, changes).await;
    for nothing in ["{}", r#"{"a":"1","d":"4"}"#] {
        assert_not_audited(&app, &layer.set_multi(&app, nothing).await).await;
    }
    assert_eq!(versions(&layer.history(&app).await), [2, 1]);
}

/// A deletion is one, and the deletion of what is not there is none.
pub async fn a_deletion_is_one_version_and_one_event(layer: Layer, action: &str) {
    let app = empty().await;
    layer.set_multi(&app, r#"{"a":"1","b":"2"}"#).await.ok();
    let deleted = layer.delete(&app, "a").await;
    assert_audited(&app, &deleted, action, layer, json!([["a", "1", null]])).await;
    let again = layer.delete(&app, "a").await;
    assert_eq!(again.ok()["result"], false);
    assert_not_audited(&app, &again).await;
    assert_eq!(versions(&layer.history(&app).await), [2, 1]);
    assert_eq!(layer.now(&app).await, json!({"b": "2"}));
}

/// The numbers of versions.
pub fn versions(history: &[Value]) -> Vec<u64> {
    let numbers = history.iter().map(|version| version["version"].as_u64());
    numbers.map(Option::unwrap).collect()
}
