//! Secrets: what proves who somebody is, and the keys that seal it.

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
