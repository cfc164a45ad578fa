//! Errors of operations, by what the caller can do about them.

use std::fmt;

/// The result of anything a caller asked for.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal or a fault. How it looks on the wire is decided once, by the envelope of the route.
#[derive(Debug)]
pub enum Error {
    /// Required arguments are absent. Never empty.
    Missing(Vec<String>),
    /// An argument does not fit.
    Invalid {
        /// The argument's name on the wire.
        argument: String,
        /// The reason, for the person who reads it.
        reason: String,
    },
    /// An argument was given twice with different values.
    Duplicate {
        /// The argument's name on the wire.
        argument: String,
    },
    /// The `Authorization` header names a scheme that is not supported.
    UnsupportedScheme,
    /// Unknown or disabled client, wrong secret, no credentials or a malformed header: on purpose
    /// one and the same.
    BadCredentials,
    /// The caller is known, but may not do this, or not from here.
    NotPermitted,
    /// A token endpoint refuses what its caller asked for.
    Token(TokenFault),
    /// There is no such public file, or no such thing in the caller's application.
    NotFound,
    /// Parts of a JSON body do not fit. Never empty.
    Unfit(Vec<Fault>),
    /// The body is not JSON, or does not say that it is.
    UnsupportedMedia,
    /// There is no session, or it is dead.
    SignedOut,
    /// Signing in failed: unknown address, wrong password, wrong or used code, or locked; on purpose
    /// one and the same.
    SignInFailed,
    /// A one-time code that is wrong, was used before, or comes while its owner is locked.
    WrongCode,
    /// A request that a cookie vouches for, and that does not prove to come from the console itself.
    CrossSite,
    /// A name or address that another one has already.
    Taken {
        /// The argument's name on the wire.
        argument: &'static str,
        /// The operation that holds it.
        by: &'static str,
    },
    /// The present state does not allow the change.
    Conflict {
        /// The name of the conflict: the end of the problem's `type`.
        kind: &'static str,
        /// The obstacle, and the way out.
        detail: String,
        /// The change request that it is about.
        change_request: Option<String>,
    },
    /// The caller named a version that is no longer the present one.
    Stale,
    /// The same `Idempotency-Key` came with another request before.
    KeyReused,
    /// Too many attempts; try again after so many seconds.
    TooMany {
        /// Seconds.
        retry_after: u64,
    },
    /// The request's body is larger than an operation reads.
    TooLarge,
    /// Multi admin is on: what was asked for waits for approval.
    HeldBack(Box<dyn Held>),
    /// Too many others changed the same thing at once, or the store is throttling: try again.
    Busy,
    /// A fault on our side.
    Unexpected(Cause),
}

/// An error that only a token endpoint gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// A scope was asked for that the client's modules do not let it into, or it has none.
    InvalidScope,
    /// A token was asked for somebody for whom the application allows none (RFC 8707, section 2).
    InvalidTarget,
    /// The client may not do this to a token of another client.
    ForeignToken,
}

impl TokenFault {
    /// Returns the name of the refusal in the audit.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::InvalidScope => "invalid-scope",
            Self::InvalidTarget => "invalid-target",
            Self::ForeignToken => "foreign-token",
        }
    }
}

/// A part of the input that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Fault {
    /// The place of the part: a JSON pointer (RFC 6901).
    pub pointer: String,
    /// The reason.
    pub detail: String,
}

/// A change request in the place of an answer. An interface, because the domain that defines change
/// requests stands above its errors.
pub trait Held: fmt::Debug + Send + Sync {
    /// Returns the ID of the change request.
    fn id(&self) -> &str;

    /// Serialises the change request as reviewers see it.
    fn to_json(&self) -> serde_json::Result<String>;
}

/// The inside of a fault. It goes to the log and nowhere else: it cannot be displayed, and its
/// `Debug` says nothing.
pub struct Cause(String);

impl Cause {
    /// Keeps `what` for the log. It must not hold a secret or a caller's argument.
    pub fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    /// Returns the words for the log, or for the person who starts the process. Never for a caller.
    pub fn for_the_log(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cause(..)")
    }
}

/// The reason that integrations match on when an ID names no client of the caller's application.
pub(crate) const NOT_A_VALID_ID: &str = "is not a valid id";

impl Error {
    /// Returns the error for an argument that is not valid, for this reason.
    pub fn invalid(argument: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid {
            argument: argument.into(),
            reason: reason.into(),
        }
    }

    /// Returns the error for an argument that names no client of the application (contract 4).
    pub fn not_a_valid_id(argument: &str) -> Self {
        Self::invalid(argument, format!("{argument} {NOT_A_VALID_ID}"))
    }

    /// Returns a conflict: the present state does not allow the change.
    pub fn conflict(kind: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict {
            kind,
            detail: detail.into(),
            change_request: None,
        }
    }

    /// Returns the audit's name of the refusal, if the audit records it.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        match self {
            Self::BadCredentials => Some("invalid-client-credentials"),
            Self::NotPermitted => Some("not-permitted"),
            Self::SignedOut => Some("not-signed-in"),
            Self::SignInFailed => Some("sign-in-failed"),
            Self::WrongCode => Some("wrong-code"),
            Self::CrossSite => Some("cross-site"),
            Self::Conflict { kind, .. } => Some(kind),
            Self::Token(fault) => Some(fault.name()),
            Self::Stale => Some("stale"),
            Self::TooMany { .. } => Some("too-many-attempts"),
            Self::Missing(_)
            | Self::Invalid { .. }
            | Self::Duplicate { .. }
            | Self::UnsupportedScheme
            | Self::NotFound
            | Self::Unfit(_)
            | Self::UnsupportedMedia
            | Self::Taken { .. }
            | Self::KeyReused
            | Self::HeldBack(_)
            | Self::TooLarge
            | Self::Busy
            | Self::Unexpected(_) => None,
        }
    }

    /// Returns whether it refuses credentials: missing, expired or wrong ones.
    ///
    /// The metric `AuthenticationFailures` counts these.
    pub(crate) fn refuses_credentials(&self) -> bool {
        matches!(
            self,
            Self::BadCredentials
                | Self::UnsupportedScheme
                | Self::SignedOut
                | Self::SignInFailed
                | Self::WrongCode
        )
    }

    /// Returns the log's text for a failure beside a call that goes on.
    pub(crate) fn for_the_log(&self) -> &str {
        match self {
            Self::Unexpected(cause) => cause.for_the_log(),
            _ => "the store is throttling",
        }
    }

    /// Seconds after which the same call may succeed.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany { retry_after } => Some(*retry_after),
            Self::Busy => Some(1),
            _ => None,
        }
    }

    /// Returns a fault on our side; `what` goes to the log.
    pub fn unexpected(what: impl Into<String>) -> Self {
        Self::Unexpected(Cause::new(what))
    }
}

/// Returns a caller's text as it may stand in an error: bounded, so that an error is no echo.
pub(crate) fn quoted(text: &str) -> String {
    const SHOWN: usize = 64;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
