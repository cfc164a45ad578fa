//! Classes of operations, which decide memory, timeout, concurrency and rate limits.

use shared::store::{Resource, Table};
use shared::{Endpoint, Envelope, Requirement};

/// A class of operations that are run and throttled alike. It follows from their declarations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Operations that compute Argon2id, to sign in or take up an invitation.
    SignIn,
    /// Operations that ask for a one-time code or for an invitation's link.
    Prompt,
    /// Operations of OAuth 2.
    Token,
    /// Reads of the machine API.
    MachineRead,
    /// Changes of the machine API.
    MachineWrite,
    /// All other operations of the admin API.
    Admin,
    /// Files and documents for everyone.
    Public,
    /// Operations that stream an answer of any size, under a URL of their own.
    Stream,
}

impl Class {
    /// Returns the class of an operation.
    pub fn of(endpoint: &Endpoint) -> Self {
        if endpoint.streams {
            return Self::Stream;
        }
        if endpoint.hashes_slowly() {
            return Self::SignIn;
        }
        let needs_nothing = endpoint.requires == Requirement::Nothing;
        match endpoint.route.envelope {
            Envelope::Admin if needs_nothing || endpoint.takes_a_code() => Self::Prompt,
            Envelope::Admin => Self::Admin,
            Envelope::OAuth => Self::Token,
            Envelope::Document | Envelope::File => Self::Public,
            Envelope::Machine if changes_something(endpoint) => Self::MachineWrite,
            Envelope::Machine => Self::MachineRead,
        }
    }

    /// Returns the template's parameter with the rate limit of each route.
    ///
    /// A function's own URL has no such limit.
    pub fn rate(self) -> Option<&'static str> {
        match self {
            Self::SignIn | Self::Prompt => Some("PromptRate"),
            Self::Token => Some("TokenRate"),
            Self::MachineRead => Some("MachineReadRate"),
            Self::MachineWrite => Some("MachineWriteRate"),
            Self::Admin => Some("AdminRate"),
            Self::Public => Some("PublicRate"),
            Self::Stream => None,
        }
    }

    /// Returns the memory in megabytes. Lambda's share of CPU grows with it: one whole CPU at 1,769.
    pub fn megabytes(self) -> u32 {
        match self {
            // Twelve hashes in a row take half a second with a whole processor.
            Self::SignIn => 1769,
            // The first call of an imported secret in a process is a hash, too.
            Self::Token | Self::MachineRead | Self::MachineWrite | Self::Stream => 512,
            Self::Prompt | Self::Admin | Self::Public => 256,
        }
    }

    /// Returns the timeout of a call in seconds. The gateway waits for 30.
    pub fn seconds(self) -> u32 {
        match self {
            Self::Stream => 300,
            // Changes that meet are tried again, up to 40 times.
            Self::MachineWrite | Self::Prompt | Self::Admin => 28,
            // Three tries of five seconds at DynamoDB or KMS.
            Self::SignIn | Self::Token | Self::MachineRead | Self::Public => 20,
        }
    }

    /// Returns whether it has reserved concurrency of its own.
    ///
    /// A flood of guesses then takes no concurrency from others, and its cost is limited.
    pub fn reserves_concurrency(self) -> bool {
        self == Self::SignIn
    }
}

/// Returns whether an operation changes something: every change writes to the audit.
fn changes_something(endpoint: &Endpoint) -> bool {
    let grants = endpoint.grants();
    grants
        .iter()
        .any(|grant| grant.on == Resource::Table(Table::Audit))
}
