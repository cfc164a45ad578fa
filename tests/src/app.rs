//! A running Countersign with one application to test against, and a foreign one beside it.

use std::sync::Arc;
use std::time::Duration;

use local::{Bootstrap, Embedded, Options, Running, Storage};
use serde_json::{Value, json};
use shared::seed::Seed;
use shared::{Clock, Random, Timestamp};
use tokio::sync::OnceCell;

use crate::caller::{Caller, http_from};
use crate::runtime_api::Kms;

/// The ID of the application under test.
pub const APPLICATION: &str = "app1aaaaaaaaaaaaaaaaaaaaaa";

/// The settings of a test's server.
#[derive(Debug)]
pub struct Setup {
    pub seed: Value,
    pub hook: Option<Arc<dyn local::dynamodb::CallHook>>,
    pub template: Option<String>,
    /// Another bootstrap than the one that the suite runs with, if it does.
    pub bootstrap: Option<Bootstrap>,
    pub listen: &'static str,
    /// Whether it runs on the embedded store even when the suite runs on another.
    pub embedded: bool,
}

impl Default for Setup {
    /// Returns the usual setup: an application with clients, and a foreign one with an owner.
    ///
    /// The clients are an owner, one for each lesser feature, one without features, and a disabled one.
    fn default() -> Self {
        let client = |id: &str, features: &[&str]| json!({"client_id": id, "client_secret": secret_of(id), "description": format!("the {id}"), "features": features});
        let mut disabled = client("disabled", &["owner"]);
        disabled["enabled"] = json!(false);
        Self {
            seed: json!({"applications": [
                {
                    "application_id": APPLICATION,
                    "name": "Under test",
                    "settings": {"minimum_age": "13", "größe": "1.5"},
                    "clients": [
                        client("owner", &["owner"]),
                        client("access_issuer", &["access_issuer"]),
                        client("direct_access", &["direct_access"]),
                        client("direct_read_access", &["direct_read_access"]),
                        client("login_client", &["login_client"]),
                        client("featureless", &[]),
                        disabled,
                    ]
                },
                {
                    "application_id": "app2bbbbbbbbbbbbbbbbbbbbbb",
                    "name": "Foreign",
                    "settings": {"minimum_age": "99"},
                    "clients": [client("foreigner", &["owner"])]
                }
            ]}),
            hook: None,
            template: None,
            bootstrap: None,
            listen: "127.0.0.1:0",
            embedded: false,
        }
    }
}

/// Returns the secret that the seed gives a client.
///
/// It has the form of a generated one, which Countersign does not hash with Argon2: tests stay fast.
pub fn secret_of(client: &str) -> String {
    use std::collections::HashMap;
    use std::sync::{Mutex, OnceLock};
    static SECRETS: OnceLock<Mutex<HashMap<String, String>>> = OnceLock::new();
    let mut secrets = SECRETS.get_or_init(Mutex::default).lock().unwrap();
    let make = || {
        shared::ClientSecret::generate(&Random::default())
            .unwrap()
            .expose()
            .to_owned()
    };
    secrets
        .entry(client.to_owned())
        .or_insert_with(make)
        .clone()
}

/// Returns a name that no other test has.
pub fn random_name() -> String {
    let bytes = Random::default().bytes::<8>().unwrap();
    format!("t{:016x}", u64::from_le_bytes(bytes))
}

/// Returns the DynamoDB that the suite runs on, if it is not the embedded one.
pub fn remote_dynamodb() -> Option<String> {
    std::env::var("COUNTERSIGN_TEST_DYNAMODB").ok()
}

/// Returns the storage of a server, which ends with it.
///
/// `COUNTERSIGN_TEST_KMS` names a KMS that takes the place of the key file.
async fn storage(remote: Option<String>) -> Storage {
    // One key for all: making one takes a stand-in longer than most tests take.
    static KMS: OnceCell<Kms> = OnceCell::const_new();
    match remote {
        Some(url) => Storage::EndpointMemory { url },
        None if std::env::var_os("COUNTERSIGN_TEST_KMS").is_some() => Storage::Shared {
            store: Embedded::memory().unwrap(),
            keys: Arc::new(KMS.get_or_init(Kms::start).await.keys()),
        },
        None => Storage::Memory,
    }
}

/// Returns the bootstrap for the suite's servers in faithful mode.
///
/// `COUNTERSIGN_TEST_FAITHFUL` names it. `COUNTERSIGN_TEST_FAKETIME` names the library that gives its
/// processes the time of a test's clock.
fn faithful() -> Option<Bootstrap> {
    // One file for each server; they are gone with the tests.
    static FOLDER: std::sync::OnceLock<tempfile::TempDir> = std::sync::OnceLock::new();
    let program = std::env::var("COUNTERSIGN_TEST_FAITHFUL").ok()?;
    let library = std::env::var("COUNTERSIGN_TEST_FAKETIME").expect(
        "COUNTERSIGN_TEST_FAKETIME names libfaketime.so.1: the clock of tests stands still",
    );
    let folder = FOLDER.get_or_init(|| tempfile::TempDir::new().unwrap());
    let clock_file = folder.path().join(random_name());
    let text = |text: &str| text.to_owned();
    Some(Bootstrap {
        program: crate::derived::repository(&program),
        environment: vec![
            (text("LD_PRELOAD"), library),
            (
                text("FAKETIME_TIMESTAMP_FILE"),
                text(clock_file.to_str().unwrap()),
            ),
            (text("FAKETIME_NO_CACHE"), text("1")),
            (text("FAKETIME_DONT_FAKE_MONOTONIC"), text("1")),
        ],
        log: Some(tempfile::tempfile().unwrap()),
        clock_file: Some(clock_file),
    })
}

/// A running Countersign. Its clock stands still until a test advances it.
#[derive(Debug)]
pub struct App {
    pub running: Running,
    pub clock: Clock,
    pub table_prefix: String,
}

impl App {
    /// Starts the usual server.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// Starts a server with these settings.
    pub async fn with(setup: Setup) -> Self {
        // 2036-11-21T00:00:00Z: in the future, because stores delete expired items by the real time.
        let clock = Clock::manual(Timestamp::from_millis(2_110_838_400_000));
        let remote = remote_dynamodb().filter(|_| !setup.embedded);
        let table_prefix = if remote.is_some() {
            random_name()
        } else {
            "countersign".to_owned()
        };
        let options = Options {
            listen: setup.listen.parse().unwrap(),
            storage: storage(remote).await,
            table_prefix: table_prefix.clone(),
            seed: Some(Seed::parse(&setup.seed.to_string()).unwrap()),
            demo: false,
            clock: clock.clone(),
            hook: setup.hook,
            bootstrap: setup.bootstrap.or_else(faithful),
            template: setup.template,
        };
        let running = local::start(options).await.unwrap();
        Self {
            running,
            clock,
            table_prefix,
        }
    }

    pub fn url(&self) -> &str {
        &self.running.url
    }

    /// Returns the owner client of the application under test.
    pub fn owner(&self) -> Caller {
        self.client("owner")
    }

    /// Returns a client of the seed, by its ID.
    pub fn client(&self, id: &str) -> Caller {
        self.caller(id, &secret_of(id))
    }

    /// Returns a caller with this ID and secret.
    pub fn caller(&self, id: &str, secret: &str) -> Caller {
        Caller::new(self.url()).basic(id, secret)
    }

    /// Returns a caller without credentials.
    pub fn stranger(&self) -> Caller {
        Caller::new(self.url())
    }

    /// Advances the server's clock.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Creates a client with `features` and gives back a caller for it and its ID.
    pub async fn new_client(&self, features: &[&str]) -> (Caller, String) {
        let features = json!(features).to_string();
        let reply = self
            .owner()
            .post(
                "/clients/add",
                &[("description", &random_name()), ("features", &features)],
            )
            .await
            .ok();
        let id = reply["client_id"].as_str().unwrap().to_owned();
        (
            self.caller(&id, reply["client_secret"].as_str().unwrap()),
            id,
        )
    }

    /// Returns the list entry of a client.
    pub async fn listed(&self, id: &str) -> Option<Value> {
        let list = self.owner().post("/clients/list", &[]).await.ok();
        list["results"]
            .as_array()
            .unwrap()
            .iter()
            .find(|client| client["client_id"] == id)
            .cloned()
    }

    /// Returns everything that a table holds, as DynamoDB's JSON.
    pub async fn dump(&self, table: &str) -> Vec<Value> {
        let mut scan = json!({"TableName": format!("{}-{table}", self.table_prefix)});
        let mut items = Vec::new();
        loop {
            let page = self.dynamodb("Scan", &scan).await;
            items.extend(page["Items"].as_array().unwrap().iter().cloned());
            match &page["LastEvaluatedKey"] {
                Value::Null => return items,
                last => scan["ExclusiveStartKey"] = last.clone(),
            }
        }
    }

    /// Asks the store itself, past all policies.
    async fn dynamodb(&self, operation: &str, request: &Value) -> Value {
        let answer = if let Some(embedded) = self.running.embedded() {
            embedded
                .call(operation, request.to_string().as_bytes())
                .await
                .body
        } else {
            let url = remote_dynamodb().unwrap();
            let credential = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
            let request = http_from("127.0.0.1")
                .post(url)
                .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
                .header("content-type", "application/x-amz-json-1.0")
                .header("authorization", credential)
                .body(request.to_string());
            request
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap()
                .to_vec()
        };
        serde_json::from_slice(&answer).unwrap()
    }
}
