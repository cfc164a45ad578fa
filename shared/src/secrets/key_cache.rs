//! A cache of keys in the clear, kept for five minutes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Timestamp;

/// Lifetime of a cached key, and so the time for which a disabled key goes on working in a process.
///
/// It is measured by the clock of the system. A monotonic one stands still while a process is frozen,
/// as functions are between their calls. A clock that was set back forgets too.
pub(crate) const OPEN_FOR: Duration = Duration::from_mins(5);

/// More than that in one process, and the memory starts over.
const MOST_OPENED: usize = 1_000;

type Entries<K, V> = HashMap<K, (Timestamp, Arc<V>)>;

/// A memory of opened things by their names, each of which is forgotten after [`OPEN_FOR`].
#[derive(Debug)]
pub(crate) struct Opened<K, V>(Arc<Mutex<Entries<K, V>>>);

impl<K, V> Clone for Opened<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, V> Default for Opened<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash, V> Opened<K, V> {
    pub(crate) fn get(&self, name: &K, now: Timestamp) -> Option<Arc<V>> {
        let mut entries = self.entries();
        let (since, opened) = entries.get(name)?;
        if is_open(*since, now) {
            return Some(Arc::clone(opened));
        }
        // What is dropped is wiped, so that nothing stays for longer than it is of use.
        entries.retain(|_, (since, _)| is_open(*since, now));
        None
    }

    pub(crate) fn remember(&self, name: K, opened: V, now: Timestamp) -> Arc<V> {
        let opened = Arc::new(opened);
        let mut entries = self.entries();
        entries.retain(|_, (since, _)| is_open(*since, now));
        if entries.len() >= MOST_OPENED {
            entries.clear();
        }
        entries.insert(name, (now, Arc::clone(&opened)));
        opened
    }

    fn entries(&self) -> MutexGuard<'_, Entries<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_open(since: Timestamp, now: Timestamp) -> bool {
    since <= now && now < since + OPEN_FOR
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    #[test]
    fn what_is_opened_is_forgotten_after_five_minutes() {
        let opened = Opened::default();
        opened.remember("a", 1, START);
        let last = Timestamp::from_millis((START + OPEN_FOR).millis() - 1);
        assert_eq!(opened.get(&"a", last).as_deref(), Some(&1));
        assert_eq!(opened.get(&"a", START + OPEN_FOR), None);
        assert_eq!(opened.get(&"a", START), None, "it is gone, not hidden");
    }

    #[test]
    fn using_it_does_not_prolong_it() {
        let opened = Opened::default();
        opened.remember("a", 1, START);
        for seconds in 0..300 {
            let now = START + Duration::from_secs(seconds);
            assert!(opened.get(&"a", now).is_some());
        }
        assert_eq!(opened.get(&"a", START + OPEN_FOR), None);
    }

    #[test]
    fn a_clock_that_was_set_back_forgets() {
        let opened = Opened::default();
        opened.remember("a", 1, START + Duration::from_hours(1));
        assert_eq!(opened.get(&"a", START), None);
    }

    #[test]
    fn it_holds_so_many_and_no_more() {
        let opened = Opened::default();
        for name in 0..MOST_OPENED {
            opened.remember(name, (), START);
        }
        assert_eq!(opened.entries().len(), MOST_OPENED);
        opened.remember(MOST_OPENED, (), START);
        assert_eq!(opened.entries().len(), 1);
        assert!(opened.get(&MOST_OPENED, START).is_some());
    }

    #[test]
    fn what_is_forgotten_makes_room() {
        let opened = Opened::default();
        for name in 0..MOST_OPENED {
            opened.remember(name, (), START);
        }
        opened.remember(MOST_OPENED, (), START + OPEN_FOR);
        assert_eq!(opened.entries().len(), 1);
    }
}
