//! A call on its way to an operation, and the outcome of its admission.

use crate::context::Context;
use crate::domain::audit::{About, Actor, Origin};
use crate::domain::kind::ObjectKind;
use crate::error::{Error, Result};
use crate::store::PendingWrite;
use crate::wire::arguments::Arguments;
use crate::wire::request::Request;
use crate::wire::route::Envelope;

/// A request on its way to an operation, as admission and decoding see it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub(crate) cx: &'a Context,
    /// The operation's ID, which is also the action that the audit tells.
    pub(crate) operation: &'static str,
    /// The kind of the object that the path names, if it names one.
    pub(crate) names: Option<ObjectKind>,
    pub(crate) request: &'a Request,
    pub(crate) arguments: &'a Arguments,
    pub(crate) request_id: &'a str,
    /// The API's rules for arguments, credentials and answers.
    pub(crate) envelope: Envelope,
}

/// The longest user agent that the audit keeps, in characters: a caller chooses its length.
const USER_AGENT_CHARS: usize = 256;

impl Call<'_> {
    /// Returns the source of this call for the audit, with `actor` as its caller.
    pub(crate) fn origin(&self, actor: Actor) -> Origin {
        let user_agent = self.request.headers.get(http::header::USER_AGENT);
        let user_agent = user_agent.map(|text| {
            String::from_utf8_lossy(text.as_bytes())
                .chars()
                .take(USER_AGENT_CHARS)
                .collect()
        });
        Origin {
            actor,
            source_ip: self.request.source_ip.map(|ip| ip.to_string()),
            user_agent,
            action: self.operation,
            request_id: self.request_id.to_owned(),
        }
    }
}

/// A caller who was let in, with the proof of it.
#[derive(Debug)]
pub struct Admitted<P> {
    pub(crate) proof: P,
    /// The caller, for the audit of a refusal that the operation itself makes.
    pub(crate) about: Option<About>,
    /// A write beside the operation; the answer waits for it.
    pub(crate) pending_write: Option<PendingWrite>,
}

impl<P> Admitted<P> {
    /// Lets in a caller of whom nothing is known.
    pub(crate) const fn anyone(proof: P) -> Self {
        Self {
            proof,
            about: None,
            pending_write: None,
        }
    }

    /// Asks for a further proof. A caller who lacks it is refused as the one who was let in.
    pub(crate) fn and_then<Q>(
        self,
        prove: impl FnOnce(P) -> Result<Q>,
    ) -> Result<Admitted<Q>, Refused> {
        let Self {
            proof,
            about,
            pending_write,
        } = self;
        match prove(proof) {
            Ok(proof) => Ok(Admitted {
                proof,
                about,
                pending_write,
            }),
            Err(error) => Err(Refused {
                error,
                about: about.map(Box::new),
                pending_write,
            }),
        }
    }
}

/// A caller who was refused, with what admission learnt about them.
#[derive(Debug)]
pub struct Refused {
    pub(crate) error: Error,
    /// The caller, or whom they claim to be, for the audit. Boxed, so that the common case, a caller who
    /// was let in, moves less.
    pub(crate) about: Option<Box<About>>,
    pub(crate) pending_write: Option<PendingWrite>,
}

impl Refused {
    /// Refuses a caller who is known, or claims to be somebody.
    pub(crate) fn known(error: Error, about: About) -> Self {
        Self {
            error,
            about: Some(Box::new(about)),
            pending_write: None,
        }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self {
            error,
            about: None,
            pending_write: None,
        }
    }
}
