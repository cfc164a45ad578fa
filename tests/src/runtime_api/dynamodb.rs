//! A DynamoDB at a URL for functions that are processes of their own.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Response};
use local::Embedded;

use super::Server;
use crate::app::remote_dynamodb;

/// The embedded store behind HTTP on 127.0.0.1, or the DynamoDB that the suite runs on.
#[derive(Debug)]
pub struct DynamoDb {
    url: String,
    embedded: Option<(Embedded, Server)>,
    traces: Traces,
}

/// The tracing headers of calls.
type Traces = Arc<Mutex<Vec<Option<String>>>>;

impl DynamoDb {
    /// Connects to the one at `COUNTERSIGN_TEST_DYNAMODB`, or starts the embedded one.
    pub async fn start() -> Self {
        match remote_dynamodb() {
            Some(url) => Self {
                url,
                embedded: None,
                traces: Traces::default(),
            },
            None => Self::embedded().await,
        }
    }

    /// Starts the embedded one, in memory.
    pub async fn embedded() -> Self {
        let store = Embedded::memory().unwrap();
        let traces = Traces::default();
        let router = Router::new()
            .fallback(call)
            .layer(DefaultBodyLimit::disable())
            .with_state((store.clone(), Arc::clone(&traces)));
        let server = Server::start(router).await;
        Self {
            url: format!("http://{}", server.address),
            embedded: Some((store, server)),
            traces,
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the tracing headers of calls to the embedded one since the last time.
    pub fn traces(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.traces.lock().unwrap())
    }

    /// Returns whether others have tables in it too.
    pub fn is_remote(&self) -> bool {
        self.embedded.is_none()
    }
}

async fn call(
    State((store, traces)): State<(Embedded, Traces)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    traces.lock().unwrap().push(trace_of(&headers));
    let target = headers.get("x-amz-target");
    let target = target.map_or("", |target| target.to_str().unwrap_or_default());
    let operation = target
        .split_once('.')
        .map_or("", |(_, operation)| operation);
    let answer = store.call(operation, &body).await;
    Response::builder()
        .status(answer.status)
        .header("content-type", "application/x-amz-json-1.0")
        .body(Body::from(answer.body))
        .unwrap()
}

/// Returns the tracing header of a call.
pub(super) fn trace_of(headers: &HeaderMap) -> Option<String> {
    let header = headers.get("x-amzn-trace-id")?;
    Some(header.to_str().unwrap().to_owned())
}
