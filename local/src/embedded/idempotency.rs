//! Idempotency of transactions: sent twice with one token, a transaction happens once.
//!
//! The store remembers tokens too. But at every transaction it walks through all tokens of the last
//! ten minutes. A busy quarter of an hour so makes writes slower and slower. This memory is
//! bounded, and forgets in order of age. It costs the same at any load.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant};

use super::Answer;

/// Lifetime of a token, as in `DynamoDB`.
const TOKEN_LIFETIME: Duration = Duration::from_mins(10);
/// Most tokens that are kept. A retry follows within seconds, so this is plenty at any load.
const MAX_TOKENS: usize = 16_384;

/// The transactions that succeeded lately, by their tokens.
#[derive(Default)]
pub(super) struct SucceededTransactions {
    by_token: HashMap<String, (u64, Answer)>,
    by_age: VecDeque<(Instant, String)>,
}

/// The state of a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TokenState {
    /// Nothing: run the transaction.
    Unused,
    /// The same transaction succeeded with this answer.
    Succeeded(Answer),
    /// Another transaction had this token.
    OtherContent,
}

impl SucceededTransactions {
    /// Looks a token up.
    pub(super) fn token_state(&self, token: &str, content: u64) -> TokenState {
        match self.by_token.get(token) {
            None => TokenState::Unused,
            Some((before, answer)) if *before == content => TokenState::Succeeded(answer.clone()),
            Some(_) => TokenState::OtherContent,
        }
    }

    /// Remembers a success.
    pub(super) fn remember(&mut self, now: Instant, token: String, content: u64, answer: Answer) {
        while let Some((at, _)) = self.by_age.front() {
            if now.duration_since(*at) < TOKEN_LIFETIME && self.by_age.len() < MAX_TOKENS {
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
        let mut answered = SucceededTransactions::default();
        assert_eq!(answered.token_state("t", 1), TokenState::Unused);
        answered.remember(Instant::now(), "t".to_owned(), 1, answer());
        assert_eq!(
            answered.token_state("t", 1),
            TokenState::Succeeded(answer())
        );
        assert_eq!(answered.token_state("t", 2), TokenState::OtherContent);
    }

    #[test]
    fn tokens_are_forgotten_by_age_and_by_number() {
        let start = Instant::now();
        let mut answered = SucceededTransactions::default();
        answered.remember(start, "old".to_owned(), 1, answer());
        answered.remember(start + TOKEN_LIFETIME, "new".to_owned(), 1, answer());
        assert_eq!(answered.token_state("old", 1), TokenState::Unused);
        for n in 0..MAX_TOKENS {
            answered.remember(start + TOKEN_LIFETIME, n.to_string(), 1, answer());
        }
        assert_eq!(answered.token_state("new", 1), TokenState::Unused);
        assert_eq!(answered.by_age.len(), MAX_TOKENS);
        assert_eq!(answered.by_token.len(), MAX_TOKENS);
    }
}
