use std::sync::Mutex;
use std::time::Instant;

use shared::seed::Seed;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::dynamodb::{AnswerView, Call, Intervention};
use crate::{MAX_BODY_BYTES, MAX_HEAD_BYTES};

/// Returns a template in which every operation may do everything.
fn template() -> String {
    let mut template = "Resources:\n  Nothing: {Type: AWS::SNS::Topic}\n".to_owned();
    for (place, operation) in OPERATIONS.iter().enumerate() {
        let function = format!(
            "  F{place}:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
             Handler: {}\n      Policies:\n        Statement:\n          \
             {{Effect: Allow, Action: ['dynamodb:*', 'kms:*'], Resource: '*'}}\n",
            operation.id
        );
        template += &function;
    }
    template
}

fn options() -> Options {
    let seed = r#"{"applications":[{"application_id":"app1","name":"A","settings":{"k":"v"},
        "clients":[{"client_id":"owner","client_secret":"s3cret","description":"owner","features":["owner"]}]}]}"#;
    Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        storage: Storage::Memory,
        table_prefix: "t".to_owned(),
        seed: Some(Seed::parse(seed).unwrap()),
        demo: true,
        clock: Clock::System,
        hook: None,
        bootstrap: None,
        template: Some(template()),
    }
}

/// Sends these bytes and reads until the server closes the connection.
async fn send(address: SocketAddr, bytes: &[u8]) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    // A server that refuses early may close before all is written.
    let _ = connection.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = connection.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
}

const OWNER: &str = "client_id=owner&client_secret=s3cret";

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_answered_or_refused() {
    let running = start(options()).await.unwrap();
    let long = get(&format!("/clients/list?{}", "a".repeat(MAX_HEAD_BYTES)));
    let body = MAX_BODY_BYTES + 1;
    for (request, status, part) in [
        (
            get(&format!("/clients/list?{OWNER}")),
            200,
            r#""stat":"ok""#,
        ),
        (get("/clients/list"), 200, r#""code":402"#),
        (get("/clients/%6cist"), 200, r#""code":402"#),
        (get("/clients"), 404, r#"{"message":"Not Found"}"#),
        (get("/clients/list/"), 404, r#"{"message":"Not Found"}"#),
        (
            get("/clients/list").replace("GET", "PUT"),
            404,
            r#"{"message":"Not Found"}"#,
        ),
        (
            get("/clients/list").replace("Host: h", "Host: 1.2.3.256"),
            400,
            r#"{"message":"Bad Request"}"#,
        ),
        (
            get("/clients/list").replace("Host: h", "Host: xn--a"),
            400,
            r#"{"message":"Bad Request"}"#,
        ),
        (
            get("/clients/list").replace("Host: h", "Host: h\r\nX-Forwarded-Proto: a b"),
            200,
            "402",
        ),
        (get("/clients/%ff"), 400, r#"{"message":"Bad Request"}"#),
        (
            get("/clients/list").replace("Host", &format!("Content-Length: {body}\r\nHost")),
            413,
            "Too Large",
        ),
        (
            long,
            431,
            r#"{"message":"Request Header Fields Too Large"}"#,
        ),
    ] {
        let answer = send(running.address, request.as_bytes()).await;
        let start = format!("HTTP/1.1 {status} ");
        assert!(
            answer.starts_with(&start) && answer.contains(part),
            "{request:.300}\n{answer}"
        );
    }
    for request in [
        "\0\r\n\r\n",
        "GET",
        "GET / HTTP/9\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    ] {
        let mut connection = TcpStream::connect(running.address).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
    }
    let answer = send(
        running.address,
        get(&format!("/clients/list?{OWNER}")).as_bytes(),
    )
    .await;
    assert!(answer.ends_with(r#""stat":"ok"}"#), "{answer}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_a_length_is_counted_as_it_comes() {
    let running = start(options()).await.unwrap();
    let mut request =
        b"POST /clients/list HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let chunk = [
        b"100000\r\n".to_vec(),
        vec![b'a'; 0x10_0000],
        b"\r\n".to_vec(),
    ]
    .concat();
    for _ in 0..11 {
        request.extend_from_slice(&chunk);
    }
    let answer = send(running.address, &request).await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 413 "),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_the_template_does_not_have_may_do_nothing() {
    let options = Options {
        template: Some("Resources: {}".to_owned()),
        ..options()
    };
    let running = start(options).await.unwrap();
    let answer = send(
        running.address,
        get(&format!("/clients/list?{OWNER}")).as_bytes(),
    )
    .await;
    assert!(answer.contains(r#""code":500"#), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_what_was_there_and_is_for_one_server() {
    let outer = tempfile::tempdir().unwrap();
    let folder = || Options {
        storage: Storage::Folder(outer.path().join("data")),
        seed: None,
        ..options()
    };
    let first = start(folder()).await.unwrap();
    let demo = first.demo.as_ref().unwrap();
    let (id, secret) = (
        demo.client_id.as_str().to_owned(),
        demo.client_secret.expose(),
    );
    let list = get(&format!(
        "/clients/list?client_id={id}&client_secret={secret}"
    ));
    let before = send(first.address, list.as_bytes()).await;
    assert!(before.contains(&id), "{before}");
    let refused = start(folder()).await.unwrap_err();
    assert!(matches!(refused, StartError::InUse(_)), "{refused}");
    first.stop().await;

    let second = start(folder()).await.unwrap();
    assert!(second.demo.is_none());
    let after = send(second.address, list.as_bytes()).await;
    assert!(after.contains(&id), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_can_share_a_store() {
    let first = start(options()).await.unwrap();
    let second = Options {
        storage: first.shared_storage().unwrap(),
        ..options()
    };
    let second = start(second).await.unwrap();
    assert_eq!(second.planted.as_ref().unwrap().clients, 0);
    let answer = send(
        second.address,
        get(&format!("/clients/list?{OWNER}")).as_bytes(),
    )
    .await;
    assert!(answer.contains(r#""stat":"ok""#), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_used_is_one_sentence() {
    let running = start(options()).await.unwrap();
    let taken = Options {
        listen: running.address,
        ..options()
    };
    let unreachable = Options {
        storage: Storage::EndpointMemory {
            url: "http://127.0.0.1:9".to_owned(),
        },
        ..options()
    };
    let no_url = Options {
        storage: Storage::EndpointMemory {
            url: "nonsense".to_owned(),
        },
        ..options()
    };
    for (options, expected) in [
        (taken, "choose another address with --listen"),
        (unreachable, "http://127.0.0.1:9 does not answer ("),
        (no_url, "--dynamodb: it is not of the form"),
    ] {
        let said = start(options).await.unwrap_err().to_string();
        assert!(said.contains(expected) && !said.contains('\n'), "{said}");
    }
}

/// Makes every write wait.
#[derive(Debug, Default)]
struct Slow(Mutex<Vec<String>>);

impl CallHook for Slow {
    fn before(&self, call: &Call<'_>) -> Intervention {
        self.0.lock().unwrap().push(call.operation.to_owned());
        match call.operation {
            "TransactWriteItems" => Intervention::Delay(Duration::from_millis(300)),
            _ => Intervention::Proceed,
        }
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}

impl Slow {
    async fn until_writing(&self) {
        while !self
            .0
            .lock()
            .unwrap()
            .iter()
            .any(|call| call == "TransactWriteItems")
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_has_begun_goes_on_to_its_end() {
    let hook = Arc::new(Slow::default());
    let slow = Options {
        hook: Some(hook.clone()),
        ..options()
    };
    let running = start(slow).await.unwrap();
    let list = get(&format!("/clients/list?{OWNER}"));
    let add = |name: &str| {
        get(&format!(
            "/clients/add?{OWNER}&description={name}&features=[]"
        ))
    };

    // Its caller goes away.
    let mut connection = TcpStream::connect(running.address).await.unwrap();
    connection.write_all(add("gone").as_bytes()).await.unwrap();
    hook.until_writing().await;
    drop(connection);
    tokio::time::sleep(Duration::from_millis(600)).await;
    let answer = send(running.address, list.as_bytes()).await;
    assert!(answer.contains("gone"), "{answer}");

    // The server stops.
    hook.0.lock().unwrap().clear();
    let address = running.address;
    let add = add("last");
    let last = tokio::spawn(async move { send(address, add.as_bytes()).await });
    hook.until_writing().await;
    let started = Instant::now();
    running.stop().await;
    assert!(started.elapsed() < STOP_TIMEOUT);
    let answer = last.await.unwrap();
    assert!(answer.contains(r#""stat":"ok""#), "{answer}");
    assert!(TcpStream::connect(address).await.is_err());
}

/// Panics in the middle of an operation.
#[derive(Debug)]
struct Panicking;

impl CallHook for Panicking {
    fn before(&self, call: &Call<'_>) -> Intervention {
        panic!("{} on purpose", call.operation);
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_an_answer() {
    let panicking = Options {
        hook: Some(Arc::new(Panicking)),
        ..options()
    };
    let running = start(panicking).await.unwrap();
    let list = get(&format!("/clients/list?{OWNER}"));
    for _ in 0..3 {
        let answer = send(running.address, list.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
        let body = r#"{"message":"Internal Server Error"}"#;
        assert!(answer.ends_with(body), "{answer}");
    }
    running.stop().await;
}

/// Measures throughput: `cargo test --release -p countersign-local --lib throughput -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
#[expect(clippy::print_stderr, reason = "a measurement is for reading")]
async fn throughput() {
    const EACH: u32 = 20_000;
    let running = start(options()).await.unwrap();
    let request =
        get(&format!("/settings/get_default?{OWNER}&key=k")).replace("close", "keep-alive");
    for connections in [1, 4, 16] {
        let started = Instant::now();
        let clients = (0..connections).map(|_| {
            let (address, request) = (running.address, request.clone());
            tokio::spawn(async move {
                let mut connection = TcpStream::connect(address).await.unwrap();
                let mut answer = [0; 4096];
                for _ in 0..EACH / connections {
                    connection.write_all(request.as_bytes()).await.unwrap();
                    let length = connection.read(&mut answer).await.unwrap();
                    assert!(answer[..length].ends_with(br#""stat":"ok"}"#));
                }
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.unwrap();
        }
        let rate = f64::from(EACH) / started.elapsed().as_secs_f64();
        eprintln!("{connections} connections: {rate:.0} requests a second");
    }
}
