//! The log line of a request, written when it is dropped.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::Stream;
use tracing::Span;

use crate::error::{Error, Result};
use crate::wire::request::{Body, BodyStream};

/// The target of the line `answered`, which a subscriber can know it by. Its fields are `method` and
/// `path`, and the numbers `status`, `code` and `milliseconds`. If the caller's credentials were
/// refused, there is `authentication_failure`, which is `true`.
pub const ANSWERED: &str = "countersign::answered";

/// The log line of a request. It is written on drop: when the answer is ready, its last piece has left,
/// or a panic unwinds.
#[derive(Debug)]
pub(super) struct LogLine {
    pub(super) span: Span,
    pub(super) method: String,
    pub(super) path: &'static str,
    pub(super) started: Instant,
    /// The HTTP status: until there is another one, that of a panic.
    pub(super) status: u16,
    pub(super) code: u16,
    pub(super) is_authentication_failure: bool,
}

impl Drop for LogLine {
    fn drop(&mut self) {
        // To the microsecond: more digits say nothing, and each is paid for twice.
        let milliseconds = (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3;
        self.span.in_scope(|| {
            tracing::info!(
                target: ANSWERED,
                method = self.method,
                path = self.path,
                status = self.status,
                code = self.code,
                milliseconds,
                authentication_failure = self.is_authentication_failure.then_some(true),
                "answered"
            );
        });
    }
}

impl LogLine {
    /// Goes with a body in pieces until its end.
    pub(super) fn accompany(self, body: Body) -> Body {
        match body {
            Body::Whole(_) => body,
            Body::Stream(pieces) => Body::Stream(Box::pin(Accompanied {
                pieces,
                log_line: Some(self),
            })),
        }
    }
}

struct Accompanied {
    pieces: BodyStream,
    /// Until the last piece: what is to be said is said before Lambda may freeze the process.
    log_line: Option<LogLine>,
}

impl Stream for Accompanied {
    type Item = Result<Vec<u8>>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { pieces, log_line } = &mut *self;
        let Some(of_request) = log_line else {
            return Poll::Ready(None);
        };
        let span = of_request.span.clone();
        let _request = span.enter();
        let piece = pieces.as_mut().poll_next(task);
        if let Poll::Ready(Some(Err(error))) = &piece {
            // The head has gone out long ago: all that is left is that the body ends too early.
            of_request.code = 500;
            if let Error::Unexpected(cause) = error {
                tracing::error!(cause = cause.for_the_log(), "an answer was cut off");
            }
        }
        if matches!(piece, Poll::Ready(None | Some(Err(_)))) {
            *log_line = None;
        }
        piece
    }
}
