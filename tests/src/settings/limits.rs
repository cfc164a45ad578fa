//! Limits of a layer, and the history of very large changes.

use serde_json::{Map, Value, json};

use super::audit::events_of;
use super::changes::empty;
use super::{Layer, MOST_BYTES, assert_same, stored};
use crate::App;

/// As many settings, with keys and values of so many bytes.
pub fn many(prefix: char, count: usize, key_bytes: usize, value_bytes: usize) -> Value {
    let value = "v".repeat(value_bytes);
    let items: Map<_, _> = (0..count)
        .map(|number| (key(prefix, number, key_bytes), json!(value)))
        .collect();
    assert_eq!(items.len(), count, "{key_bytes} bytes are too few");
    items.into()
}

/// A key of so many bytes: a letter, and a number in base 36.
fn key(prefix: char, mut number: usize, bytes: usize) -> String {
    let mut digits = vec![b'0'; bytes - 1];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[number % 36];
        number /= 36;
    }
    format!("{prefix}{}", String::from_utf8(digits).unwrap())
}

/// The last byte fits, and the next is refused by a sentence that says how many are too many.
pub async fn a_value_fits_to_the_byte(layer: Layer) {
    let app = empty().await;
    let largest = "x".repeat(MOST_BYTES - 3);
    layer.set(&app, "key", &largest).await.ok();
    assert!(layer.now(&app).await["key"] == largest);
    let before = stored(&app).await;
    let overwritten = format!("{largest}y");
    assert_over(
        &layer.set(&app, "key", &overwritten).await.invalid("value"),
        1,
    );
    assert_over(&layer.set(&app, "k", "").await.invalid("value"), 1);
    assert_over(&layer.set(&app, "new", "value").await.invalid("value"), 8);
    // Bytes count, not characters.
    assert_over(&layer.set(&app, "ö", "🔑").await.invalid("value"), 6);
    assert_same(&before, &stored(&app).await, "a refused value");
    layer.delete(&app, "key").await.ok();
    layer.set(&app, "new", "value").await.ok();
}

/// So it is with many at once, and then nothing of the call is kept.
pub async fn many_values_fit_to_the_byte(layer: Layer) {
    let app = empty().await;
    let mut items = many('k', 1_000, 50, 300);
    layer.set_multi(&app, &items.to_string()).await.ok();
    assert!(layer.now(&app).await == items);
    let before = stored(&app).await;
    for (more, over) in [
        (json!({"k": ""}), 1),
        (many('a', 10, 20, 30), 500),
        (many('k', 1_000, 50, 301), 1_000),
    ] {
        let words = layer.set_multi(&app, &more.to_string()).await;
        assert_over(&words.invalid("items"), over);
    }
    assert_same(&before, &stored(&app).await, "a refused call with many");
    items = many('k', 1_000, 50, 0);
    items["k"] = json!("x".repeat(299_999));
    layer.set_multi(&app, &items.to_string()).await.ok();
    assert!(layer.now(&app).await == items);
}

fn assert_over(words: &str, over: usize) {
    let words = format!("{words} ").replace("bytes", "byte");
    assert!(words.contains(&format!(" {over} byte ")), "{words}");
}

/// Five thousand keys are there at once, with one version and one event.
pub async fn five_thousand_keys_are_there_at_once(layer: Layer) {
    let app = empty().await;
    let items = many('k', 5_000, 10, 20);
    let reply = layer.set_multi(&app, &items.to_string()).await;
    let existed = reply.ok()["result"].as_object().unwrap().clone();
    assert_eq!(existed.len(), 5_000);
    assert!(existed.values().all(|existed| *existed == json!(false)));
    assert!(layer.now(&app).await == items);
    assert_eq!(layer.history(&app).await.len(), 1);
    assert_eq!(events_of(&app, &reply).await.len(), 1);
}

/// Writes a full layer, with its history and its event, each an item of at most 400 KB.
///
/// It works however its bytes are spread over keys and values.
pub async fn a_full_layer_of_any_shape_can_be_written(layer: Layer) {
    for (count, key_bytes, value_bytes) in [
        (1, 50, MOST_BYTES - 50),
        (1_372, 255, 0),
        (3_500, 50, 50),
        (10_000, 20, 15),
    ] {
        let app = empty().await;
        let items = many('k', count, key_bytes, value_bytes);
        written(&app, layer, &items).await;
    }
}

/// Writes a layer of many short keys, whose event consists mostly of the JSON around them.
pub async fn an_event_of_very_many_keys_fits(layer: Layer) {
    let app = empty().await;
    written(&app, layer, &many('k', 16_000, 4, 0)).await;
}

/// Writes a layer of many short keys, whose history consists mostly of the JSON around them.
///
/// No more keys than needed: a debug build takes a good part of DynamoDB's timeout for them.
pub async fn a_version_of_very_many_keys_fits(layer: Layer) {
    let app = empty().await;
    written(&app, layer, &many('k', 35_000, 10, 0)).await;
}

/// A layer of keys so short that they would not fit into an item is refused in words, not broken.
pub async fn a_layer_of_the_shortest_keys_is_kept_or_refused_in_words(layer: Layer) {
    let app = empty().await;
    for prefix in 'a'..'j' {
        let before = stored(&app).await;
        let items = many(prefix, 9_700, 4, 0).to_string();
        let reply = layer.set_multi(&app, &items).await;
        if reply.json()["stat"] != "ok" {
            assert!(reply.json()["code"] == 200, "{prefix}: {}", reply.body);
            assert_same(&before, &stored(&app).await, "a refused call");
            return;
        }
    }
}

async fn written(app: &App, layer: Layer, items: &Value) {
    let reply = layer.set_multi(app, &items.to_string()).await;
    assert!(reply.json()["stat"] == "ok", "{:.300}", reply.body);
    assert!(layer.now(app).await == *items);
    assert_eq!(events_of(app, &reply).await.len(), 1);
    let history = layer.history(app).await;
    let changed = history[0]["changes"].as_object().unwrap();
    assert_eq!(changed.len(), items.as_object().unwrap().len());
}
