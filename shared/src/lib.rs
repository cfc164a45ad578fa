//! The core of Countersign: what API clients, secrets and settings are, who may touch them, and how
//! they are kept.
//!
//! This crate knows no HTTP server and no Lambda. An [`Operation`] declares one thing a caller can
//! do; [`answer`] takes a [`Request`] along the one road to its [`Response`]; only [`store`] knows
//! how DynamoDB holds it.

mod allow_list;
mod application;
mod arguments;
mod audit;
mod authentication;
mod authorization;
mod client;
mod clock;
mod context;
mod envelope;
mod error;
mod feature;
mod file;
mod operation;
mod published;
mod random;
mod request;
mod road;
mod schema;
mod sealing;
mod secret;
pub mod seed;
mod setting;
pub mod store;

pub use allow_list::AllowList;
pub use application::{Application, ApplicationId};
pub use arguments::Arguments;
pub use authentication::WarmSecrets;
pub use authorization::{
    Anyone, Authorized, Capability, ListClients, ManageClients, ManageSettings, Proof, Public,
    PublishSettings, ReadApplicationSettings, ReadPublished, ReadSettings, Requirement, Target,
};
pub use client::{Client, ClientId, Description};
pub use clock::{Clock, Timestamp};
pub use context::{Context, Parts};
pub use error::{Cause, Error, Result};
pub use feature::{Feature, Features};
pub use file::{File, Freshness};
pub use operation::{Described, Endpoint, Envelope, Nothing, Operation, Reply, Route};
pub use published::{PublishedSettings, PublishedVersion, Snapshot};
pub use random::Random;
pub use request::{MAX_BODY_BYTES, Request, Response};
pub use road::answer;
pub use sealing::{DataKey, KeyFile, KeyFileFault, KeyWrapper, WrappedKey, Wrapping};
pub use secret::{ClientSecret, GraceHours};
pub use setting::{
    Layer, LayerName, Layers, MAX_LAYER_BYTES, MAX_LAYER_KEYS, SettingKey, SettingMap,
    SettingValue, Settings, TooLarge,
};
