//! The memory of a process: last uses that it has noted, and tokens that it has counted.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Timestamp;
use crate::domain::audit::Origin;
use crate::ids::{ApplicationId, ClientId};

/// The notes that this process has written in the present minute.
#[derive(Clone, Debug, Default)]
pub(super) struct Noted(Arc<Mutex<Minute>>);

#[derive(Debug, Default)]
struct Minute {
    began: Option<Timestamp>,
    uses: HashSet<(ClientId, u32)>,
}

/// More clients than that within a minute, and the memory starts over: what was written is written
/// again.
const MOST_NOTED: usize = 10_000;

impl Noted {
    /// Returns whether it is the first use of this secret in this minute, as far as this process knows.
    pub(super) fn is_first(&self, client: &ClientId, serial: u32, minute: Timestamp) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.began != Some(minute) || noted.uses.len() >= MOST_NOTED {
            *noted = Minute {
                began: Some(minute),
                uses: HashSet::new(),
            };
        }
        noted.uses.insert((client.clone(), serial))
    }

    pub(super) fn forget(&self, client: &ClientId, serial: u32) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.uses.remove(&(client.clone(), serial));
    }
}

/// The counts of this process.
#[derive(Clone, Debug, Default)]
pub(super) struct Issues(Arc<Mutex<Ledger>>);

#[derive(Debug, Default)]
pub(super) struct Ledger {
    minute: Option<Timestamp>,
    counts: HashMap<Kind, Count>,
    pub(super) left: Left,
}

/// Counts that are left of earlier minutes.
pub(super) type Left = Vec<(Kind, Count)>;

/// A kind of tokens that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) client: ClientId,
    pub(super) serial: u32,
    pub(super) source_ip: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Count {
    pub(super) application: ApplicationId,
    pub(super) origin: Origin,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) tally: Tally,
}

/// The number of tokens, and the number of those that are not written yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) counted: u64,
    pub(super) unwritten: u64,
}

impl Tally {
    /// Counts one more; is it time to write down those that are unwritten?
    fn add(&mut self) -> bool {
        self.counted += 1;
        self.unwritten += 1;
        self.unwritten >= (self.counted / UNWRITTEN_PART).max(1)
    }
}

/// So much of what was counted may be unwritten: a sixteenth.
const UNWRITTEN_PART: u64 = 16;
/// More kinds within a minute, and the ledger is written out.
const MOST_KINDS: usize = 10_000;
/// Most counts of earlier minutes that a later token writes.
const MOST_LEFT_AT_ONCE: usize = 8;

impl Ledger {
    /// Counts a token, and returns the counts to write now.
    ///
    /// They are of its own kind, if it is time, and some that are left of earlier minutes.
    pub(super) fn add(
        &mut self,
        kind: &Kind,
        application: &ApplicationId,
        origin: &Origin,
        now: Timestamp,
    ) -> (Option<Count>, Left) {
        if self.minute != Some(now.minute()) || self.counts.len() >= MOST_KINDS {
            self.minute = Some(now.minute());
            self.turn();
        }
        let count = self.counts.entry(kind.clone()).or_insert_with(|| Count {
            application: application.clone(),
            origin: origin.clone(),
            first: now,
            last: now,
            tally: Tally::default(),
        });
        count.last = now;
        let own = count.tally.add().then(|| {
            let own = count.clone();
            count.tally.unwritten = 0;
            own
        });
        let left = self.left.len().saturating_sub(MOST_LEFT_AT_ONCE);
        (own, self.left.drain(left..).collect())
    }

    /// Puts back a count whose write failed.
    pub(super) fn put_back(&mut self, of: Kind, count: Count) {
        if count.tally.unwritten == 0 {
            return;
        }
        match self.counts.get_mut(&of) {
            Some(present) if present.first == count.first => {
                present.tally.unwritten += count.tally.unwritten;
            }
            _ => self.left.push((of, count)),
        }
    }

    /// Begins a new minute.
    pub(super) fn turn(&mut self) {
        let over = self
            .counts
            .drain()
            .filter(|(_, count)| count.tally.unwritten > 0);
        self.left.extend(over);
    }
}

impl Issues {
    pub(super) fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_tokens_are_counted_one_by_one_and_of_many_a_sixteenth_waits_at_most() {
        let (mut tally, mut written, mut writes) = (Tally::default(), 0, 0);
        for issued in 1..=10_000 {
            if tally.add() {
                (written, writes) = (written + tally.unwritten, writes + 1);
                tally.unwritten = 0;
            }
            assert!(issued - written <= issued / 16, "{issued}: {written}");
            assert!(issued >= 32 || written == issued, "{issued}: {written}");
        }
        assert!(writes < 150, "{writes}");
    }
}
