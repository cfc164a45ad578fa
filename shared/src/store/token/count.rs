//! How many tokens were issued, for the audit: an event for each client, secret, source and minute,
//! with a count.
//!
//! Few tokens are counted one by one, each before it is handed out. Of many within a minute a process
//! keeps the newest sixteenth to itself for a moment, so that a busy client does not cost a write for
//! each token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::audit::{Actor, Object, Origin};
use crate::clock::Timestamp;
use crate::error::Result;
use crate::ids::{ApplicationId, ClientId};
use crate::store::audit::StoredEvent;
use crate::store::{Scope, Store};

/// What this process has counted.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Issues(Arc<Mutex<Ledger>>);

#[derive(Debug, Default)]
struct Ledger {
    minute: Option<Timestamp>,
    counts: HashMap<Kind, Count>,
    left: Left,
}

/// What is left of earlier minutes.
type Left = Vec<(Kind, Count)>;

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    client: ClientId,
    serial: u32,
    source_ip: Option<String>,
}

#[derive(Clone, Debug)]
struct Count {
    application: ApplicationId,
    origin: Origin,
    first: Timestamp,
    last: Timestamp,
    tally: Tally,
}

/// How many there were, and how many of them nobody else knows of.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    counted: u64,
    unwritten: u64,
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
/// What is left of earlier minutes is written by later tokens, a few at a time.
const MOST_LEFT_AT_ONCE: usize = 8;

impl Ledger {
    /// Counts a token; tells what is to be written now: of its own kind, if it is time, and of what is
    /// left of earlier minutes.
    fn add(&mut self, kind: &Kind, scope: &Scope, now: Timestamp) -> (Option<Count>, Left) {
        if self.minute != Some(now.minute()) || self.counts.len() >= MOST_KINDS {
            self.minute = Some(now.minute());
            self.turn();
        }
        let count = self.counts.entry(kind.clone()).or_insert_with(|| Count {
            application: scope.application.clone(),
            origin: scope.origin.clone(),
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

    /// What could not be written is still to be written.
    fn put_back(&mut self, of: Kind, count: Count) {
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

    /// A minute is over.
    fn turn(&mut self) {
        let over = self
            .counts
            .drain()
            .filter(|(_, count)| count.tally.unwritten > 0);
        self.left.extend(over);
    }
}

impl Issues {
    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Counts a token that is about to be handed out to the client of this scope, got with the secret
    /// of this serial number.
    pub(super) async fn count_issue(&self, scope: &Scope, serial: u32) -> Result<()> {
        let Actor::Client { id, .. } = &scope.origin.actor else {
            return Ok(());
        };
        let kind = Kind {
            client: id.clone(),
            serial,
            source_ip: scope.origin.source_ip.clone(),
        };
        let now = self.clock.now();
        let (own, left) = self.issues.ledger().add(&kind, scope, now);
        if let Some(mut own) = own
            && let Err(failed) = self.write_issues(&kind, &own).await
        {
            // This token is not handed out; those that were are due with the next one.
            own.tally.unwritten -= 1;
            let mut ledger = self.issues.ledger();
            ledger.left.extend(left);
            ledger.put_back(kind, own);
            return Err(failed);
        }
        self.write_left(left).await;
        Ok(())
    }

    /// Writes all that was counted and not written yet; what fails is tried again later.
    pub(crate) async fn settle(&self) {
        let left = {
            let mut ledger = self.issues.ledger();
            ledger.turn();
            std::mem::take(&mut ledger.left)
        };
        self.write_left(left).await;
    }

    async fn write_left(&self, left: Left) {
        for (of, count) in left {
            if self.write_issues(&of, &count).await.is_err() {
                self.issues.ledger().put_back(of, count);
            }
        }
    }

    async fn write_issues(&self, of: &Kind, count: &Count) -> Result<()> {
        let name = count.origin.actor.id_and_name().1.unwrap_or_default();
        let object = Object {
            kind: "api_client",
            id: of.client.as_str().to_owned(),
            name: name.to_owned(),
        };
        let Count {
            application,
            origin,
            first,
            last,
            tally,
            ..
        } = count;
        let event = StoredEvent::issue(origin, application, &object, of.serial, *first);
        let application = Some(application);
        self.count_events(&event, origin, application, tally.unwritten, *last)
            .await
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
