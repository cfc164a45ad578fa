//! Something that happens between what a function has read and what it writes: races without luck.

use std::pin::Pin;
use std::sync::Mutex;

use local::dynamodb::{AnswerView, Call, CallHook, Intervention};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Lets a test do something at the very moment when a function is about to write. Takes a runtime
/// with more than one thread, because the function waits.
#[derive(Default)]
pub struct Meanwhile(Mutex<Option<(&'static str, Happening)>>);

impl std::fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meanwhile(..)")
    }
}

impl Meanwhile {
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

impl CallHook for Meanwhile {
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
