//! CloudWatch's embedded metric format, as its specification reads:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use shared::Clock;

/// A log event has no more bytes.
const LARGEST: usize = 256 * 1024;
/// A dimension set has no more members,
const DIMENSIONS: usize = 30;
/// and a directive no more metrics.
const METRICS: usize = 100;
/// The units in use here, as `MetricDatum` spells them.
const UNITS: [&str; 3] = ["Count", "Milliseconds", "None"];

/// A metric's value and its dimensions.
pub(super) type Metric = (f64, BTreeMap<String, String>);

/// The metrics of a line that must conform: by name, and one for each dimension set.
pub(super) fn metrics_of(line: &Value) -> BTreeMap<String, Vec<Metric>> {
    assert!(line.to_string().len() <= LARGEST, "{line}");
    let root = line.as_object().unwrap();
    let metadata = members(&root["_aws"], &["CloudWatchMetrics", "Timestamp"]);
    let (now, hour) = (Clock::System.now().millis(), 3_600_000);
    let at = metadata["Timestamp"].as_i64().unwrap();
    assert!((now - hour..=now).contains(&at), "{at} is not in {now}");
    let mut found = BTreeMap::<_, Vec<_>>::new();
    for directive in some(&metadata["CloudWatchMetrics"], usize::MAX) {
        let directive = members(directive, &["Dimensions", "Metrics", "Namespace"]);
        assert_eq!(text(&directive["Namespace"]), "Countersign");
        for metric in some(&directive["Metrics"], METRICS) {
            let metric = members(metric, &["Name", "Unit"]);
            assert!(UNITS.contains(&text(&metric["Unit"])), "{metric:?}");
            let name = text(&metric["Name"]);
            let value = root[name].as_f64().expect(name);
            for set in some(&directive["Dimensions"], usize::MAX) {
                let dimension =
                    |of: &Value| (text(of).to_owned(), text(&root[text(of)]).to_owned());
                let dimensions = some(set, DIMENSIONS).iter().map(dimension).collect();
                found
                    .entry(name.to_owned())
                    .or_default()
                    .push((value, dimensions));
            }
        }
    }
    found
}

/// An object with just these members.
fn members<'a>(value: &'a Value, names: &[&str]) -> &'a Map<String, Value> {
    let object = value.as_object().unwrap();
    let mut has: Vec<_> = object.keys().map(String::as_str).collect();
    has.sort_unstable();
    assert_eq!(has, names);
    object
}

/// An array that has something in it, and not too much.
fn some(value: &Value, most: usize) -> &[Value] {
    let elements = value.as_array().unwrap();
    assert!((1..=most).contains(&elements.len()), "{value}");
    elements
}

/// Text of a length that the format allows.
fn text(value: &Value) -> &str {
    let text = value.as_str().unwrap_or_else(|| panic!("{value}"));
    assert!((1..=1024).contains(&text.chars().count()), "{text}");
    text
}
