//! Time, as an argument: the system's clock, or one that a test winds by hand.

use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format as DateTimeFormat;
use serde::{Deserialize, Serialize};

use crate::schema::described;

/// A moment: milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Returns the moment so many milliseconds after the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Returns whole seconds since the epoch.
    pub(crate) const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Returns the whole second that it is, or the next one.
    pub(crate) const fn second(self) -> Self {
        Self(self.0 + (-self.0).rem_euclid(1000))
    }

    /// Returns the beginning of its minute.
    pub(crate) const fn minute(self) -> Self {
        Self(self.0 - self.0.rem_euclid(60_000))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

/// A moment as the admin API writes it: RFC 3339, UTC, `2026-11-25T08:30:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(pub Timestamp);

described! {
    Moment: { "type": "string", "format": "date-time", "examples": ["2036-11-21T08:30:00Z"], "description": "A point in time (RFC 3339), in UTC." }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        DateTime::from_millis(moment.0.millis())
            .fmt(DateTimeFormat::DateTime)
            .unwrap_or_default()
    }
}

impl TryFrom<String> for Moment {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let moment = DateTime::from_str(&text, DateTimeFormat::DateTimeWithOffset).ok();
        moment
            .and_then(|moment| moment.to_millis().ok())
            .map(|millis| Self(Timestamp(millis)))
            .ok_or("it takes a moment like 2026-11-25T08:30:00Z")
    }
}

/// A source of the time.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is wound.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// Returns a clock that stands at `start` until [`Clock::advance`] winds it.
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.millis())))
    }

    /// Returns the present moment.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let since = std::time::SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default();
                Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Self::Manual(millis) => Timestamp(millis.load(Ordering::SeqCst)),
        }
    }

    /// Winds a manual clock forward; the system's clock goes by itself.
    pub fn advance(&self, by: Duration) {
        if let Self::Manual(millis) = self {
            let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            millis.fetch_add(by, Ordering::SeqCst);
        }
    }
}
