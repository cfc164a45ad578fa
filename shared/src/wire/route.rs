//! Routes: the path, the methods and the envelope of an operation.

use crate::domain::kind::ObjectKind;

/// The route of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The path, beginning with a slash.
    pub path: &'static str,
    /// The HTTP methods it answers to.
    pub methods: &'static [&'static str],
    /// The form of replies and errors.
    pub envelope: Envelope,
    /// The kind of the object that the path's part in braces names, for the audit of a refusal.
    pub names: Option<ObjectKind>,
    /// Does the object that it changes have a version, for `If-Match`?
    pub has_version: bool,
}

/// The envelope of replies and errors: their form on the wire.
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
    /// A public file: any site may read it, and caches may keep it. A missing one is a plain 404.
    File,
}

impl Route {
    /// Returns a machine operation's route: GET and POST, the machine API's envelope.
    pub const fn machine(path: &'static str) -> Self {
        Self::plain(path, &["GET", "POST"], Envelope::Machine)
    }

    /// Returns a public document's route: GET, no envelope.
    pub const fn document(path: &'static str) -> Self {
        Self::plain(path, &["GET"], Envelope::Document)
    }

    /// Returns a public file's route: GET. Its arguments are the path's parts in braces.
    pub const fn file(path: &'static str) -> Self {
        Self::plain(path, &["GET"], Envelope::File)
    }

    /// Returns an OAuth 2 operation's route: POST, with a form as its body.
    pub const fn oauth(path: &'static str) -> Self {
        Self::plain(path, &["POST"], Envelope::OAuth)
    }

    /// Returns an admin operation's route that reads.
    pub const fn get(path: &'static str) -> Self {
        Self::admin(path, &["GET"])
    }

    /// Returns an admin operation's route that creates or acts. What goes in is a JSON object, and the
    /// path's parts in braces.
    pub const fn post(path: &'static str) -> Self {
        Self::admin(path, &["POST"])
    }

    /// Returns an admin operation's route that replaces.
    pub const fn put(path: &'static str) -> Self {
        Self::admin(path, &["PUT"])
    }

    /// Returns an admin operation's route that changes what it names and leaves the rest.
    pub const fn patch(path: &'static str) -> Self {
        Self::admin(path, &["PATCH"])
    }

    /// Returns an admin operation's route that deletes.
    pub const fn delete(path: &'static str) -> Self {
        Self::admin(path, &["DELETE"])
    }

    const fn admin(path: &'static str, methods: &'static [&'static str]) -> Self {
        Self::plain(path, methods, Envelope::Admin)
    }

    const fn plain(
        path: &'static str,
        methods: &'static [&'static str],
        envelope: Envelope,
    ) -> Self {
        Self {
            path,
            methods,
            envelope,
            names: None,
            has_version: true,
        }
    }

    /// Says that the path's part in braces is the ID of an object of this kind.
    #[must_use]
    pub const fn names(self, kind: ObjectKind) -> Self {
        Self {
            names: Some(kind),
            ..self
        }
    }

    /// Says that the object has no version, so that it takes no `If-Match`.
    #[must_use]
    pub const fn without_version(self) -> Self {
        Self {
            has_version: false,
            ..self
        }
    }

    /// Returns whether its input comes as a JSON body.
    pub fn takes_json(&self) -> bool {
        self.envelope == Envelope::Admin
            && self
                .methods
                .iter()
                .any(|method| matches!(*method, "POST" | "PUT" | "PATCH"))
    }
}
