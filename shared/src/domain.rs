//! The domain: applications, clients, people, settings, and what happens to them.

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
pub(crate) mod page;
pub(crate) mod precondition;
pub(crate) mod published;
pub(crate) mod seed;
pub(crate) mod setting;
pub(crate) mod target;
