//! AWS Lambda on this machine: the real bootstrap, in processes of its own for each function.
//!
//! A process is started when an event finds none that is free. It fetches events through Lambda's
//! Runtime API, one at a time. It is frozen between them, and killed when it takes too long. Its
//! calls to DynamoDB and KMS go through the function's guards.

mod function;
mod instance;
mod runtime_api;
mod services;
mod settings;

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use self::function::{Function, FunctionSpec};
use self::services::Services;
use self::settings::Settings;
use crate::dynamodb::TableGuard;
use crate::fault::StartError;
use crate::iam::{REGION, key_arn};
use crate::keys::KeyGuard;
use shared::store::Resource;
use shared::{Clock, Random};

/// Largest event or response: 6 MB. A stream may be larger.
pub const MAX_PAYLOAD_BYTES: usize = 6_291_556;

/// The bootstrap that functions run.
#[derive(Debug)]
pub struct Bootstrap {
    /// The executable file.
    pub program: PathBuf,
    /// Environment variables beside those that Lambda and the template give.
    pub environment: Vec<(String, String)>,
    /// The file for its output; `None` is this process's standard error.
    pub log: Option<File>,
    /// A file that gets the server's time, in UTC, before each event. Tests set their functions' clock by it.
    pub clock_file: Option<PathBuf>,
}

/// The reason why a function did not answer. Its text is for the log; a caller is told less.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the bootstrap cannot be started: {0}")]
    Start(#[from] io::Error),
    #[error("it reported at its start: {0}")]
    InitError(String),
    #[error("it was not ready for an event after {0:?}")]
    InitTimeout(Duration),
    #[error("it ended: {0}")]
    Ended(ExitStatus),
    #[error("it took longer than {0:?} and was killed")]
    Timeout(Duration),
    #[error("it reported: {0}")]
    Error(String),
    #[error("its response is larger than {MAX_PAYLOAD_BYTES} bytes")]
    ResponseTooLarge,
    #[error("the event is larger than {MAX_PAYLOAD_BYTES} bytes")]
    EventTooLarge,
    #[error("its connection broke, or it asked for the next event instead of answering")]
    NoAnswer,
    #[error("its response is not what an HTTP API takes")]
    MalformedResponse,
    #[error("it was still at work when the gateway gave up after {0:?}")]
    GatewayTimeout(Duration),
}

/// An answer of a function.
#[derive(Debug)]
pub(crate) enum Answer {
    Whole(Bytes),
    /// A head, eight zero bytes, and a body, as they are made.
    Stream(Body),
}

/// The guards of one function.
pub(crate) struct Guards {
    pub(crate) dynamodb: TableGuard,
    pub(crate) keys: KeyGuard,
}

/// All functions.
#[derive(Debug)]
pub(crate) struct Lambda {
    functions: Vec<Arc<Function>>,
    /// The server that answers their calls to AWS.
    _services: LoopbackServer,
}

/// The settings that all functions have in common.
pub(crate) struct Deployment<'a> {
    pub(crate) bootstrap: Bootstrap,
    pub(crate) template: &'a str,
    pub(crate) table_prefix: &'a str,
    pub(crate) public_url: &'a str,
    pub(crate) clock: Clock,
    pub(crate) random: &'a Random,
}

impl Lambda {
    /// Prepares a function for each of these guards, which name it. None is started yet.
    pub(crate) async fn deploy(
        deployment: Deployment<'_>,
        guards: impl Iterator<Item = Guards>,
    ) -> Result<Self, StartError> {
        let Deployment {
            bootstrap,
            template,
            table_prefix,
            public_url,
            clock,
            random,
        } = deployment;
        let broken = |fault| StartError::Bootstrap(bootstrap.program.clone(), fault);
        if !bootstrap.program.metadata().map_err(broken)?.is_file() {
            return Err(broken(io::Error::other("it is no file")));
        }
        let settings = Settings::parse(template)?;
        let mut services = Services::default();
        let mut functions = Vec::new();
        for guards in guards {
            let name = Arc::clone(&guards.dynamodb.function);
            let credentials = services.admit(guards, random)?;
            let settings = settings.of(&name);
            let mut environment = credentials.variables();
            environment.extend(settings.variables(&name));
            environment.extend([
                ("COUNTERSIGN_TABLE_PREFIX", table_prefix.to_owned()),
                ("COUNTERSIGN_PUBLIC_URL", public_url.to_owned()),
                (
                    "COUNTERSIGN_KMS_KEY",
                    key_arn(Resource::SealingKey.logical_id()),
                ),
                ("AWS_REGION", REGION.to_owned()),
                ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ]);
            functions.push((name, environment, settings));
        }
        let services = LoopbackServer::start(services.router())
            .await
            .map_err(broken)?;
        let bootstrap = Arc::new(bootstrap);
        let functions = functions
            .into_iter()
            .map(|(name, mut environment, settings)| {
                environment.push(("AWS_ENDPOINT_URL", services.url()));
                Arc::new(Function::new(FunctionSpec {
                    name,
                    bootstrap: Arc::clone(&bootstrap),
                    environment,
                    settings,
                    clock: clock.clone(),
                    random: random.clone(),
                }))
            })
            .collect();
        Ok(Self {
            functions,
            _services: services,
        })
    }

    /// Gives an event to the function at this place.
    pub(crate) async fn invoke(&self, place: usize, event: Vec<u8>) -> Result<Answer, Failure> {
        if event.len() > MAX_PAYLOAD_BYTES {
            return Err(Failure::EventTooLarge);
        }
        self.functions[place].invoke(event.into()).await
    }
}

/// A server on a free port of 127.0.0.1, which ends when this is dropped.
#[derive(Debug)]
struct LoopbackServer {
    address: String,
    serving: JoinHandle<()>,
}

impl LoopbackServer {
    async fn start(router: Router) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let listener = listener.tap_io(|connection| {
            let _ = connection.set_nodelay(true);
        });
        let serving = tokio::spawn(async move {
            // It retries what fails on accepting and so never returns an error.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, serving })
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for LoopbackServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
