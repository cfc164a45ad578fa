//! Hooks between a function and DynamoDB: some count calls, others make them fail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::dynamodb::{AnswerView, Call, CallHook, Intervention};
use serde_json::Value;
use shared::Error;
use shared::store::Resource;

/// A hook that counts for each function: round trips, capacity units, and used grants.
#[derive(Debug, Default)]
pub struct UsageCounter(Mutex<BTreeMap<String, Usage>>);

/// The resources that a function used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// The DynamoDB operations, in order.
    pub trips: Vec<String>,
    /// Capacity units, for a read and for a write.
    pub read_units: f64,
    pub write_units: f64,
    /// Number of notes that a client used its secret. They are written beside the operation.
    pub notes: usize,
    /// Pairs of an action and a table or key.
    pub grants: BTreeSet<(String, String)>,
}

impl UsageCounter {
    /// Returns the resources that `function` used since the last time.
    pub fn take(&self, function: &str) -> Usage {
        self.0.lock().unwrap().remove(function).unwrap_or_default()
    }
}

impl CallHook for UsageCounter {
    fn before(&self, _: &Call<'_>) -> Intervention {
        Intervention::Proceed
    }

    fn after(&self, call: &Call<'_>, answer: &AnswerView<'_>) {
        let mut tally = self.0.lock().unwrap();
        let used = tally.entry(call.function.to_owned()).or_default();
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
        if is_note(call) {
            used.notes += 1;
            return;
        }
        used.trips.push(call.operation.to_owned());
        let writes = ["Write", "Put", "Update"];
        if writes.iter().any(|verb| call.operation.contains(verb)) {
            used.write_units += units;
        } else {
            used.read_units += units;
        }
    }

    fn uses_key(&self, function: &str, action: &str) -> shared::Result<()> {
        let mut tally = self.0.lock().unwrap();
        let used = tally.entry(function.to_owned()).or_default();
        let key = Resource::SealingKey.logical_id();
        used.grants.insert((action.to_owned(), key.to_owned()));
        Ok(())
    }

    fn wants_capacity(&self) -> bool {
        true
    }
}

/// Returns whether a call notes that a client used its secret.
pub fn is_note(call: &Call<'_>) -> bool {
    let body: Value = serde_json::from_slice(call.body).unwrap_or_default();
    let partition = body["Key"]["pk"]["S"].as_str();
    partition.is_some_and(|partition| partition.starts_with("used#"))
}

/// A hook that makes a number of the calls fail that a test picks.
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
    /// Returns a hook that turns the first `times` calls that `pick` picks into `with`.
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

    /// Returns the number of calls that failed.
    pub fn struck(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

impl CallHook for Faults {
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

/// A hook that makes calls of one function fail, from `begin` to `end`.
#[derive(Debug, Default)]
pub struct Breakage(Mutex<Option<Plan>>);

/// The calls to fail.
#[derive(Debug)]
struct Plan {
    function: &'static str,
    operation: &'static str,
    with: Intervention,
    /// Number of calls that succeed first.
    spared: usize,
    /// Number of calls that fail then.
    left: usize,
    struck: usize,
}

impl Breakage {
    /// Turns the next `times` of these calls into `with`, after `spared` ones that succeed.
    pub fn begin(
        &self,
        [function, operation]: [&'static str; 2],
        with: Intervention,
        spared: usize,
        times: usize,
    ) {
        *self.0.lock().unwrap() = Some(Plan {
            function,
            operation,
            with,
            spared,
            left: times,
            struck: 0,
        });
    }

    /// Returns the number of calls that failed so far.
    pub fn struck(&self) -> usize {
        self.0
            .lock()
            .unwrap()
            .as_ref()
            .map_or(0, |plan| plan.struck)
    }

    /// Lets all calls succeed again, and returns the number of calls that failed.
    pub fn end(&self) -> usize {
        let plan = self.0.lock().unwrap().take();
        plan.map_or(0, |plan| plan.struck)
    }
}

impl CallHook for Breakage {
    fn before(&self, call: &Call<'_>) -> Intervention {
        let mut plan = self.0.lock().unwrap();
        let Some(plan) = plan
            .as_mut()
            .filter(|plan| (plan.function, plan.operation) == (call.function, call.operation))
        else {
            return Intervention::Proceed;
        };
        if plan.spared > 0 {
            plan.spared -= 1;
            return Intervention::Proceed;
        }
        if plan.left == 0 {
            return Intervention::Proceed;
        }
        plan.left -= 1;
        plan.struck += 1;
        plan.with.clone()
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}

/// A hook that keeps the sealing key from one function, from `begin` to `end`.
#[derive(Debug, Default)]
pub struct KeyFaults(Mutex<Option<Withheld>>);

#[derive(Debug)]
struct Withheld {
    function: &'static str,
    by: KeyFault,
    struck: usize,
}

/// The error of KMS that is left when the retries are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// KMS does not let the function use the key.
    Denied,
    /// KMS throttles the function.
    Throttled,
}

impl KeyFaults {
    /// Keeps the key from this function from now on.
    pub fn begin(&self, function: &'static str, by: KeyFault) {
        *self.0.lock().unwrap() = Some(Withheld {
            function,
            by,
            struck: 0,
        });
    }

    /// Gives the key again, and returns the number of refused calls.
    pub fn end(&self) -> usize {
        let withheld = self.0.lock().unwrap().take();
        withheld.map_or(0, |withheld| withheld.struck)
    }
}

impl CallHook for KeyFaults {
    fn before(&self, _: &Call<'_>) -> Intervention {
        Intervention::Proceed
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}

    fn uses_key(&self, function: &str, action: &str) -> shared::Result<()> {
        let mut withheld = self.0.lock().unwrap();
        let Some(withheld) = withheld.as_mut().filter(|held| held.function == function) else {
            return Ok(());
        };
        withheld.struck += 1;
        Err(match withheld.by {
            KeyFault::Denied => {
                Error::unexpected(format!("KMS refuses {action}: AccessDeniedException"))
            }
            KeyFault::Throttled => Error::Busy,
        })
    }
}

/// Returns an error as DynamoDB answers it.
pub fn dynamodb_error(kind: &str, fields: &Value) -> Intervention {
    let mut body = fields.clone();
    body["__type"] = format!("com.amazonaws.dynamodb.v20120810#{kind}").into();
    Intervention::AnswerInstead(400, body.to_string().into_bytes())
}

/// Returns a cancelled transaction, with a reason for each of its items.
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
