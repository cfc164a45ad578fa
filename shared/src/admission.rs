//! Admission: who calls, and what they may do.
//!
//! # Why it is as it is
//!
//! *A proof is a type.* `Authorized<C>` proves a client with capability `C`, `SignedIn<D>` an
//! administrator with duty `D`. Only this room makes them. Each hands out a view of the store that
//! reaches as far as its capability does. A missing check is then a compile error, not a hole.
//!
//! *Nothing is remembered of rights.* Every call reads the client's credential, or the session with
//! its administrator, consistently. So a change of rights holds from the next call on. The only cache
//! is of the slow hash of imported secrets, and it is bound to the stored hash.
//!
//! *A refusal tells nothing.* An unknown client, a disabled one and a wrong secret look alike, also
//! in time. What was presented decides the work, never what is stored (decision 0002).
//!
//! *A refusal is an event.* Admission returns the caller's identity or claim. The road writes the
//! refusal into the audit before it answers.
//!
//! # Reading order
//!
//! `call`, `authentication` (a client's credentials), `session` (an administrator's token),
//! `authorization` (the proofs).

pub(crate) mod authentication;
pub(crate) mod authorization;
pub(crate) mod call;
pub(crate) mod session;
