//! The event that API Gateway makes of a request: payload format 2.0 of HTTP APIs.

use std::net::IpAddr;

use axum::body::Bytes;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Version;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use lambda_http::aws_lambda_events::apigw::{
    ApiGatewayV2httpRequest, ApiGatewayV2httpRequestContext,
    ApiGatewayV2httpRequestContextHttpDescription,
};

use super::Arrival;
use crate::iam::ACCOUNT;
use crate::routes::RouteMatch;

/// Returns the event for a request. `path` comes from [`path`](super::path) for this head.
pub(crate) fn event(
    head: Parts,
    path: String,
    body: &Bytes,
    route: RouteMatch,
    arrival: Arrival<'_>,
) -> ApiGatewayV2httpRequest {
    let mut headers = joined(head.headers);
    let source_ip = arrival.peer.ip().to_canonical();
    forwarded(&mut headers, source_ip, arrival.port);
    let text = |name: HeaderName| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let host = text(header::HOST);
    let route_key = format!("{} {}", head.method, route.path);

    let mut http = ApiGatewayV2httpRequestContextHttpDescription::default();
    http.method = head.method;
    http.path = Some(path.clone());
    http.protocol = Some(protocol(head.version).to_owned());
    http.source_ip = Some(source_ip.to_string());
    http.user_agent = text(header::USER_AGENT);

    let mut context = ApiGatewayV2httpRequestContext::default();
    context.route_key = Some(route_key.clone());
    context.account_id = Some(ACCOUNT.to_owned());
    context.stage = Some("$default".to_owned());
    context.request_id = Some(arrival.request_id.to_owned());
    context.apiid = Some("local".to_owned());
    context.domain_prefix = host
        .as_deref()
        .map(|host| host.split('.').next().unwrap_or_default().to_owned());
    context.domain_name = host;
    context.time = Some(common_log_time(arrival.at));
    context.time_epoch = arrival.at;
    context.http = http;

    let mut event = ApiGatewayV2httpRequest::default();
    let query = head.uri.query().unwrap_or_default();
    event.version = Some("2.0".to_owned());
    event.route_key = Some(route_key);
    event.raw_path = Some(path);
    event.query_string_parameters = query.parse().unwrap_or_default();
    event.raw_query_string = Some(query.to_owned());
    event.path_parameters = route.parameters;
    event.request_context = context;
    event.is_base64_encoded = false;
    if !body.is_empty() {
        let text = std::str::from_utf8(body).ok();
        if let Some(text) = text.filter(|_| is_text(&headers)) {
            event.body = Some(text.to_owned());
        } else {
            event.body = Some(BASE64_STANDARD.encode(body));
            event.is_base64_encoded = true;
        }
    }
    event.cookies = cookies(headers.remove(header::COOKIE).as_ref());
    event.headers = headers;
    event
}

/// Joins several values of one header with commas; those of cookies with semicolons.
fn joined(headers: HeaderMap) -> HeaderMap {
    if headers.keys_len() == headers.len() {
        return headers;
    }
    let mut single = HeaderMap::with_capacity(headers.keys_len());
    for name in headers.keys() {
        let separator: &[u8] = if name == header::COOKIE { b"; " } else { b"," };
        let values: Vec<&[u8]> = headers
            .get_all(name)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        // Joining header values with these separators always gives a header value.
        if let Ok(value) = HeaderValue::from_bytes(&values.join(separator)) {
            single.insert(name.clone(), value);
        }
    }
    single
}

/// Adds the gateway's own headers about the connection. Nothing here decides by them.
fn forwarded(headers: &mut HeaderMap, source_ip: IpAddr, port: u16) {
    const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    const PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
    const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
    let mut addresses = headers
        .get(FOR)
        .map(|before| [before.as_bytes(), b", "].concat())
        .unwrap_or_default();
    addresses.extend_from_slice(source_ip.to_string().as_bytes());
    if let Ok(addresses) = HeaderValue::from_bytes(&addresses) {
        headers.insert(FOR, addresses);
    }
    headers.insert(PORT, HeaderValue::from(port));
    headers.insert(PROTO, HeaderValue::from_static("http"));
    for of_one_connection in [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ] {
        headers.remove(of_one_connection);
    }
}

fn cookies(header: Option<&HeaderValue>) -> Option<Vec<String>> {
    let cookies = header?.to_str().ok()?.split(';').map(str::trim);
    Some(cookies.map(ToOwned::to_owned).collect())
}

/// Returns whether API Gateway passes a body as it is. It passes all others, forms too, in base64.
fn is_text(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    let essence = essence.unwrap_or_default().trim().to_ascii_lowercase();
    essence.starts_with("text/")
        || matches!(
            &*essence,
            "application/json" | "application/xml" | "application/javascript"
        )
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}

/// Formats a time in the common log format: `12/Mar/2020:19:03:58 +0000`.
fn common_log_time(millis: i64) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let seconds = millis.div_euclid(1000);
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Howard Hinnant's `civil_from_days`: years begin in March, so leap days come last.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 2, 0)
    } else {
        (month - 10, 1)
    };
    let year = year + era * 400 + later;
    let name = usize::try_from(month)
        .ok()
        .and_then(|m| MONTHS.get(m))
        .unwrap_or(&"");
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{day:02}/{name}/{year}:{hour:02}:{minute:02}:{second:02} +0000")
}
