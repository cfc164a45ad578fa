//! Access tokens: issues a second by the local binary on disk, and the CPU time of each.
//!
//! The share of the signature is measured too, and the read of a setting for comparison.

use std::process::Stdio;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_tests::measure::{Samples, built, microseconds, process_cpu, thread_cpu};
use countersign_tests::{Setup, secret_of};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

const ROUNDS: usize = 15;
const CONNECTIONS: u32 = 8;
const CALLS: u32 = 250;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = TempDir::new().unwrap();
    let (mut server, address) = start(&folder).await;
    let pid = server.id().unwrap();
    let basic = STANDARD.encode(format!("owner:{}", secret_of("owner")));
    let request = |path: &str, body: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Basic {basic}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let kinds = [
        (
            "an access token",
            request("/oauth2/token", "grant_type=client_credentials"),
            "\"access_token\":",
        ),
        (
            "a setting",
            request("/settings/get_default", "key=minimum_age"),
            "\"stat\":\"ok\"",
        ),
    ];
    let mut times = [Samples::default(), Samples::default()];
    let mut cpu = [Samples::default(), Samples::default()];
    let mut signing = Samples::default();
    for round in 0..=ROUNDS {
        let signed = sign();
        for (place, (_, request, answer)) in kinds.iter().enumerate() {
            let (wall, used) = (Instant::now(), process_cpu(pid));
            load(&address, request, answer).await;
            let used = process_cpu(pid).saturating_sub(used);
            // The first warms up.
            if round > 0 {
                times[place].push(wall.elapsed() / (CONNECTIONS * CALLS));
                cpu[place].push(used / (CONNECTIONS * CALLS));
            }
        }
        if round > 0 {
            signing.push(signed);
        }
    }
    server.kill().await.unwrap();

    println!(
        "\nThe local binary, data on disk, {CONNECTIONS} connections, medians of {ROUNDS} rounds of {} calls",
        CONNECTIONS * CALLS
    );
    let whole = microseconds(cpu[0].median());
    for ((name, ..), (times, cpu)) in kinds.iter().zip(times.iter().zip(&cpu)) {
        let cpu = microseconds(cpu.median());
        println!(
            "  {name:<24}{:>8.0} a second{cpu:>10.1} us of CPU{:>8.2}",
            1.0 / times.median().as_secs_f64(),
            cpu / whole
        );
    }
    let signing = microseconds(signing.median());
    let share = signing / whole;
    println!(
        "  {:<24}{signing:>27.1} us of CPU{share:>8.2}",
        "of a token: to sign it"
    );
}

/// CPU time of one signature with ES256, of something as long as a token.
fn sign() -> Duration {
    const SIGNATURES: u32 = 2_000;
    let random = SystemRandom::new();
    let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).unwrap();
    let before = thread_cpu();
    for _ in 0..SIGNATURES {
        key.sign(&random, &[b'x'; 400]).unwrap();
    }
    thread_cpu().saturating_sub(before) / SIGNATURES
}

/// The binary as it is released, its data in `folder`; and where it listens.
async fn start(folder: &TempDir) -> (Child, String) {
    let mut seed = Setup::default().seed;
    seed["applications"][0]["modules"] = json!(["payments"]);
    seed["applications"][0]["clients"][0]["modules"] = json!({"payments": {}});
    std::fs::write(folder.path().join("seed.json"), seed.to_string()).unwrap();
    let server = Command::new(built(&[
        "--package",
        "countersign-local",
        "--bin",
        "countersign",
    ]))
    .args([
        "--listen",
        "127.0.0.1:0",
        "--ready-file",
        "ready.json",
        "--seed",
        "seed.json",
    ])
    .current_dir(folder)
    .env_clear()
    .kill_on_drop(true)
    .stdin(Stdio::null())
    .stdout(Stdio::null())
    .stderr(Stdio::null())
    .spawn()
    .unwrap();
    loop {
        let ready = std::fs::read_to_string(folder.path().join("ready.json")).unwrap_or_default();
        if let Ok(ready) = serde_json::from_str::<Value>(&ready) {
            let url = ready["url"].as_str().unwrap();
            return (server, url.trim_start_matches("http://").to_owned());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The same call again and again, over several connections at once.
async fn load(address: &str, request: &str, answer: &str) {
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let [address, request, answer] = [address, request, answer].map(str::to_owned);
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(&address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut received = Vec::with_capacity(4096);
                for _ in 0..CALLS {
                    stream.write_all(request.as_bytes()).await.unwrap();
                    received.clear();
                    while !is_whole(&received) {
                        assert!(stream.read_buf(&mut received).await.unwrap() > 0);
                    }
                    let text = String::from_utf8_lossy(&received);
                    assert!(text.contains(&answer), "{text}");
                }
            })
        })
        .collect();
    for connection in connections {
        connection.await.unwrap();
    }
}

/// Is a response there with its whole body?
fn is_whole(received: &[u8]) -> bool {
    let text = String::from_utf8_lossy(received);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length.and_then(|length| length.parse().ok()) == Some(body.len())
}
