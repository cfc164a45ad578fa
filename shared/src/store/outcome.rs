//! The outcome of a transaction: committed, a conflict to try again after, or a refusal.

use crate::domain::audit::Actor;
use crate::error::{Error, Result};
use crate::store::Scope;
use crate::store::dynamodb::is_throttling;
use crate::store::retry::Attempt;

/// The meaning of a failed condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnConflict {
    /// Somebody else was faster: read again, and try again.
    Retry,
    /// The description belongs to another client.
    NameTaken,
    /// The client's ID is already in use.
    IdTaken,
    /// The e-mail address belongs to another administrator.
    EmailTaken,
    /// The same creation was made before: its answer is there.
    Replayed,
    /// An audience belongs to another application.
    AudienceTaken,
    /// A change request for the same object waits.
    Locked,
    /// The asker may no longer do so.
    NotEntitled,
}

impl OnConflict {
    /// Returns the error that the caller gets.
    pub(super) fn refusal(self, scope: &Scope) -> Error {
        match self {
            Self::NameTaken => Error::Taken {
                // What either API calls it.
                argument: match scope.origin.actor {
                    Actor::Administrator { .. } => "name",
                    Actor::Client { .. } | Actor::System | Actor::Provisioning | Actor::Nobody => {
                        "description"
                    }
                },
                by: "another client of this application",
            },
            Self::EmailTaken => Error::Taken {
                argument: "email",
                by: "another administrator of this application",
            },
            Self::AudienceTaken => Error::conflict(
                "audience-taken",
                "one of the audiences belongs to another application",
            ),
            Self::NotEntitled => Error::SignedOut,
            Self::IdTaken => Error::unexpected("a new ID is taken"),
            Self::Retry | Self::Replayed | Self::Locked => Error::Busy,
        }
    }
}

/// The outcome of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All of it happened.
    Committed,
    /// None of it happened: somebody else changed what was read, or is just changing it.
    Conflict,
    /// None of it happened, and trying again does not help.
    Refused(OnConflict),
}

impl Outcome {
    /// Ends an attempt: with `value` if it committed, and with an error if it was refused.
    pub(super) fn settle<T>(self, scope: &Scope, value: T) -> Result<Attempt<T>> {
        match self {
            Self::Committed => Ok(Attempt::Done(value)),
            // The same creation was made meanwhile: the next attempt reads its answer.
            Self::Conflict | Self::Refused(OnConflict::Replayed) => Ok(Attempt::Conflict),
            Self::Refused(reason) => Err(reason.refusal(scope)),
        }
    }

    /// Returns the common meaning of the cancellation reasons, one for each item.
    ///
    /// Reading again comes first, as long as it can help. `None` is for a reason that should never be.
    pub(super) fn of_reasons(reasons: &[&str], conditions: &[OnConflict]) -> Option<Self> {
        let mut refused = None;
        let mut is_conflict = false;
        for (reason, condition) in reasons.iter().zip(conditions) {
            match *reason {
                "None" => {}
                "ConditionalCheckFailed" if *condition != OnConflict::Retry => {
                    // Whoever may not ask, and what cannot be asked for now, need not hear of a name.
                    refused = match refused {
                        Some(OnConflict::NotEntitled | OnConflict::Locked) => refused,
                        _ => Some(*condition),
                    };
                }
                "ConditionalCheckFailed" | "TransactionConflict" => is_conflict = true,
                code if is_throttling(code) => is_conflict = true,
                _ => return None,
            }
        }
        if is_conflict {
            Some(Self::Conflict)
        } else {
            refused.map(Self::Refused)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: [OnConflict; 2] = [OnConflict::Retry, OnConflict::NameTaken];

    #[test]
    fn a_stale_version_is_read_anew_before_a_name_counts_as_taken() {
        let both = ["ConditionalCheckFailed", "ConditionalCheckFailed"];
        assert_eq!(Outcome::of_reasons(&both, &NAMED), Some(Outcome::Conflict));
        let name = ["None", "ConditionalCheckFailed"];
        assert_eq!(
            Outcome::of_reasons(&name, &NAMED),
            Some(Outcome::Refused(OnConflict::NameTaken))
        );
    }

    #[test]
    fn conflicts_and_throttling_are_tried_again() {
        for code in [
            "TransactionConflict",
            "ThrottlingError",
            "ProvisionedThroughputExceeded",
        ] {
            assert_eq!(
                Outcome::of_reasons(&["None", code], &NAMED),
                Some(Outcome::Conflict),
                "{code}"
            );
        }
        assert_eq!(
            Outcome::of_reasons(&["ValidationError", "None"], &NAMED),
            None
        );
    }
}
