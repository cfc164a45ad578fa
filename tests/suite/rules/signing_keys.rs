//! Signing keys of access tokens: rotation refuses no valid token.
//!
//! That holds for everyone who verifies with a copy of the key set that is at most five minutes old.

mod at_once;
mod compromised;
mod private;
mod rotation;
