//! Adapter of API Gateway events: an event becomes a request, and the response an answer.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame};
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt};
use shared::{BodyStream, Context, Correlation, Endpoint, Request};

/// The body of an answer: whole, or a stream of pieces.
#[derive(Debug)]
pub enum AnswerBody {
    /// A whole body.
    Whole(Body),
    /// A stream of pieces, each sent as soon as it is made.
    Pieces(Pieces),
}

impl AnswerBody {
    /// Returns the body for a gateway, which takes whole ones only. No operation that streams is behind one.
    pub fn whole(self) -> Body {
        match self {
            Self::Whole(body) => body,
            Self::Pieces(_) => Body::Empty,
        }
    }

    /// Returns the body as a stream, for a function URL.
    pub fn pieces(self) -> Pieces {
        match self {
            Self::Pieces(pieces) => pieces,
            Self::Whole(body) => Pieces(Box::pin(futures_util::stream::iter([Ok(body.to_vec())]))),
        }
    }
}

/// A stream of pieces, as an HTTP body.
pub struct Pieces(BodyStream);

impl std::fmt::Debug for Pieces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pieces(..)")
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        self.0.as_mut().poll_next(task).map(|piece| {
            piece.map(|piece| {
                piece
                    .map(|piece| Frame::data(Bytes::from(piece)))
                    .map_err(|_| std::io::Error::other("the answer was cut off"))
            })
        })
    }
}

/// Answers a gateway's request with an operation.
///
/// The caller's address is the one that the gateway reports. Headers with addresses are not read,
/// because a caller can write anything into them.
pub async fn answer(
    endpoint: &'static Endpoint,
    cx: &Context,
    request: lambda_http::Request,
) -> lambda_http::Response<AnswerBody> {
    let (source_ip, domain, gateway_id) = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            let ip = context.http.source_ip.as_deref();
            (
                ip.and_then(|ip| ip.parse().ok()),
                context.domain_name.clone(),
                context.request_id.as_deref(),
            )
        }
        _ => (None, None, None),
    };
    // The trace ID comes from Lambda. A caller can write anything into the header of that name.
    let lambda = request.lambda_context_ref();
    let correlation = Correlation::new(
        gateway_id,
        lambda.map(|lambda| lambda.request_id.as_str()),
        lambda.and_then(|lambda| lambda.xray_trace_id.as_deref()),
    );
    let path = request.raw_http_path().to_owned();
    let path_parameters = request.path_parameters();
    let path_parameters = path_parameters
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let (parts, body) = request.into_parts();
    let request = Request {
        method: parts.method.to_string(),
        path,
        path_parameters,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: match body {
            Body::Text(text) => text.into_bytes(),
            Body::Binary(bytes) => bytes,
            _ => Vec::new(),
        },
        source_ip,
        domain,
        correlation,
    };
    let response = shared::answer(endpoint, cx, &request).await;
    let mut builder = lambda_http::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    let body = match response.body {
        // Replies are text. As text they pass the gateway without base64, which is a third longer.
        shared::Body::Whole(bytes) => AnswerBody::Whole(
            String::from_utf8(bytes)
                .map_or_else(|bytes| Body::Binary(bytes.into_bytes()), Body::Text),
        ),
        shared::Body::Stream(stream) => AnswerBody::Pieces(Pieces(stream)),
    };
    // It fails only for a header that is not valid in HTTP, and none of our headers is.
    builder.body(body).unwrap_or_else(|_| {
        let mut broken = lambda_http::Response::new(AnswerBody::Whole(Body::Empty));
        *broken.status_mut() = lambda_http::http::StatusCode::INTERNAL_SERVER_ERROR;
        broken
    })
}
