//! The HTTP server: takes connections, calls operations, sends their answers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use functions::OPERATIONS;
use http::Method;
use http::request::Parts;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use shared::{Clock, Random};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use super::contexts::Contexts;
use crate::gateway::{self, Arrival, MAX_BODY_BYTES, Refusal};
use crate::lambda::Lambda;
use crate::routes::{RouteMatch, Routes};

/// Most characters of a path in the log.
const MAX_LOGGED_PATH: usize = 200;
/// Most characters of a path segment in the log: as many as an ID has.
///
/// An invitation's token is longer, and so stays out of the log.
const MAX_LOGGED_SEGMENT: usize = 32;

/// A handle that every task holds while it answers a request. Nothing is ever sent through it.
type AtWork = mpsc::Sender<Infallible>;

/// Serves connections until `stopped`, then waits for the open ones.
pub(super) async fn serve(
    listener: TcpListener,
    server: Arc<Server>,
    working: AtWork,
    stopped: oneshot::Receiver<Infallible>,
) {
    let app = Router::new().fallback(handle).with_state((server, working));
    let listener = listener.tap_io(|connection| {
        // Without this a small answer can wait for the acknowledgement of the one before.
        let _ = connection.set_nodelay(true);
    });
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let stopped = async {
        let _ = stopped.await;
    };
    // It retries what fails on accepting and so never returns an error.
    let _ = axum::serve(listener, app)
        .with_graceful_shutdown(stopped)
        .await;
}

async fn handle(
    State((server, working)): State<(Arc<Server>, AtWork)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let request_log = RequestLog::of(&head, &server.random, started);
    let (path, route, body) = match server.admit(&head, body).await {
        Ok(admitted) => admitted,
        Err(refusal) => return request_log.refuse(refusal),
    };
    let arrival = Arrival {
        peer,
        port: server.port,
        at: server.clock.now().millis(),
        request_id: &request_log.request_id,
    };
    let place = route.operation;
    let event = gateway::event(head, path, &body, route, arrival);
    // As on Lambda: an operation goes on to its end even if its caller has gone. One that panics
    // ends nothing but itself.
    let run = tokio::spawn(async move {
        let answer = server.run(place, event).await;
        drop(working);
        answer
    });
    let Ok(answer) = run.await else {
        // The request's own line is in the log already: it is written however the operation ends.
        tracing::error!(operation = OPERATIONS[place].id, "the operation panicked");
        return Refusal::FunctionFailed.into_response();
    };
    answer.unwrap_or_else(|refusal| request_log.refuse(refusal))
}

/// The state that all requests share.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) contexts: Contexts,
    /// The local Lambda that runs the operations. `None`: this process runs them.
    lambda: Option<Lambda>,
    routes: Routes,
    clock: Clock,
    random: Random,
    port: u16,
}

impl Server {
    /// Returns a server of all operations.
    pub(super) fn new(
        contexts: Contexts,
        lambda: Option<Lambda>,
        clock: Clock,
        random: Random,
        port: u16,
    ) -> Self {
        let mut routes = Routes::default();
        for (place, operation) in OPERATIONS.iter().enumerate() {
            routes.add(operation.route.path, operation.route.methods, place);
        }
        Self {
            contexts,
            lambda,
            routes,
            clock,
            random,
            port,
        }
    }

    /// Gives an event to the function of the operation at this place.
    async fn run(&self, place: usize, event: ApiGatewayV2httpRequest) -> Result<Response, Refusal> {
        let operation = &OPERATIONS[place];
        let Some(lambda) = &self.lambda else {
            let cx = self.contexts.of(place).context();
            let answer = functions::answer(operation, cx, gateway::request(event)).await;
            return Ok(gateway::response(answer));
        };
        let answer = gateway::integrate(lambda, place, operation.streams, &event).await;
        answer.map_err(|failure| {
            tracing::error!(operation = operation.id, %failure, "the function did not answer");
            Refusal::of(&failure)
        })
    }

    /// Returns the decoded path, its route, and the body.
    async fn admit(
        &self,
        head: &Parts,
        body: Body,
    ) -> Result<(String, RouteMatch, Bytes), Refusal> {
        let path = gateway::path(head)?;
        let route = self.routes.find(head.method.as_str(), &path);
        let route = route.ok_or(Refusal::NotFound)?;
        // A declared length is refused before the body is read.
        if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
            return Err(Refusal::BodyTooLarge);
        }
        let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
        let body = body.map_err(|fault| {
            if fault.is::<LengthLimitError>() {
                Refusal::BodyTooLarge
            } else {
                Refusal::BadRequest
            }
        })?;
        Ok((path, route, body.to_bytes()))
    }
}

/// The log line of a request that no operation answered.
struct RequestLog {
    method: Method,
    path: String,
    request_id: String,
    started: Instant,
}

impl RequestLog {
    fn of(head: &Parts, random: &Random, started: Instant) -> Self {
        const ALPHABET: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";
        // An ID that names a request in a log need not be unguessable.
        let bytes: [u8; 16] = random.bytes().unwrap_or_default();
        let letters = bytes.map(|byte| ALPHABET[usize::from(byte) % ALPHABET.len()]);
        Self {
            method: head.method.clone(),
            path: for_the_log(head.uri.path()),
            request_id: letters.map(char::from).iter().collect(),
            started,
        }
    }

    fn refuse(self, refusal: Refusal) -> Response {
        let Self {
            method,
            path,
            request_id,
            started,
        } = self;
        tracing::info_span!("request", request_id).in_scope(|| {
            tracing::info!(
                method = method.as_str(),
                path,
                status = refusal.status().as_u16(),
                milliseconds = started.elapsed().as_secs_f64() * 1000.0,
                "answered"
            );
        });
        refusal.into_response()
    }
}

/// Returns the part of an unknown path that may go to the log.
fn for_the_log(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        if part.chars().count() > MAX_LOGGED_SEGMENT {
            "…"
        } else {
            part
        }
    });
    let path = parts.collect::<Vec<_>>().join("/");
    path.chars().take(MAX_LOGGED_PATH).collect()
}
