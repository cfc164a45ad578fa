//! Lambda's Runtime API: where a function's process fetches its invocations and leaves its answers.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use shared::Clock;
use tokio::sync::{mpsc, oneshot};

use super::Server;

/// The API's version, which begins every path.
const VERSION: &str = "/2018-06-01";
/// Timeout of a function's answer.
const MILLISECONDS: i64 = 10_000;

/// The tracing header of an invocation that has no other.
const TRACE: &str = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0";

/// An answer of a function: a response or an error.
pub(super) type Answer = Result<Bytes, Bytes>;

/// The Runtime API of one function.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    server: Server,
    invocations: mpsc::UnboundedSender<Invocation>,
    /// The tracing header of the invocations that follow.
    trace: Mutex<String>,
    shared: Arc<Shared>,
    last: AtomicU64,
}

#[derive(Debug)]
struct Invocation {
    id: String,
    event: Bytes,
    trace: String,
    answer: oneshot::Sender<Answer>,
}

#[derive(Debug)]
struct Shared {
    queue: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    awaited: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    init_error: Mutex<Option<Bytes>>,
}

impl RuntimeApi {
    pub(super) async fn start() -> Self {
        let (invocations, queue) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            queue: tokio::sync::Mutex::new(queue),
            awaited: Mutex::default(),
            init_error: Mutex::default(),
        });
        let path = |end: &str| format!("{VERSION}/runtime/{end}");
        let router = Router::new()
            .route(&path("invocation/next"), get(next))
            .route(&path("invocation/{id}/response"), post(response))
            .route(&path("invocation/{id}/error"), post(error))
            .route(&path("init/error"), post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        Self {
            server: Server::start(router).await,
            invocations,
            trace: Mutex::new(TRACE.to_owned()),
            shared,
            last: AtomicU64::default(),
        }
    }

    /// Returns its address for `AWS_LAMBDA_RUNTIME_API`.
    pub(super) fn address(&self) -> &str {
        &self.server.address
    }

    /// Puts an event in the queue, which the function's process may not even have asked for yet.
    pub(super) fn invoke(&self, event: Bytes) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        let number = self.last.fetch_add(1, Ordering::Relaxed);
        let id = format!("8476a536-e9f4-11e8-9739-{number:012x}");
        let trace = self.trace.lock().unwrap().clone();
        let invocation = Invocation {
            id,
            event,
            trace,
            answer,
        };
        assert!(
            self.invocations.send(invocation).is_ok(),
            "the Runtime API is closed"
        );
        answered
    }

    /// Gives invocations this tracing header from now on.
    pub(super) fn trace_as(&self, header: &str) {
        header.clone_into(&mut self.trace.lock().unwrap());
    }

    /// Returns the error that the process reported before its first event.
    pub(super) fn init_error(&self) -> Option<Bytes> {
        self.shared.init_error.lock().unwrap().clone()
    }
}

/// Waits until there is an event. On Lambda that may take hours, most of them frozen.
async fn next(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let Some(invocation) = shared.queue.lock().await.recv().await else {
        return said(StatusCode::GONE);
    };
    let Invocation {
        id,
        event,
        trace,
        answer,
    } = invocation;
    shared.awaited.lock().unwrap().insert(id.clone(), answer);
    let deadline = Clock::System.now().millis() + MILLISECONDS;
    Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", id)
        .header("lambda-runtime-deadline-ms", deadline)
        .header(
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:us-east-1:123456789012:function:countersign",
        )
        .header("lambda-runtime-trace-id", trace)
        .body(Body::from(event))
        .unwrap()
}

async fn response(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response<Body> {
    shared.answered(&id, Ok(body))
}

async fn error(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response<Body> {
    shared.answered(&id, Err(body))
}

async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    *shared.init_error.lock().unwrap() = Some(body);
    said(StatusCode::ACCEPTED)
}

impl Shared {
    fn answered(&self, id: &str, answer: Answer) -> Response<Body> {
        let Some(awaited) = self.awaited.lock().unwrap().remove(id) else {
            return said(StatusCode::BAD_REQUEST);
        };
        // Nobody may wait any more; that is not the function's fault.
        let _ = awaited.send(answer);
        said(StatusCode::ACCEPTED)
    }
}

fn said(status: StatusCode) -> Response<Body> {
    let status_text = r#"{"status":"OK"}"#;
    let mut response = Response::new(Body::from(status_text));
    *response.status_mut() = status;
    response
}
