//! Idempotency of transactions: sent twice with one token, a transaction happens once.
//!
//! The store remembers tokens too, but walks through all it has seen in ten minutes at every
//! transaction, so a busy quarter of an hour makes each write slower than the last. This memory
//! costs the same at any rate: it is bounded, and forgets in order of age.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant};

use super::Answer;

/// Lifetime of a token, as in `DynamoDB`.
const REMEMBERED_FOR: Duration = Duration::from_mins(10);
/// Most tokens that are kept. A retry follows within seconds, so this is plenty at any load.
const AT_MOST: usize = 16_384;

/// The transactions that succeeded lately, by their tokens.
#[derive(Default)]
pub(super) struct Answered {
    by_token: HashMap<String, (u64, Answer)>,
    by_age: VecDeque<(Instant, String)>,
}

/// The state of a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing: run the transaction.
    Never,
    /// The same transaction succeeded with this answer.
    Before(Answer),
    /// Another transaction had this token.
    WithOtherContent,
}

impl Answered {
    /// Looks a token up.
    pub(super) fn seen(&self, token: &str, content: u64) -> Seen {
        match self.by_token.get(token) {
            None => Seen::Never,
            Some((before, answer)) if *before == content => Seen::Before(answer.clone()),
            Some(_) => Seen::WithOtherContent,
        }
    }

    /// Remembers a success.
    pub(super) fn remember(&mut self, now: Instant, token: String, content: u64, answer: Answer) {
        while let Some((at, _)) = self.by_age.front() {
            if now.duration_since(*at) < REMEMBERED_FOR && self.by_age.len() < AT_MOST {
                break;
            }
            if let Some((_, token)) = self.by_age.pop_front() {
                self.by_token.remove(&token);
            }
        }
        self.by_age.push_back((now, token.clone()));
        self.by_token.insert(token, (content, answer));
    }
}

/// Returns a hash that tells two transactions with one token apart. A retry sends the same bytes again.
pub(super) fn content(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Answer {
        Answer {
            status: 200,
            body: b"{}".to_vec(),
        }
    }

    #[test]
    fn a_token_answers_its_own_transaction_only() {
        let mut answered = Answered::default();
        assert_eq!(answered.seen("t", 1), Seen::Never);
        answered.remember(Instant::now(), "t".to_owned(), 1, answer());
        assert_eq!(answered.seen("t", 1), Seen::Before(answer()));
        assert_eq!(answered.seen("t", 2), Seen::WithOtherContent);
    }

    #[test]
    fn tokens_are_forgotten_by_age_and_by_number() {
        let start = Instant::now();
        let mut answered = Answered::default();
        answered.remember(start, "old".to_owned(), 1, answer());
        answered.remember(start + REMEMBERED_FOR, "new".to_owned(), 1, answer());
        assert_eq!(answered.seen("old", 1), Seen::Never);
        for n in 0..AT_MOST {
            answered.remember(start + REMEMBERED_FOR, n.to_string(), 1, answer());
        }
        assert_eq!(answered.seen("new", 1), Seen::Never);
        assert_eq!(answered.by_age.len(), AT_MOST);
        assert_eq!(answered.by_token.len(), AT_MOST);
    }
}
