//! A hook for tests: sees each call to DynamoDB, and may fail it.

use std::fmt::Debug;
use std::time::Duration;

use super::Need;

/// A request to `DynamoDB`, before the guard decides on it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The function that makes it.
    pub function: &'a str,
    /// The `DynamoDB` operation.
    pub operation: &'a str,
    /// Its JSON.
    pub body: &'a [u8],
    /// The permissions that it needs.
    pub needs: &'a [Need],
}

/// An answer of `DynamoDB`, or the guard's refusal.
#[derive(Clone, Copy, Debug)]
pub struct AnswerView<'a> {
    /// The HTTP status.
    pub status: u16,
    /// Its JSON.
    pub body: &'a [u8],
}

/// A decision on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intervention {
    /// The request is executed as usual.
    Proceed,
    /// Nothing is executed, and this status and JSON are the answer: throttling, for instance.
    AnswerInstead(u16, Vec<u8>),
    /// Nothing is executed, and the connection fails.
    FailBefore,
    /// The request is executed, and the connection fails before the answer arrives.
    FailAfter,
    /// The request is executed, later.
    Delay(Duration),
}

/// A hook that sees every attempt of every function at `DynamoDB`, the SDK's retries among them.
pub trait CallHook: Send + Sync + Debug {
    /// Decides what happens to a request.
    fn before(&self, call: &Call<'_>) -> Intervention;

    /// Receives the answer. Not called when there is none ([`Intervention::FailBefore`]).
    fn after(&self, call: &Call<'_>, answer: &AnswerView<'_>);

    /// Decides whether a function may use the sealing key for this action, such as `kms:Decrypt`.
    ///
    /// With an error, the function gets that error, and the key is not used.
    fn uses_key(&self, function: &str, action: &str) -> shared::Result<()> {
        let _ = (function, action);
        Ok(())
    }

    /// Returns whether the embedded store should say what each call would cost.
    ///
    /// The call that the hook is shown stays as the function sent it.
    fn wants_capacity(&self) -> bool {
        false
    }
}
