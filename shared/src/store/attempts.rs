//! What was tried and refused, and how often: limits that hold over all processes, and refusals for
//! the audit, at most one a minute of each kind and source, with a count. A stranger can make each of
//! these items count, and can not make many of them.

use std::collections::HashMap;
use std::net::IpAddr;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use sha2::{Digest, Sha256};

use super::audit::StoredEvent;
use super::dynamodb::fault;
use super::key::{Key, PARTITION};
use super::table::EXPIRES;
use super::{Store, Table};
use crate::audit::{About, Actor, Origin};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::ids::ApplicationId;

/// What is limited, each by account and by source.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// Signing in.
    SignIn,
    /// Looking at or taking up an invitation.
    Invitation,
    /// A one-time code at a prompt.
    Code,
}

/// How many attempts there may be for one account in one minute,
const MOST_OF_ACCOUNT: u64 = 10;
/// and from one source: an office behind one address signs in at nine.
const MOST_OF_SOURCE: u64 = 60;
const WINDOW_MILLIS: i64 = 60_000;

impl Limit {
    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Invitation => "invitation",
            Self::Code => "code",
        }
    }
}

impl Store {
    /// Counts an attempt, and refuses it if there were too many in this minute. Done before anything
    /// that costs more than counting.
    pub(super) async fn limit(&self, limit: Limit, account: &str, origin: &Origin) -> Result<()> {
        let now = self.clock.now();
        let window = now.millis().div_euclid(WINDOW_MILLIS);
        let ends = Timestamp::from_millis((window + 1) * WINDOW_MILLIS);
        let source = source(origin.source_ip.as_deref());
        let name = limit.name();
        let by_account = Key::attempts(&format!("{name}-account"), account, window);
        let by_source = Key::attempts(&format!("{name}-source"), &source, window);
        let (of_account, of_source) =
            tokio::join!(self.count(&by_account, ends), self.count(&by_source, ends));
        if of_account? > MOST_OF_ACCOUNT || of_source? > MOST_OF_SOURCE {
            let seconds = (ends.millis() - now.millis() + 999).div_euclid(1000);
            return Err(Error::TooMany {
                retry_after: u64::try_from(seconds).unwrap_or(60),
            });
        }
        Ok(())
    }

    /// Adds one to a counter, which may go some time after `expires`; tells what it comes to.
    pub(super) async fn count(&self, key: &Key, expires: Timestamp) -> Result<u64> {
        let number = |number: i64| AttributeValue::N(number.to_string());
        let update = self
            .dynamodb
            .update_item()
            .table_name(self.tables.name(Table::Attempts))
            .set_key(Some(key.clone().into_attributes()))
            .update_expression("ADD #count :one SET #expires = :expires")
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_names("#expires", EXPIRES)
            .expression_attribute_values(":one", number(1))
            // A day on top: the clocks of those who sweep need not be right.
            .expression_attribute_values(":expires", number(expires.seconds() + 86_400))
            .return_values(ReturnValue::UpdatedNew);
        let updated = update.send().await.map_err(fault)?;
        let count = updated
            .attributes()
            .and_then(|updated| updated.get(COUNT)?.as_n().ok());
        Ok(count
            .and_then(|count| count.parse().ok())
            .unwrap_or_default())
    }

    /// Notes that a session is in use; tells whether it is still there.
    pub(super) async fn use_session(&self, session: &Key, now: Timestamp) -> Result<bool> {
        let update = self
            .dynamodb
            .update_item()
            .table_name(self.tables.name(Table::Administrators))
            .set_key(Some(session.clone().into_attributes()))
            .condition_expression("attribute_exists(#pk)")
            .update_expression("SET #last = :now")
            .expression_attribute_names("#pk", PARTITION)
            .expression_attribute_names("#last", "last_used")
            .expression_attribute_values(":now", AttributeValue::N(now.millis().to_string()));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(failed)
                if failed
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(failed) => Err(fault(failed)),
        }
    }

    /// Counts a refusal for the audit, in one write, whatever it is of. Returns the error that the
    /// caller is told: `error`, or that of a store that could not count.
    pub(crate) async fn refuse(
        &self,
        origin: &Origin,
        about: &About,
        reason: &'static str,
        error: Error,
    ) -> Error {
        let now = self.clock.now();
        let event = StoredEvent::refusal(origin, about, reason, now);
        let application = about.application.as_ref();
        let counted = self.count_events(&event, origin, application, 1, now).await;
        counted.err().unwrap_or(error)
    }

    /// Counts `count` events of a kind and a minute for the audit, the last of which happened at
    /// `last`.
    pub(super) async fn count_events(
        &self,
        event: &StoredEvent,
        origin: &Origin,
        application: Option<&ApplicationId>,
        count: u64,
        last: Timestamp,
    ) -> Result<()> {
        let kind = kind(event, origin);
        let key = Key::refusals(application, event.time.minute(), &kind);
        let fields: HashMap<String, AttributeValue> =
            serde_dynamo::to_item(event).map_err(|fault| {
                Error::unexpected(format!("an event does not become an item: {fault}"))
            })?;
        let mut update = self
            .dynamodb
            .update_item()
            .table_name(self.tables.name(Table::Attempts))
            .set_key(Some(key.into_attributes()));
        let mut first = Vec::new();
        for (place, (name, value)) in fields.into_iter().enumerate() {
            // What the first one was is kept; of the others there is the count.
            first.push(format!("#f{place} = if_not_exists(#f{place}, :f{place})"));
            update = update
                .expression_attribute_names(format!("#f{place}"), name)
                .expression_attribute_values(format!(":f{place}"), value);
        }
        update = update
            .update_expression(format!(
                "ADD #count :count SET #last = :last, {}",
                first.join(", ")
            ))
            .expression_attribute_names("#count", COUNT)
            .expression_attribute_names("#last", "last_time")
            .expression_attribute_values(":count", AttributeValue::N(count.to_string()))
            .expression_attribute_values(":last", AttributeValue::N(last.millis().to_string()));
        update.send().await.map_err(fault).map(|_| ())
    }
}

const COUNT: &str = "count";

/// What makes two happenings of a minute one event.
fn kind(event: &StoredEvent, origin: &Origin) -> [u8; 32] {
    let mut hash = Sha256::new();
    // Whoever tries to be somebody tries it anywhere.
    let action = match origin.actor {
        Actor::Nobody => None,
        _ => Some(event.action.as_str()),
    };
    // What was issued with one secret is not what was issued with another.
    let changes = event.changes.first().map(|change| change.after.to_string());
    let parts = [
        action,
        event.reason.as_deref(),
        event.actor_id.as_deref(),
        event.object_id.as_deref(),
        changes.as_deref(),
        Some(&source(origin.source_ip.as_deref())),
    ];
    for part in parts {
        let part = part.unwrap_or_default();
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The source as it is counted: an IPv6 network of 64 bits is one household.
fn source(ip: Option<&str>) -> String {
    match ip.map(str::parse) {
        Some(Ok(IpAddr::V6(ip))) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(Ok(IpAddr::V4(ip))) => ip.to_string(),
        _ => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_household_is_one_source() {
        assert_eq!(source(Some("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
        assert_eq!(source(Some("2001:db8:1:2::9")), "2001:db8:1:2::/64");
        assert_eq!(source(Some("192.0.2.1")), "192.0.2.1");
        assert_eq!(source(None), "unknown");
    }
}
