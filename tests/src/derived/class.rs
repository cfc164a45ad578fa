//! What a function is given, and what its routes let through, by what its operation does.

use shared::store::{Resource, Table};
use shared::{Endpoint, Envelope, Requirement};

/// Operations that are run and throttled alike. Nothing declares it: it follows from the declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Computes Argon2id for a person who signs in or takes up an invitation.
    SignIn,
    /// Asks for a one-time code or for an invitation's link.
    Prompt,
    /// OAuth 2.
    Token,
    /// Reads, for a client.
    MachineRead,
    /// Changes something, for a client.
    MachineWrite,
    /// Whatever else an administrator does.
    Admin,
    /// Files and documents for everyone.
    Public,
    /// Answers in pieces, of any size, under a URL of its own.
    Stream,
}

impl Class {
    /// The class of an operation.
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

    /// The template's parameter with the calls a second of each of its routes. A URL of a function's
    /// own has no such limit.
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

    /// Memory, in megabytes. Lambda gives as much of a processor as of memory, a whole one with 1,769.
    pub fn megabytes(self) -> u32 {
        match self {
            // Twelve hashes in a row take half a second with a whole processor.
            Self::SignIn => 1769,
            // The first call of an imported secret in a process is a hash, too.
            Self::Token | Self::MachineRead | Self::MachineWrite | Self::Stream => 512,
            Self::Prompt | Self::Admin | Self::Public => 256,
        }
    }

    /// How long a call may take, in seconds. The gateway waits for 30.
    pub fn seconds(self) -> u32 {
        match self {
            Self::Stream => 300,
            // Changes that meet are tried again, up to 40 times.
            Self::MachineWrite | Self::Prompt | Self::Admin => 28,
            // Three tries of five seconds at DynamoDB or KMS.
            Self::SignIn | Self::Token | Self::MachineRead | Self::Public => 20,
        }
    }

    /// Has it concurrency of its own, if any is reserved? So that a flood of guesses takes none from the
    /// others, and costs no more processors than that.
    pub fn reserves_concurrency(self) -> bool {
        self == Self::SignIn
    }
}

/// Every change has its event in the audit.
fn changes_something(endpoint: &Endpoint) -> bool {
    let grants = endpoint.grants();
    grants
        .iter()
        .any(|grant| grant.on == Resource::Table(Table::Audit))
}
