//! DynamoDB at a URL: Amazon's own, or DynamoDB Local on this machine.

use std::error::Error;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Region;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use http::Uri;
use shared::Clock;

use crate::iam::REGION;

/// The address of a `DynamoDB`, and our credentials for it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub(super) url: String,
    pub(super) region: Region,
    pub(super) credentials: SharedCredentialsProvider,
    pub(super) http: SharedHttpClient,
    /// For requests that no client of the SDK makes.
    connector: Arc<OnceLock<SharedHttpConnector>>,
}

/// The reason why `DynamoDB` cannot be reached at a URL.
#[derive(Debug, thiserror::Error)]
pub enum EndpointFault {
    /// The text is no such URL.
    #[error("it is not of the form http://HOST:PORT or https://HOST")]
    Url,
    /// Neither the environment nor a profile has credentials.
    #[error("no AWS credentials were found in the environment or in a profile")]
    Credentials,
    /// Nothing answers there.
    #[error("{0} does not answer ({1}); is it running?")]
    Unreachable(String, String),
    /// Something answers, but not to us.
    #[error("{0} refuses these credentials ({1})")]
    Refused(String, String),
}

impl Endpoint {
    /// Prepares to talk to this URL. Nothing is sent to it yet.
    pub async fn new(url: &str) -> Result<Self, EndpointFault> {
        let uri: Uri = url.parse().map_err(|_| EndpointFault::Url)?;
        let host = uri.host().ok_or(EndpointFault::Url)?;
        if uri.path() != "/" || uri.query().is_some() {
            return Err(EndpointFault::Url);
        }
        let builder =
            aws_smithy_http_client::Builder::new().pool_idle_timeout(Duration::from_secs(20));
        let is_plain = match uri.scheme_str() {
            Some("http") => true,
            Some("https") => false,
            _ => return Err(EndpointFault::Url),
        };
        let https = || {
            let provider = tls::Provider::Rustls(CryptoMode::Ring);
            aws_smithy_http_client::Builder::new()
                .tls_provider(provider)
                .build_https()
        };
        // DynamoDB Local on this machine needs no real credentials. A developer who sets some
        // anyway gets those used: DynamoDB Local keeps separate tables for each key ID.
        if is_plain && is_loopback(host) && !environment_names_credentials() {
            return Ok(Self {
                url: url.to_owned(),
                region: Region::from_static(REGION),
                credentials: placeholder_credentials(),
                http: builder.build_http(),
                connector: Arc::default(),
            });
        }
        let aws = ProviderConfig::without_region().with_http_client(https());
        let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new())
            .or_else(Region::from_static(REGION));
        let region = region.region().await;
        Ok(Self {
            url: url.to_owned(),
            credentials: credentials_from_environment(aws.with_region(region.clone())).await?,
            region: region.unwrap_or(Region::from_static(REGION)),
            http: if is_plain {
                builder.build_http()
            } else {
                https()
            },
            connector: Arc::default(),
        })
    }

    /// Returns a connection for requests that no client of the SDK makes.
    pub(super) fn connector(&self) -> SharedHttpConnector {
        let connector = self.connector.get_or_init(|| {
            let builder = Connector::builder();
            SharedHttpConnector::new(if self.url.starts_with("http://") {
                builder.build_http()
            } else {
                builder
                    .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
                    .build()
            })
        });
        connector.clone()
    }

    /// Signs a request with our credentials, and replaces the signature that it came with.
    pub(super) async fn sign(&self, mut request: HttpRequest) -> Result<HttpRequest, BoxError> {
        request.set_uri(self.url.as_str())?;
        let identity = self.credentials.provide_credentials().await?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_ref())
            .name("dynamodb")
            .time(now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let body = request.body().bytes().unwrap_or_default();
        let signable = SignableRequest::new(
            request.method(),
            request.uri(),
            request.headers().iter(),
            SignableBody::Bytes(body),
        )?;
        let (signature, _) = sign(signable, &parameters)?.into_parts();
        let (headers, _) = signature.into_parts();
        for header in headers {
            let value = header.value().to_owned();
            request.headers_mut().insert(header.name(), value);
        }
        Ok(request)
    }

    /// Checks that it answers: makes one small call with this client.
    pub async fn reach(&self, client: &Client) -> Result<(), EndpointFault> {
        let Err(fault) = client.list_tables().limit(1).send().await else {
            return Ok(());
        };
        let url = self.url.clone();
        match (&fault, fault.code()) {
            // Not everyone who may use tables may list them.
            (SdkError::ServiceError(_), Some("AccessDeniedException")) => Ok(()),
            (SdkError::ServiceError(_), Some(code)) => {
                Err(EndpointFault::Refused(url, code.to_owned()))
            }
            _ => Err(EndpointFault::Unreachable(url, innermost_reason(&fault))),
        }
    }
}

/// Returns the machine's time, whatever a test's clock says: AWS refuses signatures that are out of date.
fn now() -> SystemTime {
    let millis = Clock::System.now().millis();
    UNIX_EPOCH + Duration::from_millis(millis.unsigned_abs())
}

/// Returns the innermost reason. The outer ones only say that something went wrong.
fn innermost_reason(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => innermost_reason(cause),
        None => error.to_string(),
    }
}

/// Returns the environment's credentials, or a profile's.
///
/// Not the SDK's whole chain: that would ask the cloud for an instance's own credentials. It takes
/// seconds on a machine that is no instance.
async fn credentials_from_environment(
    aws: ProviderConfig,
) -> Result<SharedCredentialsProvider, EndpointFault> {
    let environment = EnvironmentVariableCredentialsProvider::new();
    let profile = ProfileFileCredentialsProvider::builder().configure(&aws);
    let chain = CredentialsProviderChain::first_try("Environment", environment)
        .or_else("Profile", profile.build());
    chain
        .provide_credentials()
        .await
        .map_err(|_| EndpointFault::Credentials)?;
    Ok(SharedCredentialsProvider::new(chain))
}

/// Returns placeholder credentials: `DynamoDB` Local takes any that consist of letters and digits.
fn placeholder_credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "local"))
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn environment_names_credentials() -> bool {
    ["AWS_ACCESS_KEY_ID", "AWS_PROFILE"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_urls_of_a_host_are_taken() {
        for url in [
            "",
            "nonsense",
            "ftp://localhost",
            "http://",
            "http://h/path",
            "http://h?q",
            "localhost:8000",
        ] {
            let fault = Endpoint::new(url).await.err();
            assert!(matches!(fault, Some(EndpointFault::Url)), "{url}");
        }
        for url in [
            "http://localhost:8000",
            "http://127.0.0.1:8000/",
            "http://[::1]:8000",
        ] {
            assert!(Endpoint::new(url).await.is_ok(), "{url}");
        }
    }

    #[test]
    fn loopback_is_this_machine() {
        for host in ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.example",
            "10.0.0.1",
            "[::2]",
            "dynamodb.us-east-1.amazonaws.com",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
