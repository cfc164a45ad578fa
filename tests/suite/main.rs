//! The suite: everything through the front door, each test with a server of its own.

mod authentication;
mod bad_input;
mod bootstrap;
mod concurrency;
mod contract;
mod derived;
mod faults;
mod local_binary;
mod measures;
mod model;
mod permissions;
mod secrecy;
