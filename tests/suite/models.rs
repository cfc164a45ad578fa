//! Random histories, each held to a model: of clients, of approvals, of signing keys. A failing one names its seed.

mod approvals;
mod chance;
mod clients;
mod random_faults;
mod signing_keys;
