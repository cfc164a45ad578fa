//! A Lambda function that misbehaves as the variable `MISBEHAVIOUR` says.
//!
//! It uses nothing but sockets. A Lambda service has to cope with all of it. Its answers, if there
//! are any, have its process ID and the number of its events.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::exit;
use std::thread::sleep;
use std::time::Duration;

const FOR_EVER: Duration = Duration::from_hours(1);

fn main() {
    let misbehaviour = std::env::var("MISBEHAVIOUR").unwrap();
    match misbehaviour.as_str() {
        "ends at its start" => exit(3),
        "is never ready" => sleep(FOR_EVER),
        "reports that it cannot start" => {
            let error = r#"{"errorType":"Init.Broken","errorMessage":"swordfish"}"#;
            post("init/error", error.as_bytes());
            exit(1);
        }
        _ => {}
    }
    for number in 1.. {
        let id = next();
        let invocation = |end: &str| format!("invocation/{id}/{end}");
        let respond = |body: &str| {
            post(&invocation("response"), body.as_bytes());
        };
        match misbehaviour.as_str() {
            "ends with an event" => exit(4),
            "hangs" => sleep(FOR_EVER),
            "asks for the next event" => {}
            "answers and ends" => {
                respond(&answer(number));
                exit(0);
            }
            "answers with an error" => {
                let error = r#"{"errorType":"Function.Broken","errorMessage":"swordfish"}"#;
                post(&invocation("error"), error.as_bytes());
            }
            "answers with more than 6 MB" => respond(&format!(
                r#"{{"statusCode":200,"body":"{}"}}"#,
                "a".repeat(6_291_556)
            )),
            "answers another event" => {
                let refused = post("invocation/another/response", answer(number).as_bytes());
                assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
                respond(&answer(number));
            }
            "breaks off a stream" => {
                let (mut connection, (_, base)) = (connect(), api());
                let head = b"{\"statusCode\":200}\0\0\0\0\0\0\0\0begun";
                let path = invocation("response");
                write!(connection, "POST {base}/{path} HTTP/1.1\r\nHost: lambda\r\nLambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n", head.len()).unwrap();
                connection.write_all(head).unwrap();
                connection.write_all(b"\r\n").unwrap();
                exit(5);
            }
            "takes its time" => {
                sleep(Duration::from_millis(200));
                respond(&answer(number));
            }
            "does well" => respond(&answer(number)),
            // What is no deed is an answer.
            body => respond(body),
        }
    }
}

fn answer(number: usize) -> String {
    let pid = std::process::id();
    format!(
        r#"{{"statusCode":200,"headers":{{"x-pid":"{pid}","x-number":{number}}},"body":"done"}}"#
    )
}

/// Returns the address of the Runtime API, and the prefix of its paths.
fn api() -> (String, String) {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let (address, prefix) = api
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    (address.to_owned(), format!("/{prefix}/2018-06-01/runtime"))
}

fn connect() -> TcpStream {
    TcpStream::connect(api().0).unwrap()
}

/// Waits for an event, and gives its ID.
fn next() -> String {
    let (_, base) = api();
    let mut connection = connect();
    write!(
        connection,
        "GET {base}/invocation/next HTTP/1.1\r\nHost: lambda\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let head = read(connection);
    let name = "lambda-runtime-aws-request-id: ";
    let id = head.lines().find_map(|line| line.strip_prefix(name));
    id.unwrap_or_else(|| exit(6)).to_owned()
}

fn post(path: &str, body: &[u8]) -> String {
    let (_, base) = api();
    let mut connection = connect();
    let length = body.len();
    write!(connection, "POST {base}/{path} HTTP/1.1\r\nHost: lambda\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n").unwrap();
    // Too large a body may be refused before it is read.
    let _ = connection.write_all(body);
    read(connection)
}

fn read(mut connection: TcpStream) -> String {
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
