//! The local server: HTTP in, the same operations as on AWS, each with its own function's rights.

mod contexts;
mod http;
mod storage;

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use functions::OPERATIONS;
use shared::seed::{Founded, Founding, Planted, Planter, Seed};
use shared::{Clock, Housekeeping, Random, WarmSecrets};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use self::contexts::Contexts;
use self::http::Server;
pub use self::storage::Storage;
use crate::dynamodb::CallHook;
use crate::embedded::Embedded;
use crate::fault::StartError;
use crate::iam::Policies;
use crate::lambda::{Bootstrap, Deployment, Lambda};

/// Longest time for the last requests when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Interval at which functions write what they keep in memory.
const SETTLE_INTERVAL: Duration = Duration::from_secs(2);

/// Options of the server.
#[derive(Debug)]
pub struct Options {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The storage.
    pub storage: Storage,
    /// Prefix of all table names, and the stack name that policies are read with.
    pub table_prefix: String,
    /// The applications, clients and administrators to create if they are missing.
    pub seed: Option<Seed>,
    /// Whether to create a demo application if there is nothing yet, and no seed.
    pub demo: bool,
    /// The time.
    pub clock: Clock,
    /// A test's hook, which sees every call to DynamoDB that an operation makes.
    pub hook: Option<Arc<dyn CallHook>>,
    /// The bootstrap that runs the operations, in processes of their own. `None`: they run in this
    /// process.
    pub bootstrap: Option<Bootstrap>,
    /// Another SAM template than the one that this binary was built with.
    pub template: Option<String>,
}

/// A server that answers. Dropping it stops it too, but waits for nothing.
#[derive(Debug)]
pub struct Running {
    /// Its URL: `http://127.0.0.1:8080`.
    pub url: String,
    /// The address that it listens on.
    pub address: SocketAddr,
    /// The demo application, if this start created it.
    pub demo: Option<Founded>,
    /// The part of the seed that this start created, if there was a seed.
    pub planted: Option<Planted>,
    server: Arc<Server>,
    serving: JoinHandle<()>,
    at_work: mpsc::Receiver<Infallible>,
    stop: oneshot::Sender<Infallible>,
}

impl Running {
    /// Takes no more requests. Returns when the last ones are answered, at the latest after ten seconds.
    pub async fn stop(mut self) {
        drop(self.stop);
        let finish = async {
            let ended = (&mut self.serving).await;
            // Nothing is ever sent: this returns when the last task at work drops its sender.
            let _ = self.at_work.recv().await;
            ended
        };
        if tokio::time::timeout(STOP_TIMEOUT, finish).await.is_err() {
            tracing::warn!("requests that took too long were cut off");
            self.serving.abort();
        }
        self.server.contexts.settle().await;
    }

    /// Returns the embedded DynamoDB, if the server runs on it.
    pub fn embedded(&self) -> Option<&Embedded> {
        self.server.contexts.storage.embedded()
    }

    /// Returns the embedded DynamoDB and its sealing key, for another server to share.
    pub fn shared_storage(&self) -> Option<Storage> {
        self.server.contexts.storage.shared()
    }

    /// Returns the context that the function of this operation works with.
    pub fn housekeeping(&self, operation: &str) -> Option<&Housekeeping> {
        let place = OPERATIONS.iter().position(|known| known.id == operation)?;
        Some(self.server.contexts.of(place))
    }
}

/// Opens the storage, creates what is missing, and serves.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let listener = TcpListener::bind(options.listen)
        .await
        .map_err(|fault| StartError::Listen(options.listen, fault))?;
    let address = listener
        .local_addr()
        .map_err(|fault| StartError::Listen(options.listen, fault))?;
    let random = Random::default();
    let template = options.template.as_deref().unwrap_or(crate::TEMPLATE);
    let policies = Policies::parse(template, &options.table_prefix)?;
    let url = format!("http://{}", reachable(address));
    let contexts = Contexts {
        storage: options.storage.open(&random).await?,
        policies,
        table_prefix: options.table_prefix,
        warm: WarmSecrets::new(&random)?,
        clock: options.clock.clone(),
        random: random.clone(),
        hook: options.hook,
        public_url: url.clone(),
        of_operation: OPERATIONS.iter().map(|_| OnceLock::new()).collect(),
    };
    let (demo, planted) = prepare(&contexts, options.seed, options.demo).await?;

    let lambda = match options.bootstrap {
        None => None,
        Some(bootstrap) => {
            let deployment = Deployment {
                bootstrap,
                template: options.template.as_deref().unwrap_or(crate::TEMPLATE),
                table_prefix: &contexts.table_prefix,
                public_url: &url,
                clock: options.clock.clone(),
                random: &random,
            };
            let guards = OPERATIONS
                .iter()
                .map(|operation| contexts.guards(operation.id));
            Some(Lambda::deploy(deployment, guards).await?)
        }
    };
    let server = Server::new(contexts, lambda, options.clock, random, address.port());
    let server = Arc::new(server);
    let (stop, stopped) = oneshot::channel::<Infallible>();
    let (working, at_work) = mpsc::channel(1);
    // A weak reference: the task must not keep a server alive that was dropped.
    tokio::spawn(settle(Arc::downgrade(&server)));
    let serving = tokio::spawn(http::serve(listener, Arc::clone(&server), working, stopped));
    Ok(Running {
        url,
        address,
        demo,
        planted,
        server,
        serving,
        at_work,
        stop,
    })
}

/// Lets functions write what they keep in memory every few seconds, as long as there is a server.
async fn settle(server: Weak<Server>) {
    loop {
        tokio::time::sleep(SETTLE_INTERVAL).await;
        let Some(server) = server.upgrade() else {
            return;
        };
        server.contexts.settle().await;
    }
}

/// Creates missing tables, and plants the seed or the demo in them.
async fn prepare(
    contexts: &Contexts,
    seed: Option<Seed>,
    demo: bool,
) -> Result<(Option<Founded>, Option<Planted>), StartError> {
    let housekeeping = contexts.housekeeping().await?;
    housekeeping.create_missing_tables().await?;
    if let Some(key) = &contexts.storage.new_key
        && !housekeeping.is_empty().await?
    {
        // The new key opens none of the secrets that are there. Left in place, it would hide that
        // at the next start.
        let _ = std::fs::remove_file(key);
        return Err(StartError::KeyMissing(key.clone()));
    }
    let planter = Planter::Start;
    if let Some(seed) = seed {
        return Ok((None, Some(seed.plant(&housekeeping, &planter).await?)));
    }
    if demo && housekeeping.is_empty().await? {
        return Ok((
            Founding::demo()?.plant(&housekeeping, &planter).await?,
            None,
        ));
    }
    Ok((None, None))
}

/// Returns an address to reach a listener at. One that listens on all addresses has none in its URL.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests;
