//! The SDK client of one function.

use std::sync::Arc;

use aws_sdk_dynamodb::config::{Builder, Region};
use aws_sdk_dynamodb::{Client, Config};
use shared::store::tuned;

use super::connector::GuardedClient;
use super::{Backend, TableGuard};
use crate::iam::REGION;

/// Returns a client whose every request goes through this guard.
pub(super) fn client(guard: TableGuard) -> Client {
    let config = tuned(Config::builder());
    let config = towards(&guard.backend, config).http_client(GuardedClient(Arc::new(guard)));
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
