//! Trying again after a conflict: the retry loop, and its backoff with jitter.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::random::Random;

/// The result of one attempt in a retry loop.
#[derive(Debug)]
pub(super) enum Attempt<T> {
    /// It committed, or there was nothing to write.
    Done(T),
    /// Another writer was faster. The next attempt reads again.
    Conflict,
}

impl<T> Attempt<T> {
    /// Replaces the value of an attempt that is done.
    pub(super) fn map<U>(self, of: impl FnOnce(T) -> U) -> Attempt<U> {
        match self {
            Self::Done(value) => Attempt::Done(of(value)),
            Self::Conflict => Attempt::Conflict,
        }
    }
}

/// Runs `attempt` until it is done, with a wait after each conflict.
///
/// Each attempt reads, decides and commits anew. After [`MOST_TRIES`] conflicts the error is
/// [`Error::Busy`].
// Not an async closure: the compiler cannot prove yet that a future of one is `Send`.
pub(super) async fn until_done<T, F>(random: &Random, mut attempt: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Result<Attempt<T>>>,
{
    let mut retry = Retry::new(random);
    loop {
        match attempt().await? {
            Attempt::Done(value) => return Ok(value),
            Attempt::Conflict => retry.back_off().await?,
        }
    }
}

/// The backoff of a retry loop: how many tries there were, and the next wait.
#[derive(Debug)]
pub(super) struct Retry<'a> {
    random: &'a Random,
    conflicts: u32,
}

/// The limit of tries: about ten seconds, within what a gateway waits.
///
/// Sixty-four changes of one item at once all get their turn, even where a round trip takes 100 ms.
const MOST_TRIES: u32 = 40;
const SHORTEST_WAIT: Duration = Duration::from_millis(4);
const LONGEST_WAIT: Duration = Duration::from_millis(512);

impl<'a> Retry<'a> {
    pub(super) fn new(random: &'a Random) -> Self {
        Self {
            random,
            conflicts: 0,
        }
    }

    /// Waits a random part of a time that doubles, or gives up with [`Error::Busy`].
    pub(super) async fn back_off(&mut self) -> Result<()> {
        self.conflicts += 1;
        if self.conflicts >= MOST_TRIES {
            return Err(Error::Busy);
        }
        let most = SHORTEST_WAIT
            .saturating_mul(1 << self.conflicts.min(16))
            .min(LONGEST_WAIT);
        tokio::time::sleep(self.random.jitter(most)).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_conflict_is_tried_again_and_the_value_of_the_last_attempt_is_returned() {
        let tries = Cell::new(0);
        let value = until_done(&Random::default(), || async {
            tries.set(tries.get() + 1);
            Ok(match tries.get() {
                3 => Attempt::Done("done"),
                _ => Attempt::Conflict,
            })
        })
        .await;
        assert!(matches!(value, Ok("done")));
        assert_eq!(tries.get(), 3);
    }

    #[tokio::test]
    async fn an_error_ends_the_loop_at_once() {
        let tries = Cell::new(0);
        let failed: Result<()> = until_done(&Random::default(), || async {
            tries.set(tries.get() + 1);
            Err(Error::NotFound)
        })
        .await;
        assert!(matches!(failed, Err(Error::NotFound)));
        assert_eq!(tries.get(), 1);
    }
}
