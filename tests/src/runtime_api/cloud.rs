//! A deployment: DynamoDB, the sealing key and the artifact that its functions share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use functions::OPERATIONS;
use local::dynamodb::{Backend, Endpoint, TableGuard};
use serde_json::Value;
use shared::seed::{Planter, Seed};
use shared::{Clock, Housekeeping, KeyFile, KeyWrapper, Parts, Random, WarmSecrets};
use tempfile::TempDir;
use tokio::sync::Mutex;

use super::{DynamoDb, Environment, Event, Function, Kms};
use crate::app::{Setup, random_name};
use crate::caller::Reply;

/// A deployment, with the suite's usual applications in it.
#[derive(Debug)]
pub struct Cloud {
    dynamodb: DynamoDb,
    table_prefix: String,
    /// The KMS that wraps data keys, if no key file does.
    kms: Option<Kms>,
    folder: TempDir,
    functions: Mutex<BTreeMap<String, Arc<Function>>>,
}

impl Cloud {
    /// Starts on the DynamoDB that the suite runs on.
    pub async fn start() -> Self {
        Self::on(DynamoDb::start().await, &Setup::default().seed).await
    }

    /// Starts on this DynamoDB, with this seed.
    pub async fn on(dynamodb: DynamoDb, seed: &Value) -> Self {
        Self::made_of(None, dynamodb, seed).await
    }

    /// Starts with a KMS that wraps data keys.
    pub async fn under(kms: Kms, dynamodb: DynamoDb, seed: &Value) -> Self {
        Self::made_of(Some(kms), dynamodb, seed).await
    }

    async fn made_of(kms: Option<Kms>, dynamodb: DynamoDb, seed: &Value) -> Self {
        let table_prefix = if dynamodb.is_remote() {
            random_name()
        } else {
            "countersign".to_owned()
        };
        let cloud = Self {
            dynamodb,
            table_prefix,
            kms,
            folder: TempDir::new().unwrap(),
            functions: Mutex::default(),
        };
        let housekeeping = cloud.housekeeping().await;
        housekeeping.create_missing_tables().await.unwrap();
        let seed = Seed::parse(&seed.to_string()).unwrap();
        seed.plant(&housekeeping, &Planter::Start).await.unwrap();
        cloud
    }

    /// Returns a context that may create tables and applications, as no function may.
    async fn housekeeping(&self) -> Housekeeping {
        let random = Random::default();
        let endpoint = Endpoint::new(self.dynamodb.url()).await.unwrap();
        let guard = TableGuard {
            function: "the suite".into(),
            backend: Backend::Endpoint(endpoint),
            policy: None,
            hook: None,
        };
        let keys: Arc<dyn KeyWrapper> = match &self.kms {
            Some(kms) => Arc::new(kms.keys()),
            None => Arc::new(KeyFile::open_or_create(&self.key_file(), &random).unwrap()),
        };
        Housekeeping::new(Parts {
            dynamodb: guard.client(),
            table_prefix: self.table_prefix.clone(),
            keys,
            warm: WarmSecrets::new(&random).unwrap(),
            clock: Clock::System,
            random,
            public_url: None,
        })
    }

    fn key_file(&self) -> PathBuf {
        self.folder.path().join("sealing.key")
    }

    /// Returns the KMS of a deployment that has one.
    pub fn kms(&self) -> &Kms {
        self.kms.as_ref().expect("there is a key file instead")
    }

    /// Returns the DynamoDB of the deployment.
    pub fn dynamodb(&self) -> &DynamoDb {
        &self.dynamodb
    }

    /// Returns the prefix of its table names.
    pub fn table_prefix(&self) -> &str {
        &self.table_prefix
    }

    /// Returns the environment of an operation's function.
    pub fn environment(&self, handler: &str) -> Environment {
        let environment = Environment::of_lambda(handler)
            .with("AWS_ENDPOINT_URL_DYNAMODB", self.dynamodb.url())
            .with("COUNTERSIGN_TABLE_PREFIX", &self.table_prefix);
        match &self.kms {
            Some(kms) => environment
                .with("AWS_ENDPOINT_URL_KMS", kms.url())
                .with("COUNTERSIGN_KMS_KEY", kms.key()),
            None => environment.with("COUNTERSIGN_KEY_FILE", self.key_file().to_str().unwrap()),
        }
    }

    /// Starts a process of an operation's function.
    pub async fn spawn(&self, handler: &str) -> Function {
        self.spawn_with(&self.environment(handler)).await
    }

    /// Starts a process with another environment.
    pub async fn spawn_with(&self, environment: &Environment) -> Function {
        Function::spawn(bootstrap(), environment).await
    }

    /// Returns an operation's function, started when it is first asked for.
    pub async fn function(&self, operation: &str) -> Arc<Function> {
        let mut functions = self.functions.lock().await;
        if let Some(function) = functions.get(operation) {
            return Arc::clone(function);
        }
        let function = Arc::new(self.spawn(operation).await);
        functions.insert(operation.to_owned(), Arc::clone(&function));
        function
    }

    /// Returns the operations whose functions were started.
    pub async fn started(&self) -> Vec<String> {
        self.functions.lock().await.keys().cloned().collect()
    }

    /// Brings a request to the function that its path leads to.
    pub async fn call(&self, event: &Event) -> Reply {
        let json = event.json();
        let path = json["rawPath"].as_str().unwrap();
        let method = json["requestContext"]["http"]["method"].as_str().unwrap();
        let operation = OPERATIONS
            .iter()
            .filter(|endpoint| endpoint.route.methods.contains(&method))
            .find(|endpoint| leads_to(endpoint.route.path, path));
        let operation = operation.unwrap_or_else(|| panic!("no operation has the path {path}"));
        let event = event.clone().on_route(operation.route.path);
        self.function(operation.id).await.call(&event).await
    }
}

/// Returns whether a route leads to `path`. A part in braces stands for any.
fn leads_to(route: &str, path: &str) -> bool {
    let (route, path) = (route.split('/'), path.split('/'));
    route.clone().count() == path.clone().count()
        && route
            .zip(path)
            .all(|(part, given)| part.starts_with('{') || part == given)
}

/// Returns the bootstrap under test.
///
/// `COUNTERSIGN_TEST_BOOTSTRAP` names it. Otherwise it is built once, in the profile of the tests.
fn bootstrap() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        std::env::var_os("COUNTERSIGN_TEST_BOOTSTRAP").map_or_else(
            || crate::binary::built("bootstrap"),
            |path| crate::derived::repository("").join(path),
        )
    })
}
