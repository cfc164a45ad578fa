//! The domain: applications, clients, administrators, settings and tokens, with the rules that hold
//! for them everywhere.
//!
//! # Why it is as it is
//!
//! *Types carry rules.* A `Description` is never empty, an `AllowList` never too long, a `KeyRing`
//! always has a key that signs. Values are checked when they are made, so nothing later asks again.
//!
//! *No I/O.* Nothing here calls a database, reads a clock or draws a random number by itself. Time
//! and randomness are arguments. So a rule can be tested without a server.
//!
//! *Rules that two APIs share stand here once*: grace periods, who counts as two people, the order of
//! signing keys.
//!
//! # Reading order
//!
//! `application`, then `client` with `credential`, `feature` and `allow_list`. `administrator` and
//! `change_request`. `setting` and `published`. `audience` and `access_token`. `audit` describes what
//! happened. `target`, `precondition` and `page` are parts of calls. `seed` is the import.

pub(crate) mod access_token;
pub(crate) mod administrator;
pub(crate) mod allow_list;
pub(crate) mod application;
pub(crate) mod audience;
pub(crate) mod audit;
pub(crate) mod change_request;
pub(crate) mod client;
pub(crate) mod credential;
pub(crate) mod feature;
pub(crate) mod kind;
pub(crate) mod page;
pub(crate) mod precondition;
pub(crate) mod published;
pub(crate) mod seed;
pub(crate) mod setting;
pub(crate) mod target;
