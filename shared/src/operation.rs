//! What an operation declares, and the one list entry that everything else is read from.

use std::pin::Pin;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::authorization::{Proof, Requirement};
use crate::context::Context;
use crate::envelope::Rendered;
use crate::error::Result;
use crate::request::{Call, Request};
use crate::store::{AccessPattern, Grant};
use crate::{json_body, schema};

/// One thing that a caller can do. The type's fields are its input; the rest is declared here.
pub trait Operation: DeserializeOwned + JsonSchema + Send + Sized + 'static {
    /// Its name: the area and the file it stands in, `clients.reset_secret`. Also the name of its
    /// Lambda function's handler, and the action in the audit.
    const ID: &'static str;
    /// Where it is reached, and in which envelope it answers.
    const ROUTE: Route;
    /// Its title in the documentation.
    const SUMMARY: &'static str;
    /// What it does with the store, beyond admitting its caller. Its IAM policy is made from this,
    /// and the local binary enforces it.
    const TOUCHES: &'static [AccessPattern];
    /// The proof it takes that its caller may call it.
    type Caller: Proof;
    /// What it answers.
    type Reply: Reply;

    /// Does it.
    fn run(
        self,
        cx: &Context,
        caller: Self::Caller,
    ) -> impl Future<Output = Result<Self::Reply>> + Send;
}

/// Where an operation is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The path, beginning with a slash.
    pub path: &'static str,
    /// The HTTP methods it answers to.
    pub methods: &'static [&'static str],
    /// How replies and errors look.
    pub envelope: Envelope,
}

/// How replies and errors look on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// The machine API's: always HTTP 200, `stat` last (machine API contract, section 3).
    Machine,
    /// The reply as it is, as a JSON document.
    Document,
    /// The admin API's: HTTP statuses that mean something, errors as RFC 9457 problems
    /// (administration contract, section 8).
    Admin,
    /// OAuth 2: a form goes in, JSON comes out, errors as RFC 6749 has them.
    OAuth,
    /// A public file: any site may read it, caches may keep it, and what is not there is a plain 404.
    File,
}

impl Route {
    /// A machine operation's route: GET and POST, the machine API's envelope.
    pub const fn machine(path: &'static str) -> Self {
        Self {
            path,
            methods: &["GET", "POST"],
            envelope: Envelope::Machine,
        }
    }

    /// A public document's route: GET, no envelope.
    pub const fn document(path: &'static str) -> Self {
        Self {
            path,
            methods: &["GET"],
            envelope: Envelope::Document,
        }
    }

    /// A public file's route: GET. Its arguments are the path's parts in braces.
    pub const fn file(path: &'static str) -> Self {
        Self {
            path,
            methods: &["GET"],
            envelope: Envelope::File,
        }
    }

    /// An OAuth 2 operation's route: POST, with a form as its body.
    pub const fn oauth(path: &'static str) -> Self {
        Self {
            path,
            methods: &["POST"],
            envelope: Envelope::OAuth,
        }
    }

    /// An admin operation's route that reads.
    pub const fn get(path: &'static str) -> Self {
        Self::admin(path, &["GET"])
    }

    /// An admin operation's route that creates or acts. What goes in is a JSON object, and the
    /// path's parts in braces.
    pub const fn post(path: &'static str) -> Self {
        Self::admin(path, &["POST"])
    }

    /// An admin operation's route that replaces.
    pub const fn put(path: &'static str) -> Self {
        Self::admin(path, &["PUT"])
    }

    /// An admin operation's route that changes what it names and leaves the rest.
    pub const fn patch(path: &'static str) -> Self {
        Self::admin(path, &["PATCH"])
    }

    /// An admin operation's route that deletes.
    pub const fn delete(path: &'static str) -> Self {
        Self::admin(path, &["DELETE"])
    }

    const fn admin(path: &'static str, methods: &'static [&'static str]) -> Self {
        Self {
            path,
            methods,
            envelope: Envelope::Admin,
        }
    }

    /// Does its input come as a JSON body?
    pub fn takes_json(&self) -> bool {
        self.envelope == Envelope::Admin
            && self
                .methods
                .iter()
                .any(|method| matches!(*method, "POST" | "PUT" | "PATCH"))
    }
}

/// The reply of an operation that has nothing to say but that it was done.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Nothing {}

/// What an operation answers: anything that serialises, in the frame of its route's envelope, or a
/// [`crate::file::File`].
pub trait Reply: Send {
    /// The HTTP status of a success.
    const STATUS: u16 = 200;
    /// Does it come in pieces, as they are made?
    const STREAMS: bool = false;

    /// Puts it into the envelope.
    #[doc(hidden)]
    fn render(self, envelope: Envelope, request: &Request) -> Result<Rendered>;

    /// Its schema.
    fn describe(generator: &mut SchemaGenerator) -> Schema;
}

impl<T: Serialize + JsonSchema + Send> Reply for T {
    fn render(self, envelope: Envelope, _: &Request) -> Result<Rendered> {
        envelope.reply(&self)
    }

    fn describe(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
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
    /// What its caller needs.
    pub requires: Requirement,
    /// The HTTP status of a success.
    pub status: u16,
    /// Does its reply come in pieces, as they are made?
    pub streams: bool,
    touches: [&'static [AccessPattern]; 2],
    pub(crate) answer: for<'a> fn(&'a Call<'a>) -> Answering<'a>,
    describe: fn(&mut SchemaGenerator) -> Described,
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
    /// What it does with the store.
    pub touches: &'static [AccessPattern],
}

impl Unrouted {
    /// What it may do to which resource, each once and sorted: its IAM policy.
    pub fn grants(&self) -> Vec<Grant> {
        AccessPattern::all_grants(self.touches.iter().copied())
    }
}

/// An operation at work.
pub(crate) type Answering<'a> = Pin<Box<dyn Future<Output = Result<Rendered>> + Send + 'a>>;

/// The JSON schemas of an operation's input and reply.
#[derive(Debug)]
pub struct Described {
    /// An object with a property for each argument.
    pub input: Schema,
    /// The reply.
    pub reply: Schema,
}

impl Endpoint {
    /// The list entry of operation `T`.
    pub const fn of<T: Operation>() -> Self {
        Self {
            id: T::ID,
            route: T::ROUTE,
            summary: T::SUMMARY,
            requires: T::Caller::REQUIRES,
            status: T::Reply::STATUS,
            streams: T::Reply::STREAMS,
            touches: [T::Caller::TOUCHES, T::TOUCHES],
            answer: |call| Box::pin(answer::<T>(call)),
            describe: |generator| Described {
                input: T::json_schema(generator),
                reply: T::Reply::describe(generator),
            },
        }
    }

    /// What it may do to which resource, each once and sorted: its IAM policy.
    pub fn grants(&self) -> Vec<Grant> {
        AccessPattern::all_grants(self.patterns().copied())
    }

    /// Does it take an `Idempotency-Key`?
    pub fn happens_once(&self) -> bool {
        self.does(AccessPattern::CreateOnce)
    }

    /// Does it spend a one-time code?
    pub fn takes_a_code(&self) -> bool {
        self.does(AccessPattern::SpendCode)
    }

    /// Does it compute Argon2id for a person, each time that it is called?
    pub fn hashes_slowly(&self) -> bool {
        self.patterns().any(|pattern| pattern.hashes_slowly())
    }

    fn does(&self, wanted: AccessPattern) -> bool {
        self.patterns().any(|pattern| *pattern == wanted)
    }

    fn patterns(&self) -> impl Iterator<Item = &'static AccessPattern> {
        self.touches.iter().copied().flatten()
    }

    /// Does it take an `If-Match`?
    pub fn changes_a_version(&self) -> bool {
        let changes = |method: &&str| matches!(*method, "PATCH" | "PUT" | "DELETE");
        self.route.envelope == Envelope::Admin
            && (self.route.methods.iter().any(changes) || self.route.path.contains("}/"))
            && self.route.path != "/admin/sessions/current"
    }

    /// The schemas of its input and reply; types they share go into the generator's definitions.
    pub fn describe(&self, generator: &mut SchemaGenerator) -> Described {
        (self.describe)(generator)
    }
}

async fn answer<T: Operation>(call: &Call<'_>) -> Result<Rendered> {
    let caller = T::Caller::admit(call).await?;
    let input: T = if T::ROUTE.takes_json() {
        json_body::decode(call.request, schema::required::<T>)?
    } else {
        call.arguments.decode(schema::required::<T>)?
    };
    let reply = input.run(call.cx, caller).await?;
    reply.render(T::ROUTE.envelope, call.request)
}
