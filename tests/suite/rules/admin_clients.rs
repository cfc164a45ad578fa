//! API clients in the hands of administrators, rule by rule (administration contract, section 2).

mod at_once;
mod grants;
mod machine_api;
mod multi_admin;
mod names;
mod next_call;
mod secrets;
