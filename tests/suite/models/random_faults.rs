//! Random faults between an operation and DynamoDB.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_tests::call_hooks::cancelled;
use local::dynamodb::{AnswerView, Call, CallHook, Intervention};
use serde_json::Value;

use super::chance::Chance;

/// Breaks calls of the operations at random: before, after, by conflict, in bursts that outlast
/// the SDK's own retries. Looking at the outcome is never broken.
#[derive(Debug)]
pub struct RandomFaults {
    chance: Chance,
    on: AtomicBool,
    burst: Mutex<(u64, Option<Intervention>)>,
    /// Transactions that were committed although their answer was lost.
    ///
    /// Asked again under the same token, DynamoDB never denies that they happened.
    happened: Mutex<HashSet<String>>,
}

/// The token of a transaction.
fn token(call: &Call<'_>) -> Option<String> {
    let request: Value = serde_json::from_slice(call.body).ok()?;
    Some(request["ClientRequestToken"].as_str()?.to_owned())
}

impl RandomFaults {
    pub fn of(seed: u64) -> Self {
        Self {
            chance: Chance::of(!seed),
            on: AtomicBool::new(false),
            burst: Mutex::new((0, None)),
            happened: Mutex::default(),
        }
    }

    /// From now on by another seed, without what is left of a burst.
    pub fn seed(&self, seed: u64) {
        self.chance.restart(!seed);
        *self.burst.lock().unwrap() = (0, None);
    }

    pub fn begin(&self) {
        self.on.store(true, Ordering::SeqCst);
    }

    pub fn end(&self) {
        self.on.store(false, Ordering::SeqCst);
    }
}

impl CallHook for RandomFaults {
    fn before(&self, call: &Call<'_>) -> Intervention {
        if !self.on.load(Ordering::SeqCst) {
            return Intervention::Proceed;
        }
        let mut burst = self.burst.lock().unwrap();
        if burst.0 == 0 {
            if self.chance.below(8) != 0 {
                return Intervention::Proceed;
            }
            let kind = match self.chance.below(3) {
                0 => Intervention::FailBefore,
                1 => Intervention::FailAfter,
                _ => cancelled(&["TransactionConflict"]),
            };
            *burst = (1 + self.chance.below(4), Some(kind));
        }
        burst.0 -= 1;
        match burst.1.clone() {
            // Only transactions are ever cancelled.
            Some(Intervention::AnswerInstead(..)) if call.operation != "TransactWriteItems" => {
                Intervention::Proceed
            }
            Some(Intervention::AnswerInstead(..))
                if token(call)
                    .is_some_and(|token| self.happened.lock().unwrap().contains(&token)) =>
            {
                Intervention::Proceed
            }
            Some(Intervention::FailAfter) => {
                self.happened.lock().unwrap().extend(token(call));
                Intervention::FailAfter
            }
            Some(kind) => kind,
            None => Intervention::Proceed,
        }
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}
