//! From an API Gateway event, as `lambda_http` presents it, to an operation and back.

use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt};
use shared::{Context, Endpoint, Request};

/// Takes a gateway's request to `endpoint` and brings back its response. The caller's address is
/// the one that the gateway reports; no header is asked for it.
pub async fn answer(
    endpoint: &'static Endpoint,
    cx: &Context,
    request: lambda_http::Request,
) -> lambda_http::Response<Body> {
    let source_ip = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context
            .http
            .source_ip
            .as_deref()
            .and_then(|ip| ip.parse().ok()),
        _ => None,
    };
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
    };
    let response = shared::answer(endpoint, cx, &request).await;
    let mut builder = lambda_http::Response::builder().status(response.status);
    for (name, value) in response.headers {
        builder = builder.header(name, value);
    }
    // Replies are text; as such they cross the gateway without base64.
    let body = String::from_utf8(response.body)
        .map_or_else(|bytes| Body::Binary(bytes.into_bytes()), Body::Text);
    builder.body(body).unwrap_or_else(|_| {
        let mut broken = lambda_http::Response::new(Body::Empty);
        *broken.status_mut() = lambda_http::http::StatusCode::INTERNAL_SERVER_ERROR;
        broken
    })
}
