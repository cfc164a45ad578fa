//! Rate limits that hold over all processes, by account and by source.

use std::net::IpAddr;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::clock::Timestamp;
use crate::domain::audit::Origin;
use crate::error::{Error, Result};
use crate::store::dynamodb::fault;
use crate::store::key::Key;
use crate::store::table::EXPIRES;
use crate::store::{Store, Table};

/// A rate limit, by account and by source.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// Signing in.
    SignIn,
    /// Looking at or taking up an invitation.
    Invitation,
    /// A one-time code at a prompt.
    Code,
}

/// Most attempts for one account in one minute.
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
        // Both are counted, whichever refuses: an attempt that one limit stops still counts for the other.
        let (of_account, of_source) =
            tokio::join!(self.count(&by_account, ends), self.count(&by_source, ends));
        if of_account? > MOST_OF_ACCOUNT || of_source? > MOST_OF_SOURCE {
            // Rounded up: a caller that waits so long is not refused again by the same window.
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
}

/// The attribute that holds a count.
pub(super) const COUNT: &str = "count";

/// Returns the source as it is counted: an IPv6 network of 64 bits is one household.
pub(super) fn source(ip: Option<&str>) -> String {
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
