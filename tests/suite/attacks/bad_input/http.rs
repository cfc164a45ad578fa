//! Bodies, paths, methods and headers that are not what they should be.

use countersign_tests::machine_api::{assert_unchanged, assert_works, clients};
use countersign_tests::{App, form};
use reqwest::{Body, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{FORM, post_bytes};

const NOT_FOUND: (u16, &str) = (404, r#"{"message":"Not Found"}"#);
const MEGABYTE: usize = 1_048_576;

/// Sends these very bytes and gives back the status and the body of the reply.
async fn raw(app: &App, bytes: impl AsRef<[u8]>) -> (u16, String) {
    let mut connection = TcpStream::connect(app.running.address).await.unwrap();
    connection.write_all(bytes.as_ref()).await.unwrap();
    let mut reply = Vec::new();
    connection.read_to_end(&mut reply).await.unwrap();
    let reply = String::from_utf8(reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}

/// A form of so many bytes, all but the first of which are for an unknown argument.
fn form_of(arguments: &[(&str, &str)], length: usize) -> String {
    let mut body = form(arguments) + "&filler=";
    body.extend(std::iter::repeat_n('x', length - body.len()));
    body
}

#[tokio::test]
async fn a_body_of_one_megabyte_is_read_and_a_byte_more_is_not() {
    let app = App::start().await;
    let fine = form_of(&[("description", "just fits")], MEGABYTE);
    post_bytes(&app.owner(), "/clients/add", fine).await.ok();
    let before = clients(&app).await;
    let large = form_of(&[("description", "does not fit")], MEGABYTE + 1);
    for content_type in [FORM, "application/json", "application/octet-stream"] {
        let reply = app
            .owner()
            .post_raw("/clients/add", content_type, large.clone())
            .await;
        let id = reply.header("x-request-id");
        let wanted = format!(
            r#"{{"argument_name":"body","request_id":"{id}","code":200,"error_description":"body was not valid for the following reason: it is larger than 1048576 bytes","error":"invalid_argument","stat":"error"}}"#
        );
        assert_eq!((reply.status, reply.body.as_str()), (413, wanted.as_str()));
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn a_body_over_ten_megabytes_is_refused_by_the_gateway() {
    let app = App::start().await;
    let head = "POST /clients/list HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let length = 10 * MEGABYTE + 1;
    let wanted = r#"{"message":"Request Entity Too Large"}"#;
    // Said in advance, and not sent at all:
    let announced = format!("{head}content-length: {length}\r\n\r\n");
    assert_eq!(raw(&app, announced).await, (413, wanted.to_owned()));
    // Not said in advance, and never ending:
    let mut chunk = format!("{head}transfer-encoding: chunked\r\n\r\n{length:x}\r\n").into_bytes();
    chunk.extend(std::iter::repeat_n(b'x', length));
    assert_eq!(raw(&app, chunk).await, (413, wanted.to_owned()));
    assert_works(&app.owner()).await;
}

#[tokio::test]
async fn only_forms_hold_arguments() {
    let app = App::start().await;
    let before = clients(&app).await;
    let multipart =
        "--b\r\ncontent-disposition: form-data; name=\"description\"\r\n\r\nnever\r\n--b--\r\n";
    for (content_type, body) in [
        ("multipart/form-data; boundary=b", multipart),
        ("application/json", r#"{"description":"never"}"#),
        ("application/json", "description=never"),
        ("text/plain", "description=never"),
        ("application/octet-stream", "description=never"),
        (FORM, r#"{"description":"never"}"#),
        (FORM, multipart),
        (FORM, ""),
    ] {
        let reply = app
            .owner()
            .post_raw("/clients/add", content_type, body)
            .await;
        let words = reply.error(100, "missing_argument");
        assert_eq!(
            words, "missing required argument: description",
            "{content_type} {body}"
        );
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn a_form_is_one_however_its_content_type_is_spelled() {
    let app = App::start().await;
    let types = [
        FORM,
        "Application/X-WWW-Form-Urlencoded",
        "application/x-www-form-urlencoded; charset=utf-8",
    ];
    for content_type in types {
        let path = "/settings/get_default";
        let reply = app
            .owner()
            .post_raw(path, content_type, "key=minimum_age")
            .await;
        assert_eq!(reply.ok()["result"], "13", "{content_type}");
    }
}

#[tokio::test]
async fn unknown_paths_are_not_found() {
    let app = App::start().await;
    for path in [
        "/",
        "/clients",
        "/clients/",
        "/clients/list/",
        "/clients/list/x",
        "/Clients/List",
        "/clients/lis",
        "/openapi.json/",
    ] {
        for method in [Method::GET, Method::POST] {
            let reply = app.owner().send(method, path, &[], Body::default()).await;
            assert_eq!((reply.status, reply.body.as_str()), NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test]
async fn methods_other_than_get_and_post_are_not_found() {
    let app = App::start().await;
    let before = clients(&app).await;
    let path = "/clients/add?description=never";
    for method in [
        "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "get", "post",
    ] {
        let reply = app
            .owner()
            .send(method.parse().unwrap(), path, &[], Body::default())
            .await;
        assert_eq!((reply.status, reply.body.as_str()), NOT_FOUND, "{method}");
    }
    let reply = app
        .owner()
        .send(Method::HEAD, path, &[], Body::default())
        .await;
    assert_eq!(reply.status, 404);
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn any_host_name_is_fine() {
    let app = App::start().await;
    for host in [
        "x",
        "old-name.us-dev.janraincapture.com",
        "EXAMPLE.com:8443",
        "192.0.2.7",
        "[::1]:80",
    ] {
        let path = "/settings/get_default?key=minimum_age";
        let reply = app
            .owner()
            .send(Method::GET, path, &[("host", host)], Body::default())
            .await;
        assert_eq!(reply.ok()["result"], "13", "{host}");
    }
}

#[tokio::test]
async fn a_hostile_host_does_not_break_the_server() {
    let app = App::start().await;
    let long = "h".repeat(9_000);
    let hosts = [
        "",
        " ",
        "a b",
        "user@host",
        "http://x/",
        "/",
        "?",
        "#",
        "%",
        "%00",
        "[",
        "[::1",
        "]",
        "x:99999",
        "x:-1",
        "a/../b",
        "<script>",
        "ä",
        "\\",
        "x,y",
        "..",
        "xn--",
        "1.2.3.4.5",
        "0x7f.1",
        &long,
    ];
    let lines = hosts.map(|host| format!("host: {host}\r\n"));
    let odd = [
        String::new(),
        "host: a\r\nhost: b\r\n".to_owned(),
        "x-forwarded-proto: %\r\nhost: x\r\n".to_owned(),
    ];
    for lines in lines.iter().chain(&odd) {
        let request = format!("GET /openapi.json HTTP/1.1\r\n{lines}connection: close\r\n\r\n");
        let (status, body) = raw(&app, request).await;
        assert!(matches!(status, 200 | 400), "{lines}: {status} {body}");
        assert_works(&app.owner()).await;
    }
}

#[tokio::test]
async fn a_hostile_path_does_not_break_the_server() {
    let app = App::start().await;
    let long = format!("/{}", "p".repeat(9_000));
    let dots = "/..".repeat(1_000);
    for path in [
        "//",
        "//clients/list",
        "/clients//list",
        "/./clients/list",
        "/%",
        "/%zz",
        "/%ff",
        "/%00",
        "/clients/list%00",
        "/clients/list;x",
        "/clients/list%2f",
        "/\\clients",
        "/{id}",
        "/..",
        "/a?%",
        "/?%00",
        "/?%ff=%",
        "*",
        &long,
        &dots,
        "http://elsewhere/nothing",
        "http://",
        "/é",
        "/nothing?é",
        "/<>",
        "/\"",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let (status, body) = raw(&app, request).await;
        assert!(matches!(status, 400 | 404), "{path}: {status} {body}");
        assert_works(&app.owner()).await;
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let app = App::start().await;
    let query = format!("/settings/get_default?key={}", "k".repeat(11_000));
    let reply = app.owner().get(&query, &[]).await;
    assert_eq!(reply.status, 431);
    let header = "h".repeat(11_000);
    let headers = [("x-large", header.as_str())];
    let reply = app
        .owner()
        .send(Method::GET, "/openapi.json", &headers, Body::default())
        .await;
    assert_eq!(reply.status, 431);
    assert_works(&app.owner()).await;
}

#[tokio::test]
async fn what_is_no_http_does_not_break_the_server() {
    let app = App::start().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /openapi.json HTTP/9.9\r\n\r\n",
        b"GET /openapi.json\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"POST /clients/list HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"POST /clients/list HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST /clients/list HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let mut connection = TcpStream::connect(app.running.address).await.unwrap();
        connection.write_all(bytes).await.unwrap();
        drop(connection);
        assert_works(&app.owner()).await;
    }
}
