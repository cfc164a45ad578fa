//! Operations: their declaration, and the list entry that everything else is read from.
//!
//! # Why it is as it is
//!
//! *One declaration, many readers.* The type of an operation says its name, route, input, reply,
//! proof and access patterns. The Lambda handler, the local route, the IAM policy, the OpenAPI
//! document and the permission table come from it. So none of them can be forgotten, and none can
//! disagree.
//!
//! *The proof hands out the store.* `run` gets a `Proof` and nothing else that leads to data. A proof
//! has no public constructor. So an operation that forgets to check its caller has no store.
//!
//! *A list entry is plain data.* `Endpoint` has a function pointer in the place of generics. So all
//! operations fit into one `const` list and one binary. Lambda finds its entry by the handler's name
//! at the start (decision 0010).
//!
//! # Reading order
//!
//! This file, `road` (from a request to its response), `refusal` (its event in the audit),
//! `log_line`.

pub(crate) mod log_line;
mod refusal;
pub(crate) mod road;

use std::pin::Pin;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;

use crate::admission::authorization::{Proof, Requirement};
use crate::admission::call::Call;
use crate::context::Context;
use crate::domain::audit::About;
use crate::error::Result;
use crate::schema;
use crate::store::PendingWrite;
use crate::store::{AccessPattern, Grant};
use crate::wire::json_body;
use crate::wire::rendered::Rendered;
use crate::wire::reply::Reply;
use crate::wire::route::{Envelope, Route};

/// An operation: a thing that a caller can do. The type's fields are its input.
pub trait Operation: DeserializeOwned + JsonSchema + Send + Sized + 'static {
    /// Its name: the area and the file it stands in, `clients.reset_secret`. Also the name of its
    /// Lambda function's handler, and the action in the audit.
    const ID: &'static str;
    /// The route and the envelope.
    const ROUTE: Route;
    /// Its title in the documentation.
    const SUMMARY: &'static str;
    /// The access patterns beyond admitting its caller.
    ///
    /// Its IAM policy is made from this, and the local binary enforces it.
    const TOUCHES: &'static [AccessPattern];
    /// The proof it takes that its caller may call it.
    type Caller: Proof;
    /// The reply.
    type Reply: Reply;

    /// Runs the operation.
    fn run(
        self,
        cx: &Context,
        caller: Self::Caller,
    ) -> impl Future<Output = Result<Self::Reply>> + Send;
}

/// An operation, as plain data: what the bootstrap, the local server, the template, the OpenAPI
/// document and the tests read.
#[derive(Debug)]
pub struct Endpoint {
    /// [`Operation::ID`]
    pub id: &'static str,
    /// [`Operation::ROUTE`]
    pub route: Route,
    /// [`Operation::SUMMARY`]
    pub summary: &'static str,
    /// The requirement for its caller.
    pub requires: Requirement,
    /// The HTTP status of a success.
    pub status: u16,
    /// Whether its reply is a stream.
    pub streams: bool,
    /// The media types of a success.
    pub media_types: &'static [&'static str],
    /// The headers of a success, beside those that every answer has.
    pub headers: &'static [&'static str],
    touches: [&'static [AccessPattern]; 2],
    pub(crate) answer: for<'a> fn(&'a Call<'a>) -> Answering<'a>,
    describe_input: fn(&mut SchemaGenerator) -> Schema,
    describe_reply: fn(&mut SchemaGenerator) -> Schema,
}

/// A function that no route leads to: IAM alone says who may invoke it. As plain data, like an
/// [`Endpoint`].
#[derive(Debug)]
pub struct Unrouted {
    /// The name of its handler.
    pub id: &'static str,
    /// Its title in the documentation.
    pub summary: &'static str,
    /// After so many seconds Lambda ends it.
    pub seconds: u32,
    /// Its memory in MB, by which Lambda measures its CPU time as well.
    pub megabytes: u32,
    /// Its access patterns.
    pub touches: &'static [AccessPattern],
}

impl Unrouted {
    /// Returns its grants, each once and sorted. They are its IAM policy.
    pub fn grants(&self) -> Vec<Grant> {
        AccessPattern::all_grants(self.touches.iter().copied())
    }
}

/// An operation at work.
pub(crate) type Answering<'a> = Pin<Box<dyn Future<Output = Answered> + Send + 'a>>;

/// The outcome of an operation, with what its admission found out.
pub(crate) struct Answered {
    pub(crate) outcome: Result<Rendered>,
    /// The caller, or whom they claim to be.
    pub(crate) about: Option<About>,
    /// A write beside the operation; the answer waits for it.
    pub(crate) pending_write: Option<PendingWrite>,
}

impl Endpoint {
    /// Returns the list entry of operation `T`.
    pub const fn of<T: Operation>() -> Self {
        Self {
            id: T::ID,
            route: T::ROUTE,
            summary: T::SUMMARY,
            requires: T::Caller::REQUIRES,
            status: T::Reply::STATUS,
            streams: T::Reply::STREAMS,
            media_types: T::Reply::MEDIA_TYPES,
            headers: T::Reply::HEADERS,
            touches: [T::Caller::TOUCHES, T::TOUCHES],
            answer: |call| Box::pin(answer::<T>(call)),
            describe_input: T::json_schema,
            describe_reply: T::Reply::describe,
        }
    }

    /// Returns its grants, each once and sorted. They are its IAM policy.
    pub fn grants(&self) -> Vec<Grant> {
        AccessPattern::all_grants(self.patterns().copied())
    }

    /// Returns whether it takes an `Idempotency-Key`.
    pub fn happens_once(&self) -> bool {
        self.does(AccessPattern::CreateOnce)
    }

    /// Returns whether it spends a one-time code.
    pub fn takes_a_code(&self) -> bool {
        self.does(AccessPattern::SpendCode)
    }

    /// Returns whether each call computes Argon2id for a person.
    pub fn hashes_slowly(&self) -> bool {
        self.patterns().any(|pattern| pattern.hashes_slowly())
    }

    /// Can it answer that the change waits for approval?
    pub fn can_wait(&self) -> bool {
        self.does(AccessPattern::AskForApproval) || self.does(AccessPattern::AskToCreate)
    }

    /// Can it be refused because of what stands in the store now?
    pub fn can_conflict(&self) -> bool {
        self.patterns().any(|pattern| pattern.can_conflict())
    }

    /// Are attempts at it counted, and refused when there are too many?
    pub fn is_limited(&self) -> bool {
        self.patterns().any(|pattern| pattern.is_limited())
    }

    /// Does it take a signed request in the place of a secret?
    pub fn takes_a_signature(&self) -> bool {
        self.does(AccessPattern::VerifySignature)
    }

    fn does(&self, wanted: AccessPattern) -> bool {
        self.patterns().any(|pattern| *pattern == wanted)
    }

    fn patterns(&self) -> impl Iterator<Item = &'static AccessPattern> {
        self.touches.iter().copied().flatten()
    }

    /// Returns whether it takes an `If-Match`.
    pub fn changes_a_version(&self) -> bool {
        let changes = |method: &&str| matches!(*method, "PATCH" | "PUT" | "DELETE");
        self.route.envelope == Envelope::Admin
            && (self.route.methods.iter().any(changes) || self.route.path.contains("}/"))
            && self.route.has_version
    }

    /// Returns the schema of its input: an object with a property for each argument. Types with a name go into
    /// the generator's definitions.
    pub fn describe_input(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.describe_input)(generator)
    }

    /// Returns the schema of its reply.
    pub fn describe_reply(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.describe_reply)(generator)
    }
}

async fn answer<T: Operation>(call: &Call<'_>) -> Answered {
    let (admitted, about, pending_write) = match T::Caller::admit(call).await {
        Ok(admitted) => (Ok(admitted.proof), admitted.about, admitted.pending_write),
        Err(refused) => {
            let about = refused.about.map(|about| *about);
            (Err(refused.error), about, refused.pending_write)
        }
    };
    if let Some(about) = &about {
        about.note_in_log();
    }
    let outcome = match admitted {
        Ok(caller) => work::<T>(call, caller).await,
        Err(refused) => Err(refused),
    };
    Answered {
        outcome,
        about,
        pending_write,
    }
}

/// Decodes the input of an operation, runs it and renders its reply. Its caller has been admitted
/// before, so that a stranger learns nothing from a fault of the input.
async fn work<T: Operation>(call: &Call<'_>, caller: T::Caller) -> Result<Rendered> {
    let input: T = if T::ROUTE.takes_json() {
        json_body::decode(call.request, schema::required::<T>)?
    } else {
        call.arguments.decode(schema::required::<T>)?
    };
    let reply = input.run(call.cx, caller).await?;
    reply.render(T::ROUTE.envelope, call.request)
}
