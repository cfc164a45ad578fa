//! What stands between a function and DynamoDB in a test: one that counts, and one that breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::dynamodb::{AnswerView, Call, Intervention, Witness};
use serde_json::Value;

/// Counts, for each function: round trips, capacity units, and the grants it used.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<String, Use>>);

/// What one function used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Use {
    /// The DynamoDB operations, in order.
    pub trips: Vec<String>,
    /// Capacity units, for a read and for a write.
    pub read_units: f64,
    pub write_units: f64,
    /// `(action, table)` pairs.
    pub grants: BTreeSet<(String, String)>,
}

impl Tally {
    /// What `function` used since it was last asked for.
    pub fn take(&self, function: &str) -> Use {
        self.0.lock().unwrap().remove(function).unwrap_or_default()
    }
}

impl Witness for Tally {
    fn before(&self, _: &Call<'_>) -> Intervention {
        Intervention::Proceed
    }

    fn after(&self, call: &Call<'_>, answer: &AnswerView<'_>) {
        let mut tally = self.0.lock().unwrap();
        let used = tally.entry(call.function.to_owned()).or_default();
        used.trips.push(call.operation.to_owned());
        let needs = call
            .needs
            .iter()
            .map(|need| (need.action.to_string(), need.table.clone()));
        used.grants.extend(needs);
        let answer: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        let consumed = match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.clone(),
            one => vec![one.clone()],
        };
        let units: f64 = consumed
            .iter()
            .filter_map(|table| table["CapacityUnits"].as_f64())
            .sum();
        if call.operation.contains("Write") || call.operation.starts_with("Put") {
            used.write_units += units;
        } else {
            used.read_units += units;
        }
    }

    fn wants_capacity(&self) -> bool {
        true
    }
}

/// Breaks the calls that a test picks, as many as it says.
pub struct Faults {
    pick: Box<dyn Fn(&Call<'_>) -> bool + Send + Sync>,
    with: Intervention,
    left: AtomicUsize,
    seen: AtomicUsize,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faults(..)")
    }
}

impl Faults {
    /// The first `times` calls that `pick` picks become `with`. Seeding is not broken.
    pub fn new(
        times: usize,
        with: Intervention,
        pick: impl Fn(&Call<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            pick: Box::new(pick),
            with,
            left: AtomicUsize::new(times),
            seen: AtomicUsize::new(0),
        }
    }

    /// How many calls were broken.
    pub fn struck(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

impl Witness for Faults {
    fn before(&self, call: &Call<'_>) -> Intervention {
        let strike = (self.pick)(call)
            && self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                })
                .is_ok();
        if strike {
            self.seen.fetch_add(1, Ordering::SeqCst);
            return self.with.clone();
        }
        Intervention::Proceed
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}

/// An error as DynamoDB answers it.
pub fn dynamodb_error(kind: &str, fields: &Value) -> Intervention {
    let mut body = fields.clone();
    body["__type"] = format!("com.amazonaws.dynamodb.v20120810#{kind}").into();
    Intervention::AnswerInstead(400, body.to_string().into_bytes())
}

/// A cancelled transaction, with a reason for each of its items.
pub fn cancelled(reasons: &[&str]) -> Intervention {
    let reasons: Vec<_> = reasons
        .iter()
        .map(|code| serde_json::json!({"Code": code}))
        .collect();
    dynamodb_error(
        "TransactionCanceledException",
        &serde_json::json!({"message": "Transaction cancelled", "CancellationReasons": reasons}),
    )
}
