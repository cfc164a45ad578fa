//! The core of Countersign: what API clients, secrets and settings are, who may touch them, and how
//! they are kept.
//!
//! This crate knows no HTTP server and no Lambda. An [`Operation`] declares one thing that a caller can
//! do. [`answer`] takes a [`Request`] along the one road to its [`Response`]. Only [`store`] knows how
//! DynamoDB keeps it.

mod admission;
mod clock;
mod context;
mod domain;
mod error;
mod ids;
mod operation;
mod planting;
mod random;
mod schema;
mod secrets;
pub mod store;
mod text;
mod wire;

pub use admission::authorization::{
    AdministerClients, Anyone, Authorized, Capability, Duty, HandleSecrets, HandsOutLinks,
    KeepOwnSession, ListClients, ManageAdministrators, ManageClients, ManageModules,
    ManageSettings, ManageTokenPolicy, Proof, Public, PublishSettings, ReadApplicationSettings,
    ReadAudit, ReadPublished, ReadSettings, Requirement, ReviewChanges, RotateKeys, SignedIn,
    SwitchPolicy, TakesCode, TokenClient, TokenUse, Verifier, ViewAdministrators, ViewChanges,
    ViewClients, ViewModules, ViewPolicy, ViewSigningKeys, ViewTokenPolicy, Visitor,
};
pub use clock::{Clock, Moment, Timestamp};
pub use context::{Context, Housekeeping, Parts};
pub use domain::access_token::{AccessToken, ActiveToken, Scopes, TOKEN_SECONDS, TokenType};
pub use domain::administrator::{
    Administrator, AdministratorProfile, AdministratorState, Email, PersonName, Privilege,
    Privileges,
};
pub use domain::allow_list::AllowList;
pub use domain::application::{Application, ModuleKey, ModuleName, Modules};
pub use domain::audience::{Audience, Audiences, RotationDays};
pub use domain::change_request::{ChangeRequest, ChangeState, Why};
pub use domain::client::{
    Client, ClientName, ClientProfile, Description, ModuleGrant, ModuleGrants,
};
pub use domain::feature::{Feature, Features};
pub use domain::kind::ObjectKind;
pub use domain::page::{Cursor, Page, PageOf, PageSize};
pub use domain::published::{NewestSettings, PublishedSettings, PublishedVersion, Snapshot};
pub use domain::setting::{
    Layer, LayerName, Layers, MAX_LAYER_BYTES, MAX_LAYER_KEYS, SettingKey, SettingMap,
    SettingValue, Settings, TooLarge,
};
pub use domain::target::Target;
pub use error::TokenFault;
pub use error::{Cause, Error, Fault, Held, Result};
pub use ids::AdministratorId;
pub use ids::ApplicationId;
pub use ids::ChangeRequestId;
pub use ids::ClientId;
pub use operation::log_line::ANSWERED;
pub use operation::road::answer;
pub use operation::{Endpoint, Operation, Unrouted};
pub use random::Random;
pub use secrets::client_secret::{ClientSecret, GraceHours};
pub use secrets::data_key::{DataKey, ENCRYPTION_CONTEXT, KeyWrapper, WrappedKey, Wrapping};
pub use secrets::invitation_token::InvitationToken;
pub use secrets::key_file::{KeyFile, KeyFileFault};
pub use secrets::one_time_code::{OneTimeCode, TotpSetup};
pub use secrets::password::{Password, RecoveryCode, RecoveryCodes};
pub use secrets::session_token::SessionToken;
pub use secrets::signing_key::{KeyId, KeyState};
pub use secrets::verified::WarmSecrets;
pub use wire::arguments::Arguments;
pub use wire::correlation::Correlation;
pub use wire::file::{Contents, File, Freshness};
pub use wire::reply::{Begun, Created, Download, Ended, Formats, NoContent, Tagged};
pub use wire::reply::{Nothing, Reply};
pub use wire::request::{Body, BodyStream, MAX_BODY_BYTES, Request, Response};
pub use wire::route::{Envelope, Route};

/// Seeds: files that applications, their clients and their administrators are planted from.
pub mod seed {
    pub use crate::domain::seed::{
        Founded, Founding, Invitation, Planted, Planter, Seed, SeedFault,
    };
}
