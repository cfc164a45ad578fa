//! Losing a race for an item: how often to try again, and how long to wait before.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::random::Random;

/// A race for an item: how often it was lost, and how long to wait before the next try.
#[derive(Debug)]
pub(super) struct Race<'a> {
    random: &'a Random,
    lost: u32,
}

/// Then it says so: about ten seconds, within what a gateway waits. Sixty-four changes of one item at
/// once all get their turn, even where a round trip takes 100 ms.
const MOST_TRIES: u32 = 40;
const SHORTEST_WAIT: Duration = Duration::from_millis(4);
const LONGEST_WAIT: Duration = Duration::from_millis(512);

impl<'a> Race<'a> {
    pub(super) fn begin(random: &'a Random) -> Self {
        Self { random, lost: 0 }
    }

    /// Waits a random part of a time that doubles, or gives up with [`Error::Busy`].
    pub(super) async fn again(&mut self) -> Result<()> {
        self.lost += 1;
        if self.lost >= MOST_TRIES {
            return Err(Error::Busy);
        }
        let most = SHORTEST_WAIT
            .saturating_mul(1 << self.lost.min(16))
            .min(LONGEST_WAIT);
        tokio::time::sleep(self.random.jitter(most)).await;
        Ok(())
    }
}
