//! A test's eyes and hands between a function and DynamoDB.

use std::fmt::Debug;
use std::time::Duration;

use super::Need;

/// One request to `DynamoDB`, before the door decides on it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The function that makes it.
    pub function: &'a str,
    /// The `DynamoDB` operation.
    pub operation: &'a str,
    /// Its JSON.
    pub body: &'a [u8],
    /// What a policy has to grant for it.
    pub needs: &'a [Need],
}

/// What `DynamoDB`, or the door, answered.
#[derive(Clone, Copy, Debug)]
pub struct AnswerView<'a> {
    /// The HTTP status.
    pub status: u16,
    /// Its JSON.
    pub body: &'a [u8],
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intervention {
    /// What would happen anyway.
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

/// Sees every attempt of every function at `DynamoDB`, the SDK's retries among them.
pub trait Witness: Send + Sync + Debug {
    /// Decides what happens to a request.
    fn before(&self, call: &Call<'_>) -> Intervention;

    /// Sees the answer. Not called when there is none ([`Intervention::FailBefore`]).
    fn after(&self, call: &Call<'_>, answer: &AnswerView<'_>);

    /// Sees that a function wants to use the sealing key, by the action that it takes: `kms:Decrypt`.
    /// An error is what the function gets instead, and the key is not used.
    fn uses_key(&self, function: &str, action: &str) -> shared::Result<()> {
        let _ = (function, action);
        Ok(())
    }

    /// Whether the embedded store should say in its answers what each call would cost. The call
    /// that the witness is shown stays as the function sent it.
    fn wants_capacity(&self) -> bool {
        false
    }
}
