//! The context of operations: the store, the clock, randomness, and the keys to seal with.

use std::sync::Arc;

use aws_sdk_dynamodb::Client as DynamoDb;

use crate::clock::{Clock, Timestamp};
use crate::domain::seed::Invitation;
use crate::error::Result;
use crate::ids::ClientId;
use crate::random::Random;
use crate::secrets::client_secret::ClientSecret;
use crate::secrets::data_key::KeyWrapper;
use crate::secrets::sealing::DataKeys;
use crate::secrets::verified::WarmSecrets;
use crate::store::{Grant, Store};
use crate::wire::request::Request;

/// The parts of a [`Housekeeping`].
#[derive(Debug)]
pub struct Parts {
    /// The client of the DynamoDB that keeps everything.
    pub dynamodb: DynamoDb,
    /// Prefix of all table names.
    pub table_prefix: String,
    /// The wrapper of data keys.
    pub keys: Arc<dyn KeyWrapper>,
    /// The cache of verified imported secrets, shared by all contexts of a process.
    pub warm: WarmSecrets,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// The URL of the API without a slash at the end, for links.
    ///
    /// If left out, the host name of the request, as the gateway reports it.
    pub public_url: Option<String>,
}

/// The tools of an operation: clock, randomness and the address of the API. A process makes one for
/// each function, and all requests share it. The store is not to be had from it: that comes out of a
/// proof.
#[derive(Clone, Debug)]
pub struct Context {
    store: Store,
    warm: WarmSecrets,
    clock: Clock,
    random: Random,
    public_url: Option<String>,
}

impl Context {
    fn new(parts: Parts) -> Self {
        let Parts {
            dynamodb,
            table_prefix,
            keys,
            warm,
            clock,
            random,
            public_url,
        } = parts;
        let keys = DataKeys::new(keys, clock.clone(), random.clone());
        let store = Store::new(dynamodb, &table_prefix, keys, clock.clone(), random.clone());
        Self {
            store,
            warm,
            clock,
            random,
            public_url,
        }
    }

    /// Returns the present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns an ID for a new client.
    pub fn new_client_id(&self) -> Result<ClientId> {
        ClientId::generate(&self.random)
    }

    /// Returns a new secret for a client.
    pub fn new_secret(&self) -> Result<ClientSecret> {
        ClientSecret::generate(&self.random)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn warm(&self) -> &WarmSecrets {
        &self.warm
    }

    /// Returns the URL of this request's API, without a slash at the end.
    pub(crate) fn public_url(&self, request: &Request) -> String {
        match (&self.public_url, &request.domain) {
            (Some(url), _) => url.clone(),
            (None, Some(domain)) => format!("https://{domain}"),
            (None, None) => String::new(),
        }
    }

    pub(crate) fn random(&self) -> &Random {
        &self.random
    }
}

/// The work around operations: tables, seeds, the first connection and the last writes. A process
/// makes one and hands its [`Context`] to operations. An operation cannot make one, so that none can
/// plant an application or an administrator without a proof.
#[derive(Debug)]
pub struct Housekeeping(Context);

impl Housekeeping {
    /// Puts the parts together. Connects to nothing.
    pub fn new(parts: Parts) -> Self {
        Self(Context::new(parts))
    }

    /// Returns the context of the operations of this process.
    pub fn context(&self) -> &Context {
        &self.0
    }

    /// Opens the connection to the store with a granted read, so that the first request does not pay
    /// for it.
    ///
    /// Its faults are ignored: they show again, with more detail, at the first request.
    pub async fn warm_up(&self, grants: &[Grant]) {
        self.0.store.warm_up(grants).await;
    }

    /// Creates missing tables, for the local binary and for tests. In a deployment the template makes
    /// them.
    pub async fn create_missing_tables(&self) -> Result<()> {
        self.0.store.create_missing_tables().await
    }

    /// Returns whether there is no application yet.
    pub async fn is_empty(&self) -> Result<bool> {
        self.0.store.is_empty().await
    }

    /// Writes down what was counted and is kept in memory for a moment. A process that is about to end
    /// does this.
    pub async fn settle(&self) {
        self.0.store.settle().await;
    }

    /// Returns the link of an invitation; its path alone where it is not known where the API is
    /// reached.
    pub fn link(&self, invitation: &Invitation) -> String {
        let url = self.0.public_url.as_deref().unwrap_or_default();
        format!("{url}{}", invitation.path())
    }
}
