//! Lambda's Runtime API for one process, which fetches its events and leaves its answers here.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::mpsc;

use super::{Answer, Failure, MAX_PAYLOAD_BYTES};

/// The API's version, which begins every path.
const VERSION: &str = "/2018-06-01";
/// The ARN that every function is told. No function uses its own.
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:countersign";
/// Most characters of an error's type in the log.
const MAX_LOGGED_CHARS: usize = 100;
/// Most pieces of a stream that wait for its reader.
const MAX_WAITING_PIECES: usize = 4;

/// An event for a process.
#[derive(Debug)]
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) event: Bytes,
    /// The time when it is killed, in milliseconds since the epoch.
    pub(super) deadline: i64,
}

/// A message from a process.
#[derive(Debug)]
pub(super) enum Report {
    /// It asks for an event, and is frozen.
    Ready,
    /// It could not start, for this reason.
    InitError(String),
    /// It is done with the event that it has, or begins to stream.
    Answered(Result<Answer, Failure>),
}

/// A process that can be frozen, once it is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Process(Arc<OnceLock<Pid>>);

impl Process {
    pub(super) fn is(&self, id: Option<u32>) {
        let id = id.and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = id.and_then(Pid::from_raw) {
            let _ = self.0.set(pid);
        }
    }

    fn send(&self, signal: Signal) {
        if let Some(pid) = self.0.get() {
            // One that has ended needs no signal any more.
            let _ = kill_process(*pid, signal);
        }
    }
}

/// The Runtime API of one process.
#[derive(Debug)]
pub(super) struct RuntimeApi {
    invocations: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    reports: mpsc::UnboundedSender<Report>,
    /// The event that it works on.
    current: Mutex<Option<String>>,
    process: Process,
}

type Shared = State<Arc<RuntimeApi>>;

impl RuntimeApi {
    /// Returns an API, a sender of events to it, and a receiver of its reports.
    pub(super) fn new() -> (
        Self,
        mpsc::Sender<Invocation>,
        mpsc::UnboundedReceiver<Report>,
    ) {
        let (sender, invocations) = mpsc::channel(1);
        let (reports, reported) = mpsc::unbounded_channel();
        let api = Self {
            invocations: invocations.into(),
            reports,
            current: Mutex::default(),
            process: Process::default(),
        };
        (api, sender, reported)
    }

    /// Returns a handle to the process that it serves, which is started later.
    pub(super) fn process(&self) -> Process {
        self.process.clone()
    }

    pub(super) fn router(self) -> Router {
        let path = |end: &str| format!("{VERSION}/runtime/{end}");
        Router::new()
            .route(&path("invocation/next"), get(next))
            .route(&path("invocation/{id}/response"), post(response))
            .route(&path("invocation/{id}/error"), post(error))
            .route(&path("init/error"), post(init_error))
            .with_state(Arc::new(self))
    }

    fn report(&self, report: Report) {
        // Nobody listens to a process that is about to be killed.
        let _ = self.reports.send(report);
    }

    /// Takes the event of this ID as answered. Returns false if the process does not work on it.
    fn settles(&self, id: &str) -> bool {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let is_current = current.as_deref() == Some(id);
        if is_current {
            *current = None;
        }
        is_current
    }
}

/// Freezes the process until there is an event for it.
async fn next(State(api): Shared) -> Response<Body> {
    let mut invocations = api.invocations.lock().await;
    api.process.send(Signal::STOP);
    api.report(Report::Ready);
    let invocation = invocations.recv().await;
    api.process.send(Signal::CONT);
    let Some(Invocation {
        id,
        event,
        deadline,
    }) = invocation
    else {
        return StatusCode::GONE.into_response();
    };
    let head = [
        ("content-type", "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", id.clone()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", ARN.to_owned()),
    ];
    *api.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
    (head, event).into_response()
}

async fn response(
    State(api): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    if !api.settles(&id) {
        return refused(
            StatusCode::BAD_REQUEST,
            "InvalidRequestID",
            "it is not at work",
        );
    }
    let mode = headers.get("lambda-runtime-function-response-mode");
    if mode.is_some_and(|mode| mode == "streaming") {
        return stream(&api, body).await;
    }
    match Limited::new(body, MAX_PAYLOAD_BYTES).collect().await {
        Ok(whole) => {
            let whole = Answer::Whole(whole.to_bytes());
            api.report(Report::Answered(Ok(whole)));
            accepted()
        }
        Err(fault) if fault.is::<LengthLimitError>() => {
            api.report(Report::Answered(Err(Failure::ResponseTooLarge)));
            refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                "RequestEntityTooLarge",
                "Exceeded maximum allowed payload size (6291556 bytes).",
            )
        }
        Err(_) => {
            api.report(Report::Answered(Err(Failure::NoAnswer)));
            StatusCode::BAD_REQUEST.into_response()
        }
    }
}

/// Passes pieces on as they come. A stream that breaks off does so for its reader too.
async fn stream(api: &RuntimeApi, mut body: Body) -> Response<Body> {
    let (sender, pieces) = mpsc::channel::<io::Result<Bytes>>(MAX_WAITING_PIECES);
    let pieces = futures_util::stream::unfold(pieces, |mut pieces| async {
        Some((pieces.recv().await?, pieces))
    });
    api.report(Report::Answered(Ok(Answer::Stream(Body::from_stream(
        pieces,
    )))));
    while let Some(frame) = body.frame().await {
        let piece = match frame.map(http_body::Frame::into_data) {
            Ok(Ok(piece)) => Ok(piece),
            // Trailers: they tell of an error in the middle.
            Ok(Err(trailers)) if trailers.trailers_ref().is_some_and(HeaderMap::is_empty) => break,
            Ok(Err(_)) | Err(_) => Err(io::Error::other("the response broke off")),
        };
        let is_broken = piece.is_err();
        // Its reader may have gone; on Lambda that is nothing a function hears of.
        let _ = sender.send(piece).await;
        if is_broken {
            break;
        }
    }
    accepted()
}

async fn error(State(api): Shared, Path(id): Path<String>, body: Bytes) -> Response<Body> {
    if !api.settles(&id) {
        return refused(
            StatusCode::BAD_REQUEST,
            "InvalidRequestID",
            "it is not at work",
        );
    }
    api.report(Report::Answered(Err(Failure::Error(kind(&body)))));
    accepted()
}

async fn init_error(State(api): Shared, body: Bytes) -> Response<Body> {
    api.report(Report::InitError(kind(&body)));
    accepted()
}

/// Returns the type of an error. Its message may quote secrets, so it is not for the log.
fn kind(error: &[u8]) -> String {
    let json: serde_json::Value = serde_json::from_slice(error).unwrap_or_default();
    let kind = json["errorType"]
        .as_str()
        .unwrap_or("an error without a type");
    kind.chars().take(MAX_LOGGED_CHARS).collect()
}

fn accepted() -> Response<Body> {
    (StatusCode::ACCEPTED, r#"{"status":"OK"}"#).into_response()
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Response<Body> {
    let body = serde_json::json!({"errorType": kind, "errorMessage": message});
    (status, body.to_string()).into_response()
}
