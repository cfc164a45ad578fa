//! The Lambda bootstrap. `_HANDLER` names the operation; the environment says where its tables are.
//!
//! The cold path is kept short: one HTTP client, one DynamoDB client, one connection opened while
//! Lambda still gives the full CPU of the init phase, and nothing else.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::Region;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use lambda_http::service_fn;
use shared::store::tuned;
use shared::{Clock, Context, Endpoint, KeyFile, Parts, Random, WarmSecrets};

use crate::{AnswerBody, OPERATIONS};

/// Serves the operation that `_HANDLER` names until Lambda ends the process.
pub fn run() -> ExitCode {
    tracing_subscriber::fmt()
        .json()
        .with_span_list(false)
        .flatten_event(true)
        .with_current_span(true)
        .with_target(false)
        .init();
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|fault| format!("the runtime does not start: {fault}"))
        .and_then(|runtime| runtime.block_on(serve()));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            tracing::error!(why, "the function can not start");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), String> {
    let endpoint = endpoint(&variable("_HANDLER").unwrap_or_default())?;
    let cx = &context()?;
    if !endpoint.grants().is_empty() {
        cx.warm_up().await;
    }
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
                "no operation is called {handler:?}; set the function's handler to one of {}",
                known.join(", ")
            )
        })
}

fn context() -> Result<Context, String> {
    let random = Random::default();
    let broken = |error| format!("{error:?}");
    let keys = match variable("COUNTERSIGN_KEY_FILE") {
        Some(path) => {
            KeyFile::open_or_create(Path::new(&path), &random).map_err(|fault| fault.to_string())?
        }
        None => return Err("COUNTERSIGN_KEY_FILE does not say where the sealing key is".to_owned()),
    };
    Ok(Context::new(Parts {
        dynamodb: dynamodb()?,
        table_prefix: variable("COUNTERSIGN_TABLE_PREFIX")
            .unwrap_or_else(|| "countersign".to_owned()),
        keys: Arc::new(keys),
        warm: WarmSecrets::new(&random).map_err(broken)?,
        clock: Clock::System,
        random,
        public_url: variable("COUNTERSIGN_PUBLIC_URL"),
    }))
}

/// Lambda gives a function its region and credentials in four variables; reading just these is what
/// the SDK's whole configuration chain would come to, in a fraction of the time and size.
fn dynamodb() -> Result<aws_sdk_dynamodb::Client, String> {
    let needed = |name: &str| variable(name).ok_or_else(|| format!("{name} is not set"));
    let credentials = Credentials::new(
        needed("AWS_ACCESS_KEY_ID")?,
        needed("AWS_SECRET_ACCESS_KEY")?,
        variable("AWS_SESSION_TOKEN"),
        None,
        "Lambda",
    );
    let endpoint = variable("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| variable("AWS_ENDPOINT_URL"));
    let http = aws_smithy_http_client::Builder::new();
    let plain = endpoint
        .as_ref()
        .is_some_and(|url| url.starts_with("http://"));
    let mut config = tuned(aws_sdk_dynamodb::Config::builder())
        .region(Region::new(needed("AWS_REGION")?))
        .credentials_provider(credentials);
    config = if plain {
        config.http_client(http.build_http())
    } else {
        config.http_client(
            http.tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https(),
        )
    };
    config.set_endpoint_url(endpoint);
    Ok(aws_sdk_dynamodb::Client::from_conf(config.build()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the bootstrap reads its environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
