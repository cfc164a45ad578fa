use axum::body::{Bytes, to_bytes};
use http::{Method, Request};
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;

use super::*;
use crate::routes::{RouteMatch, Routes};

const PEER: &str = "[::ffff:192.0.2.7]:5000";

fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    request.body(()).unwrap().into_parts().0
}

fn matched(path: &str) -> Option<RouteMatch> {
    let mut routes = Routes::default();
    routes.add("/clients/list", &["GET", "POST"], 0);
    routes.add("/things/{id}", &["GET", "POST"], 1);
    routes.find("POST", path)
}

/// Passes a request through all steps of the gateway, as the server does.
fn pass(
    head: Parts,
    body: &[u8],
) -> Result<(ApiGatewayV2httpRequest, lambda_http::Request), Refusal> {
    let path = path(&head)?;
    let route = matched(&path).ok_or(Refusal::NotFound)?;
    let arrival = Arrival {
        peer: PEER.parse().unwrap(),
        port: 8080,
        at: 1_583_348_638_390,
        request_id: "abc",
    };
    let body = Bytes::copy_from_slice(body);
    let made = event(head, path, &body, route, arrival);
    Ok((made.clone(), request(made)))
}

#[test]
fn a_request_becomes_an_event_and_the_function_s_request() {
    let headers = [
        ("Host", "api.example.com:8080"),
        ("User-Agent", "agent/1"),
        ("X-Many", "a"),
        ("x-many", "b, c"),
        ("Cookie", "k=v; l=w"),
        ("cookie", "m=x"),
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Proto", "not a scheme"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let uri = "/things/a%20b%C3%BC?x=1&x=2&y=%26";
    let (event, request) = pass(head("POST", uri, &headers), b"a=b&c=d").unwrap();

    assert_eq!(event.version.as_deref(), Some("2.0"));
    assert_eq!(event.route_key.as_deref(), Some("POST /things/{id}"));
    assert_eq!(event.raw_path.as_deref(), Some("/things/a bü"));
    assert_eq!(event.raw_query_string.as_deref(), Some("x=1&x=2&y=%26"));
    assert_eq!(event.query_string_parameters.all("x").unwrap(), ["1", "2"]);
    assert_eq!(event.path_parameters["id"], "a bü");
    assert_eq!(event.cookies.unwrap(), ["k=v", "l=w", "m=x"]);
    assert_eq!(event.headers["x-many"], "a,b, c");
    assert_eq!(event.headers["x-forwarded-for"], "203.0.113.9, 192.0.2.7");
    assert_eq!(event.headers["x-forwarded-proto"], "http");
    assert_eq!(event.headers["x-forwarded-port"], "8080");
    assert!(!event.headers.contains_key("cookie"));
    assert!(event.is_base64_encoded);
    assert_eq!(event.body.as_deref(), Some("YT1iJmM9ZA=="));
    let context = event.request_context;
    assert_eq!(context.domain_name.as_deref(), Some("api.example.com:8080"));
    assert_eq!(context.domain_prefix.as_deref(), Some("api"));
    assert_eq!(context.request_id.as_deref(), Some("abc"));
    assert_eq!(context.stage.as_deref(), Some("$default"));
    assert_eq!(context.time.as_deref(), Some("04/Mar/2020:19:03:58 +0000"));
    assert_eq!(context.time_epoch, 1_583_348_638_390);
    let http = context.http;
    assert_eq!(http.method, Method::POST);
    assert_eq!(http.path.as_deref(), Some("/things/a bü"));
    assert_eq!(http.protocol.as_deref(), Some("HTTP/1.1"));
    assert_eq!(http.source_ip.as_deref(), Some("192.0.2.7"));
    assert_eq!(http.user_agent.as_deref(), Some("agent/1"));

    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri().query(), Some("x=1&x=2&y=%26"));
    assert_eq!(request.raw_http_path(), "/things/a bü");
    assert_eq!(request.headers()["cookie"], "k=v; l=w; m=x");
    assert_eq!(&**request.body(), b"a=b&c=d");
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else {
        panic!("no context");
    };
    assert_eq!(context.http.source_ip.as_deref(), Some("192.0.2.7"));
}

#[test]
fn text_goes_as_it_is_and_all_else_in_base64() {
    for (content_type, body, is_encoded) in [
        ("application/json", &b"{}"[..], false),
        ("Application/JSON; charset=utf-8", b"{}", false),
        ("text/plain", b"x", false),
        ("application/xml", b"<a/>", false),
        ("application/javascript", b"1", false),
        ("application/x-www-form-urlencoded", b"a=b", true),
        ("application/octet-stream", b"x", true),
        ("", b"x", true),
        ("text/plain", b"\xff\xfe", true),
        ("application/octet-stream", b"", false),
    ] {
        let head = head("POST", "/clients/list", &[("content-type", content_type)]);
        let (event, request) = pass(head, body).unwrap();
        assert_eq!(event.is_base64_encoded, is_encoded, "{content_type}");
        assert_eq!(event.body.is_none(), body.is_empty());
        assert_eq!(&**request.body(), body);
    }
}

#[test]
fn hostile_hosts_are_refused() {
    let long = "a".repeat(9_000);
    for host in [
        "",
        " ",
        "a b",
        "a/b",
        "a?b",
        "a#b",
        "a@b",
        "user:pass@h",
        "a\\b",
        "a%00b",
        "a%7Bb",
        "%",
        "h:99999",
        "h:x",
        "h:-1",
        "[",
        "]",
        "[::1",
        "[::g]",
        "::1",
        "1.2.3.256",
        "1.2.3.4.5",
        "0x1.0x100000000",
        "xn--a",
        "xn--",
        "a:b:c",
        "ü",
        "\u{202e}",
        "{",
        "\"",
        "<",
        "a,b",
        "\t",
        "h:80:",
        "999999999999",
        &long,
    ] {
        let head = head("POST", "/clients/list", &[("host", host)]);
        match pass(head, b"") {
            Err(refusal) => assert_eq!(refusal, Refusal::BadRequest, "{host}"),
            // Long or odd as they are, these are host names.
            Ok(_) => assert!(host == long, "{host} was taken"),
        }
    }
    for host in [
        "localhost",
        "LOCALHOST:8080",
        "127.0.0.1",
        "[::1]:80",
        "a_b",
        "h:",
        "a..b",
        "-",
    ] {
        let head = head("POST", "/clients/list", &[("host", host)]);
        assert!(pass(head, b"").is_ok(), "{host} was not taken");
    }
    let twice = head("POST", "/clients/list", &[("host", "a"), ("host", "a")]);
    assert_eq!(pass(twice, b"").unwrap_err(), Refusal::BadRequest);
}

#[test]
fn hostile_paths_queries_and_headers_make_nothing_panic() {
    let long = format!("/things/{}", "%00".repeat(3_000));
    let longer = format!("/things/{}", "%FF".repeat(3_000));
    let query = format!("/things/x?{}", "\u{fc}".repeat(4_000));
    let too_long = format!("/things/x?{}", "a".repeat(MAX_HEAD_BYTES));
    for uri in [
        "/things/%",
        "/things/%zz",
        "/things/%FF",
        "/things/%00",
        "/things/%0d%0a",
        "/things/%3F",
        "/things/%23x?q",
        "/things/%5C",
        "/things/..",
        "/things/%2e%2e",
        "/things/%2F%2F",
        "//h/p",
        "/things/[]^|",
        "/things/%60?`",
        "/things/{}?{}",
        "/things/\"?\"",
        "/things/x?%",
        "/things/x??",
        "/things/x?a=%FF&&=&=b",
        "*",
        "http://[::1]/things/x",
        "http://h/things/x",
        &long,
        &longer,
        &query,
        &too_long,
        "/things/\u{fc}",
    ] {
        // What is no URI at all, the HTTP server refuses before.
        if uri.parse::<http::Uri>().is_err() {
            continue;
        }
        for host in ["h", "[::1]:1"] {
            let headers = [
                ("host", host),
                ("cookie", ";;=\u{fc}"),
                ("x-forwarded-for", "\u{fc}"),
            ];
            if let Ok((_, request)) = pass(head("POST", uri, &headers), b"\xff") {
                assert_eq!(request.body().len(), 1);
            }
        }
        let _ = pass(head("POST", uri, &[]), b"");
    }
    assert_eq!(
        pass(head("POST", &too_long, &[]), b"").unwrap_err(),
        Refusal::HeadTooLarge
    );
    assert_eq!(
        pass(head("POST", &longer, &[]), b"").unwrap_err(),
        Refusal::BadRequest
    );
}

/// Characters that mean something somewhere, in any order.
#[test]
fn random_requests_make_nothing_panic() {
    const ALPHABET: &[&str] = &[
        "a",
        "0",
        "1",
        ".",
        "..",
        "/",
        "//",
        "\\",
        "%",
        "%2",
        "%2f",
        "%00",
        "%ff",
        "%c3%bc",
        "%3f",
        "%23",
        "%5b",
        "?",
        "&",
        "=",
        ";",
        ":",
        "@",
        "[",
        "]",
        "{",
        "}",
        "|",
        "^",
        "`",
        "\"",
        "'",
        "+",
        "~",
        "!",
        "$",
        "*",
        ",",
        "(",
        ")",
        "_",
        "-",
        "xn--",
        "ü",
        "\u{10ffff}",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut pick = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % most as u64).unwrap()
    };
    let mut passed = 0;
    for _ in 0..20_000 {
        let mut text = |most| -> String {
            let length = pick(most);
            (0..length)
                .map(|_| ALPHABET[pick(ALPHABET.len())])
                .collect()
        };
        let uri = format!("/things/{}?{}", text(8), text(8));
        let host = text(4);
        let host = if host.is_empty() {
            "h".to_owned()
        } else {
            host
        };
        let request = Request::builder().method("POST").uri(uri);
        let request = request.header("host", HeaderValue::from_bytes(host.as_bytes()).unwrap());
        if let Ok(request) = request.body(()) {
            passed += usize::from(pass(request.into_parts().0, b"x").is_ok());
        }
    }
    assert!(passed > 500, "{passed}");
}

#[tokio::test]
async fn responses_go_back_as_they_are() {
    for (body, expected) in [
        (lambda_http::Body::Text("ü".to_owned()), "ü".as_bytes()),
        (lambda_http::Body::Binary(vec![0, 255]), &[0, 255]),
        (lambda_http::Body::Empty, b""),
    ] {
        let answer = http::Response::builder()
            .status(203)
            .header("x-a", "1")
            .header("x-a", "2");
        let response = response(answer.body(AnswerBody::Whole(body)).unwrap());
        assert_eq!(response.status(), 203);
        assert_eq!(response.headers().len(), 2);
        assert_eq!(to_bytes(response.into_body(), 10).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn refusals_are_worded_as_api_gateway_words_them() {
    for (refusal, status, body) in [
        (Refusal::BadRequest, 400, r#"{"message":"Bad Request"}"#),
        (Refusal::NotFound, 404, r#"{"message":"Not Found"}"#),
        (
            Refusal::BodyTooLarge,
            413,
            r#"{"message":"Request Entity Too Large"}"#,
        ),
        (
            Refusal::HeadTooLarge,
            431,
            r#"{"message":"Request Header Fields Too Large"}"#,
        ),
        (
            Refusal::FunctionFailed,
            500,
            r#"{"message":"Internal Server Error"}"#,
        ),
    ] {
        let response = refusal.into_response();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(to_bytes(response.into_body(), 100).await.unwrap(), body);
    }
}
