//! The store, and its scope: one application as one caller may see it.

use aws_sdk_dynamodb::Client as DynamoDb;

use crate::clock::Clock;
use crate::domain::audit::Origin;
use crate::domain::precondition::{IfMatch, Once};
use crate::ids::ApplicationId;
use crate::random::Random;
use crate::secrets::sealing::DataKeys;
use crate::secrets::signing_key::OpenedKeys;
use crate::store::memory::{Issues, Noted};
use crate::store::table::Names;

/// The tables, and what it takes to write in them.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    pub(super) dynamodb: DynamoDb,
    pub(super) tables: Names,
    pub(super) keys: DataKeys,
    pub(super) clock: Clock,
    pub(super) random: Random,
    /// Signing keys that are open.
    pub(super) opened: OpenedKeys,
    /// The last uses of secrets that were written.
    pub(super) noted: Noted,
    /// The counts of issued tokens.
    pub(super) issues: Issues,
}

impl Store {
    pub(crate) fn new(
        dynamodb: DynamoDb,
        prefix: &str,
        keys: DataKeys,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self {
            dynamodb,
            tables: Names::with(prefix),
            keys,
            clock,
            random,
            opened: OpenedKeys::default(),
            noted: Noted::default(),
            issues: Issues::default(),
        }
    }
}

/// The store as one caller may see it: one application, and who is asking. Made by
/// [`crate::admission::authorization::Authorized`] alone.
#[derive(Clone, Debug)]
pub struct Scope {
    pub(crate) store: Store,
    pub(crate) application: ApplicationId,
    pub(crate) origin: Origin,
    /// The version that the caller wants to change.
    pub(crate) if_match: IfMatch,
    /// The caller's idempotency key.
    pub(crate) once: Option<Once>,
}
