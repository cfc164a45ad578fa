//! The suite: everything through the front door, each test with a server of its own.

mod administrators;
mod authentication;
mod bad_input;
mod bootstrap;
mod concurrency;
mod contract;
mod deletion;
mod derived;
mod faults;
mod local_binary;
mod measures;
mod model;
mod permissions;
mod publishing;
mod secrecy;
mod settings;
mod settings_at_once;
mod signatures;
mod vendor_style;
