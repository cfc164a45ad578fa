//! The operations of Countersign, one file each, and the Lambda bootstrap that holds them all.
//!
//! [`OPERATIONS`] is the only list of them. The bootstrap, the local server, `template.yaml`, the
//! OpenAPI document, the permission table and the tests read it. Nothing else names a route.

mod admin {
    pub(crate) mod administrators {
        pub(crate) mod delete;
        pub(crate) mod get;
        pub(crate) mod invite;
        pub(crate) mod list;
        pub(crate) mod reset_mfa;
        pub(crate) mod reset_password;
        pub(crate) mod update;
    }
    pub(crate) mod audit {
        pub(crate) mod export;
        pub(crate) mod list;
    }
    pub(crate) mod change_requests {
        pub(crate) mod approve;
        pub(crate) mod get;
        pub(crate) mod list;
        pub(crate) mod reject;
    }
    pub(crate) mod clients {
        pub(crate) mod create;
        pub(crate) mod delete;
        pub(crate) mod get;
        pub(crate) mod list;
        pub(crate) mod regenerate_secret;
        pub(crate) mod retire_secret;
        pub(crate) mod reveal_secret;
        pub(crate) mod update;
    }
    pub(crate) mod invitations {
        pub(crate) mod accept;
        pub(crate) mod get;
    }
    pub(crate) mod me;
    pub(crate) mod modules {
        pub(crate) mod get;
        pub(crate) mod replace;
    }
    pub(crate) mod multi_admin {
        pub(crate) mod get;
        pub(crate) mod switch;
    }
    pub(crate) mod shown {
        pub(crate) mod administrator;
        pub(crate) mod client;
        pub(crate) mod event;
        pub(crate) mod key;
        pub(crate) mod modules;
        pub(crate) mod multi_admin;
        pub(crate) mod token_policy;
    }
    pub(crate) mod signing_keys {
        pub(crate) mod list;
        pub(crate) mod rotate;
    }
    pub(crate) mod token_policy {
        pub(crate) mod get;
        pub(crate) mod replace;
    }
    pub(crate) mod sessions {
        pub(crate) mod create;
        pub(crate) mod delete;
    }
}
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
mod lambda {
    pub(crate) mod bootstrap;
    pub(crate) mod event;
    pub mod kms;
    pub(crate) mod provisioning;
    pub(crate) mod telemetry;
}
mod oauth2 {
    pub(crate) mod introspect;
    pub(crate) mod jwks;
    pub(crate) mod metadata;
    pub(crate) mod revoke;
    pub(crate) mod token;
}
mod existed;
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

pub use documents::openapi::document as openapi_document;
pub use lambda::bootstrap::run as run_bootstrap;
pub use lambda::event::{AnswerBody, answer};
pub use lambda::kms;
pub use lambda::provisioning::{PROVISION, ProvisioningError, ProvisioningReply, provision};
pub use lambda::telemetry::{log_as_on_lambda, log_panics};
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
    Endpoint::of::<admin::sessions::create::BeginSession>(),
    Endpoint::of::<admin::sessions::delete::EndSession>(),
    Endpoint::of::<admin::me::ViewOneself>(),
    Endpoint::of::<admin::invitations::get::ViewInvitation>(),
    Endpoint::of::<admin::invitations::accept::TakeUpInvitation>(),
    Endpoint::of::<admin::administrators::list::ListAdministrators>(),
    Endpoint::of::<admin::administrators::invite::InviteAdministrator>(),
    Endpoint::of::<admin::administrators::get::ViewAdministrator>(),
    Endpoint::of::<admin::administrators::update::ChangeAdministrator>(),
    Endpoint::of::<admin::administrators::delete::DeleteAdministrator>(),
    Endpoint::of::<admin::administrators::reset_mfa::ResetMfa>(),
    Endpoint::of::<admin::administrators::reset_password::ResetPassword>(),
    Endpoint::of::<admin::clients::list::ListClients>(),
    Endpoint::of::<admin::clients::create::CreateClient>(),
    Endpoint::of::<admin::clients::get::ViewClient>(),
    Endpoint::of::<admin::clients::update::ChangeClient>(),
    Endpoint::of::<admin::clients::delete::DeleteClient>(),
    Endpoint::of::<admin::clients::reveal_secret::RevealSecret>(),
    Endpoint::of::<admin::clients::regenerate_secret::RegenerateSecret>(),
    Endpoint::of::<admin::clients::retire_secret::RetireSecret>(),
    Endpoint::of::<admin::modules::get::ListModules>(),
    Endpoint::of::<admin::modules::replace::ReplaceModules>(),
    Endpoint::of::<admin::change_requests::list::ListChangeRequests>(),
    Endpoint::of::<admin::change_requests::get::ViewChangeRequest>(),
    Endpoint::of::<admin::change_requests::approve::ApproveChangeRequest>(),
    Endpoint::of::<admin::change_requests::reject::RejectChangeRequest>(),
    Endpoint::of::<admin::multi_admin::get::ViewMultiAdmin>(),
    Endpoint::of::<admin::multi_admin::switch::SwitchMultiAdmin>(),
    Endpoint::of::<admin::token_policy::get::ViewPolicy>(),
    Endpoint::of::<admin::token_policy::replace::ReplacePolicy>(),
    Endpoint::of::<admin::signing_keys::list::ListKeys>(),
    Endpoint::of::<admin::signing_keys::rotate::RotateSigningKeys>(),
    Endpoint::of::<admin::audit::list::ListEvents>(),
    Endpoint::of::<admin::audit::export::ExportEvents>(),
    Endpoint::of::<oauth2::token::IssueToken>(),
    Endpoint::of::<oauth2::introspect::IntrospectToken>(),
    Endpoint::of::<oauth2::revoke::RevokeToken>(),
    Endpoint::of::<oauth2::jwks::PublishKeys>(),
    Endpoint::of::<oauth2::metadata::DescribeAuthorizationServer>(),
    Endpoint::of::<documents::openapi::DescribeApi>(),
];
