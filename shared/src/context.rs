//! What an operation works with: the store, the clock, randomness, and the keys to seal with.

use std::sync::Arc;

use aws_sdk_dynamodb::Client as DynamoDb;

use crate::authentication::WarmSecrets;
use crate::clock::{Clock, Timestamp};
use crate::error::Result;
use crate::ids::ClientId;
use crate::random::Random;
use crate::request::Request;
use crate::sealing::{DataKeys, KeyWrapper};
use crate::secret::ClientSecret;
use crate::seed::Invitation;
use crate::store::{Grant, Store};

/// What a [`Context`] is made of.
#[derive(Debug)]
pub struct Parts {
    /// The client of the DynamoDB that keeps everything.
    pub dynamodb: DynamoDb,
    /// What the names of all tables begin with.
    pub table_prefix: String,
    /// Who wraps the data keys.
    pub keys: Arc<dyn KeyWrapper>,
    /// What the process remembers of imported secrets; shared by all contexts of a process.
    pub warm: WarmSecrets,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// Where callers reach the API, without a slash at the end, for the links that it hands out. If
    /// left out: at the host name that the gateway says it was called by.
    pub public_url: Option<String>,
}

/// What an operation works with. Made once a process and function, shared by all requests. The
/// store is not to be had from it: that comes out of a proof.
#[derive(Clone, Debug)]
pub struct Context {
    store: Store,
    warm: WarmSecrets,
    clock: Clock,
    random: Random,
    public_url: Option<String>,
}

impl Context {
    /// Puts the parts together. Connects to nothing.
    pub fn new(parts: Parts) -> Self {
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

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An ID for a new client.
    pub fn new_client_id(&self) -> Result<ClientId> {
        ClientId::generate(&self.random)
    }

    /// A new secret for a client.
    pub fn new_secret(&self) -> Result<ClientSecret> {
        ClientSecret::generate(&self.random)
    }

    /// Opens the connection to the store, so that the first request does not pay for it, with a read
    /// that one of these grants allows. What goes wrong here shows again, with more to say, when the
    /// first request comes.
    pub async fn warm_up(&self, grants: &[Grant]) {
        self.store.warm_up(grants).await;
    }

    /// Creates the tables that are not there yet: for the local binary and for tests, not for a
    /// deployment, where the template makes them.
    pub async fn create_missing_tables(&self) -> Result<()> {
        self.store.create_missing_tables().await
    }

    /// Is there no application yet?
    pub async fn is_empty(&self) -> Result<bool> {
        self.store.is_empty().await
    }

    /// Writes down what was counted and is kept in memory for a moment. A process that is about to end
    /// does this.
    pub async fn settle(&self) {
        self.store.settle().await;
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn warm(&self) -> &WarmSecrets {
        &self.warm
    }

    /// Where this request's API is reached, without a slash at the end.
    pub(crate) fn public_url(&self, request: &Request) -> String {
        match (&self.public_url, &request.domain) {
            (Some(url), _) => url.clone(),
            (None, Some(domain)) => format!("https://{domain}"),
            (None, None) => String::new(),
        }
    }

    /// The link of an invitation; its path alone where it is not known where the API is reached.
    pub fn link(&self, invitation: &Invitation) -> String {
        let url = self.public_url.as_deref().unwrap_or_default();
        format!("{url}{}", invitation.path())
    }

    pub(crate) fn random(&self) -> &Random {
        &self.random
    }
}
