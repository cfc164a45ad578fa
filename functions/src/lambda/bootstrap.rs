//! The Lambda bootstrap. `_HANDLER` names the operation; the environment says where its tables are.
//!
//! The cold start is kept short. DynamoDB and KMS share one HTTP client. Connections are opened in
//! the init phase, because Lambda gives it a full CPU.

use std::cell::OnceCell;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{Region, SharedHttpClient};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_http::service_fn;
use shared::store::tuned;
use shared::{Clock, Endpoint, Housekeeping, KeyFile, KeyWrapper, Parts, Random, WarmSecrets};

use crate::OPERATIONS;
use crate::lambda::event::AnswerBody;
use crate::lambda::kms::{self, KmsKeys};
use crate::lambda::provisioning::{self, PROVISION};
use crate::lambda::telemetry;

/// Serves the operation that `_HANDLER` names until Lambda ends the process.
pub fn run() -> ExitCode {
    let handler = variable("_HANDLER").unwrap_or_default();
    telemetry::log_as_on_lambda(&handler, &table_prefix(), std::io::stdout);
    telemetry::log_panics();
    // One thread: Lambda gives a process one event at a time, and a part of one CPU.
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|fault| format!("the runtime does not start: {fault}"))
        .and_then(|runtime| runtime.block_on(serve(&handler)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::error!(why, "the function cannot start");
            ExitCode::FAILURE
        }
    }
}

async fn serve(handler: &str) -> Result<(), String> {
    if handler == PROVISION.id {
        return provisioning::serve(&housekeeping()?).await;
    }
    let endpoint = endpoint(handler)?;
    let housekeeping = housekeeping()?;
    // Reads that are granted open the connections now, in the init phase, and not with a caller waiting.
    housekeeping.warm_up(&endpoint.grants()).await;
    let cx = housekeeping.context();
    let served = if endpoint.streams {
        lambda_http::run_with_streaming_response(service_fn(
            |request: lambda_http::Request| async move {
                let answer = crate::answer(endpoint, cx, request).await;
                Ok::<_, std::convert::Infallible>(answer.map(AnswerBody::pieces))
            },
        ))
        .await
    } else {
        lambda_http::run(service_fn(|request: lambda_http::Request| async move {
            let answer = crate::answer(endpoint, cx, request).await;
            Ok::<_, std::convert::Infallible>(answer.map(AnswerBody::whole))
        }))
        .await
    };
    served.map_err(|fault| format!("the Lambda runtime stopped: {fault}"))
}

fn endpoint(handler: &str) -> Result<&'static Endpoint, String> {
    OPERATIONS
        .iter()
        .find(|endpoint| endpoint.id == handler)
        .ok_or_else(|| {
            let known: Vec<_> = OPERATIONS.iter().map(|endpoint| endpoint.id).collect();
            format!(
                "no operation is called {handler:?}; set the function's handler to {} or one of {}",
                PROVISION.id,
                known.join(", ")
            )
        })
}

fn housekeeping() -> Result<Housekeeping, String> {
    let random = Random::default();
    let broken = |error| format!("{error:?}");
    let aws = Aws::from_environment()?;
    Ok(Housekeeping::new(Parts {
        keys: keys(&aws, &random)?,
        dynamodb: aws.dynamodb(),
        table_prefix: table_prefix(),
        warm: WarmSecrets::new(&random).map_err(broken)?,
        clock: Clock::System,
        random,
        public_url: variable("COUNTERSIGN_PUBLIC_URL"),
    }))
}

/// Returns the prefix of all table names, which is the name of the stack.
fn table_prefix() -> String {
    variable("COUNTERSIGN_TABLE_PREFIX").unwrap_or_else(|| "countersign".to_owned())
}

/// Returns the wrapper of data keys: KMS, or a key file where there is none.
///
/// Never both: neither opens a data key that the other has wrapped.
fn keys(aws: &Aws, random: &Random) -> Result<Arc<dyn KeyWrapper>, String> {
    match (
        variable("COUNTERSIGN_KMS_KEY"),
        variable("COUNTERSIGN_KEY_FILE"),
    ) {
        (Some(key), None) => Ok(Arc::new(KmsKeys::new(aws.kms(), key))),
        (None, Some(path)) => KeyFile::open_or_create(Path::new(&path), random)
            .map(|file| Arc::new(file) as Arc<dyn KeyWrapper>)
            .map_err(|fault| fault.to_string()),
        (None, None) => Err(
            "neither COUNTERSIGN_KMS_KEY nor COUNTERSIGN_KEY_FILE says what data keys are wrapped with"
                .to_owned(),
        ),
        (Some(_), Some(_)) => Err(
            "COUNTERSIGN_KMS_KEY and COUNTERSIGN_KEY_FILE are both set: only one of them wraps data keys"
                .to_owned(),
        ),
    }
}

/// The configuration of AWS clients, from the variables that Lambda sets.
///
/// The SDK's whole configuration chain would find the same region and credentials, with much more
/// time and code.
struct Aws {
    region: Region,
    credentials: Credentials,
    /// The URL of all services without a URL of their own; for tests.
    endpoint: Option<String>,
    /// The client with TLS. It takes most of a cold start to make, so there is one at most.
    https: OnceCell<SharedHttpClient>,
}

impl Aws {
    fn from_environment() -> Result<Self, String> {
        let needed = |name: &str| variable(name).ok_or_else(|| format!("{name} is not set"));
        Ok(Self {
            credentials: Credentials::new(
                needed("AWS_ACCESS_KEY_ID")?,
                needed("AWS_SECRET_ACCESS_KEY")?,
                variable("AWS_SESSION_TOKEN"),
                None,
                "Lambda",
            ),
            region: Region::new(needed("AWS_REGION")?),
            endpoint: variable("AWS_ENDPOINT_URL"),
            https: OnceCell::new(),
        })
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let endpoint = variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| self.endpoint.clone());
        let mut config = tuned(aws_sdk_dynamodb::Config::builder())
            .region(self.region.clone())
            .credentials_provider(self.credentials.clone())
            .http_client(self.http(endpoint.as_deref()));
        config.set_endpoint_url(endpoint);
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    fn kms(&self) -> aws_sdk_kms::Client {
        let endpoint = variable("AWS_ENDPOINT_URL_KMS").or_else(|| self.endpoint.clone());
        let mut config = kms::tuned(aws_sdk_kms::Config::builder())
            .region(self.region.clone())
            .credentials_provider(self.credentials.clone())
            .http_client(self.http(endpoint.as_deref()));
        config.set_endpoint_url(endpoint);
        aws_sdk_kms::Client::from_conf(config.build())
    }

    fn http(&self, endpoint: Option<&str>) -> SharedHttpClient {
        let builder = aws_smithy_http_client::Builder::new;
        // Only tests have such a URL. It needs no TLS.
        if endpoint.is_some_and(|url| url.starts_with("http://")) {
            return builder().build_http();
        }
        let https = || {
            builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https()
        };
        self.https.get_or_init(https).clone()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the bootstrap reads its environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
