//! The SDK client of one function.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Builder, Region, StalledStreamProtectionConfig};
use aws_sdk_dynamodb::{Client, Config};

use super::passage::DoorClient;
use super::{Backend, Door};
use crate::iam::REGION;

/// The client whose every request goes through this door.
pub(super) fn client(door: Door) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(3)
                .with_initial_backoff(Duration::from_millis(50)),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(5))
                .build(),
        )
        // It watches over long streams; here all bodies are short, and the timeouts are shorter.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let config = towards(&door.backend, config).http_client(DoorClient(Arc::new(door)));
    Client::from_conf(config.build())
}

fn towards(backend: &Backend, config: Builder) -> Builder {
    match backend {
        // Nobody checks a signature in this process, so none is made.
        Backend::Embedded(_) => config
            .region(Region::from_static(REGION))
            .endpoint_url("http://embedded.invalid")
            .allow_no_auth(),
        Backend::Endpoint(endpoint) => config
            .region(endpoint.region.clone())
            .endpoint_url(&*endpoint.url)
            .credentials_provider(endpoint.credentials.clone()),
    }
}
