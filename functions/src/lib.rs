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
    pub(crate) mod delete;
    pub(crate) mod delete_default;
    pub(crate) mod delete_multi;
    pub(crate) mod explain;
    pub(crate) mod get;
    pub(crate) mod get_all;
    pub(crate) mod get_default;
    pub(crate) mod get_multi;
    pub(crate) mod history;
    pub(crate) mod items;
    pub(crate) mod keys;
    pub(crate) mod restore;
    pub(crate) mod set;
    pub(crate) mod set_default;
    pub(crate) mod set_default_multi;
    pub(crate) mod set_multi;
    pub(crate) mod widget {
        pub(crate) mod delete;
        pub(crate) mod get;
        pub(crate) mod list;
        pub(crate) mod publish;
    }
}
mod widget_data {
    pub(crate) mod newest;
    pub(crate) mod version;
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
    Endpoint::of::<settings::widget::list::ListPublishedSettings>(),
    Endpoint::of::<settings::widget::get::ViewPublishedSettings>(),
    Endpoint::of::<settings::widget::publish::PublishClientSettings>(),
    Endpoint::of::<settings::widget::delete::DeletePublishedSettings>(),
    Endpoint::of::<settings::get_default::ViewApplicationSetting>(),
    Endpoint::of::<settings::set_default::ModifyApplicationSetting>(),
    Endpoint::of::<settings::set_default_multi::ModifyApplicationSettings>(),
    Endpoint::of::<settings::delete_default::DeleteApplicationSetting>(),
    Endpoint::of::<settings::keys::ListClientSettings>(),
    Endpoint::of::<settings::items::ViewClientSettings>(),
    Endpoint::of::<settings::get::ViewClientSetting>(),
    Endpoint::of::<settings::get_multi::ViewSomeClientSettings>(),
    Endpoint::of::<settings::set::ModifyClientSetting>(),
    Endpoint::of::<settings::set_multi::ModifyClientSettings>(),
    Endpoint::of::<settings::delete::DeleteClientSetting>(),
    Endpoint::of::<settings::delete_multi::DeleteClientSettings>(),
    Endpoint::of::<settings::get_all::ViewAllSettings>(),
    Endpoint::of::<settings::explain::ExplainClientSettings>(),
    Endpoint::of::<settings::history::ViewSettingsHistory>(),
    Endpoint::of::<settings::restore::RestoreSettings>(),
    Endpoint::of::<widget_data::newest::ReadNewestSettings>(),
    Endpoint::of::<widget_data::version::ReadPublishedVersion>(),
    Endpoint::of::<documents::openapi::DescribeApi>(),
];
