//! Race conditions on demand: something happens between a function's read and its write.

use std::pin::Pin;
use std::sync::Mutex;

use local::dynamodb::{AnswerView, Call, CallHook, Intervention};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A hook that does something at the moment when a function is about to write.
///
/// It takes a runtime with more than one thread, because the function waits.
#[derive(Default)]
pub struct Interleaving(Mutex<Option<(&'static str, Happening)>>);

impl std::fmt::Debug for Interleaving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interleaving(..)")
    }
}

impl Interleaving {
    /// Runs `happening` when `function` has read, before its first transaction.
    pub fn expect(
        &self,
        function: &'static str,
        happening: impl Future<Output = ()> + Send + 'static,
    ) {
        *self.0.lock().unwrap() = Some((function, Box::pin(happening)));
    }

    /// Returns whether it has happened.
    pub fn has_happened(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }
}

impl CallHook for Interleaving {
    fn before(&self, call: &Call<'_>) -> Intervention {
        let mut expected = self.0.lock().unwrap();
        let due = expected.take_if(|(function, _)| {
            *function == call.function && call.operation == "TransactWriteItems"
        });
        drop(expected);
        if let Some((_, happening)) = due {
            block_in_place(|| Handle::current().block_on(happening));
        }
        Intervention::Proceed
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}
