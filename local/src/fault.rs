//! Start errors of the local server. Each says in one sentence what failed and what to do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use shared::KeyFileFault;
use shared::seed::SeedFault;

use crate::dynamodb::EndpointFault;
use crate::embedded::EmbeddedFault;
use crate::iam::PolicyFault;

/// The reason why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or is none of this machine.
    #[error(
        "cannot listen on {0}: {1}; choose another address with --listen ADDR:PORT (port 0 takes a free one)"
    )]
    Listen(SocketAddr, io::Error),
    /// The folder cannot be created or written to.
    #[error("cannot keep data in {path}: {1}; choose another folder with --data DIR, or keep nothing with --memory", path = .0.display())]
    Folder(PathBuf, io::Error),
    /// Another process has the folder.
    #[error("{path} is in use by another countersign; stop that one, or choose another folder with --data DIR", path = .0.display())]
    InUse(PathBuf),
    /// The database file cannot be used.
    #[error("cannot use the database {path}: {1}; move it away, or choose another folder with --data DIR", path = .0.display())]
    Database(PathBuf, EmbeddedFault),
    /// The store in memory cannot be made.
    #[error("cannot keep data in memory: {0}")]
    Memory(#[from] EmbeddedFault),
    /// The key that seals secrets cannot be used.
    #[error("{0}")]
    Key(#[from] KeyFileFault),
    /// There is a database, but not the key that its secrets are sealed with.
    #[error("{path} is missing, and the secrets in the database cannot be read without it; put it back, or choose another folder with --data DIR", path = .0.display())]
    KeyMissing(PathBuf),
    /// The URL is none, or does not answer.
    #[error("cannot use DynamoDB at the URL of --dynamodb: {0}")]
    Endpoint(#[from] EndpointFault),
    /// The policies of the template are not understood.
    #[error("template.yaml: {0}")]
    Template(#[from] PolicyFault),
    /// The bootstrap is no file that can be run, or there is no port for it.
    #[error("cannot run functions with the file of --bootstrap, {path}: {1}", path = .0.display())]
    Bootstrap(PathBuf, io::Error),
    /// The seed does not fit what is there.
    #[error("the file of --seed: {0}")]
    Seed(#[from] SeedFault),
    /// Tables cannot be created or read.
    #[error("cannot prepare the tables: {0}")]
    Tables(String),
}

impl From<shared::Error> for StartError {
    fn from(error: shared::Error) -> Self {
        Self::Tables(match error {
            shared::Error::Busy => "DynamoDB is busy; try again".to_owned(),
            shared::Error::Unexpected(cause) => cause.for_the_log().to_owned(),
            _ => "DynamoDB refused to create, read or write them".to_owned(),
        })
    }
}
