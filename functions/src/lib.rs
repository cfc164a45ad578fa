//! The operations of Countersign, one file each, and the Lambda bootstrap that holds them all.
//!
//! [`OPERATIONS`] is the only list of them. The bootstrap, the local server, `template.yaml`, the
//! OpenAPI document, the permission table and the tests read it; nothing else names a route.

mod bootstrap;
mod event;

mod clients {
    pub(crate) mod add;
    pub(crate) mod clear_whitelist;
    pub(crate) mod delete;
    pub(crate) mod list;
    pub(crate) mod reset_secret;
    pub(crate) mod set_description;
    pub(crate) mod set_features;
    pub(crate) mod set_whitelist;
}
mod documents {
    pub(crate) mod openapi;
}
mod settings {
    pub(crate) mod get_default;
}

pub use bootstrap::run as run_bootstrap;
pub use documents::openapi::document as openapi_document;
pub use event::answer;
use shared::Endpoint;

/// Every operation, in the order of the documentation.
pub static OPERATIONS: &[Endpoint] = &[
    Endpoint::of::<clients::list::ListClients>(),
    Endpoint::of::<clients::add::CreateClient>(),
    Endpoint::of::<clients::delete::DeleteClient>(),
    Endpoint::of::<clients::set_description::RenameClient>(),
    Endpoint::of::<clients::set_features::ModifyClientFeatures>(),
    Endpoint::of::<clients::set_whitelist::CreateAllowList>(),
    Endpoint::of::<clients::clear_whitelist::ClearAllowList>(),
    Endpoint::of::<clients::reset_secret::ResetClientSecret>(),
    Endpoint::of::<settings::get_default::ViewApplicationSetting>(),
    Endpoint::of::<documents::openapi::DescribeApi>(),
];
