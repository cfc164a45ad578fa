//! Secrets: client secrets, passwords, one-time codes, tokens and keys, and how they are kept.
//!
//! # Why it is as it is
//!
//! *A secret has no `Debug` and no `Display`.* It cannot end up in a log or an error by accident.
//! Memory that held it is wiped.
//!
//! *The form of a secret decides how it is verified.* One that was made here has 190 random bits: a
//! plain digest is enough. One that a person may have chosen needs Argon2id. The presented text
//! decides, so the time of a refusal does not tell what is stored (decision 0002).
//!
//! *What must be shown again is sealed*, under a data key of its application. The key is wrapped by
//! KMS, or by a key file locally (decision 0008). The sealing is bound to the owner and to a serial
//! number. A sealed value that is moved or put back does not open.
//!
//! *Slow hashing is bounded.* It takes 19 MiB and a core, so only as many run as there are cores.
//!
//! # Reading order
//!
//! `client_secret`, `verified` and `slow_hash`. `password` and `one_time_code`. `session_token` and
//! `invitation_token`. `data_key`, `key_file`, `sealing` and `key_cache`. `signing_key`.

pub(crate) mod client_secret;
pub(crate) mod data_key;
pub(crate) mod invitation_token;
pub(crate) mod key_cache;
pub(crate) mod key_file;
pub(crate) mod one_time_code;
pub(crate) mod password;
pub(crate) mod sealing;
pub(crate) mod session_token;
pub(crate) mod signing_key;
pub(crate) mod slow_hash;
pub(crate) mod verified;
