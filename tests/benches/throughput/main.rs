//! Throughput: an authenticated read over HTTP, beside the store's own reads and beside HTTP that
//! reads nothing; and the local binary's start and memory.

mod binary;
mod load;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use axum::serve::ListenerExt;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign_tests::measure::{
    Exchange, Recorder, Samples, built, get_item, megabytes, memory, microseconds, process_cpu,
};
use countersign_tests::{Setup, secret_of};
use local::dynamodb::{Backend, Door};
use local::{Embedded, Options, Running, Storage};
use shared::seed::Seed;
use shared::{Clock, KeyFile, Random};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::binary::Binary;
use crate::load::{Run, in_tasks, over_http};

/// The stages take turns, so that what disturbs the machine disturbs all of them.
const TURNS: usize = 5;
const TURN: Duration = Duration::from_secs(1);
const STARTS: usize = 15;
const PATH: &str = "/settings/get_default?key=minimum_age";
const BODY: &str = r#"{"result":"13","stat":"ok"}"#;

fn main() {
    let countersign = built(&["--package", "countersign-local", "--bin", "countersign"]);
    // As in the binary, but the log's lines lead nowhere.
    tracing_subscriber::fmt()
        .with_writer(io::sink)
        .with_target(false)
        .init();
    let seed = Setup::default().seed.to_string();
    let credentials = STANDARD.encode(format!("login_client:{}", secret_of("login_client")));
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: Basic {credentials}\r\n\r\n"
    );

    let mut to_answer = Samples::default();
    for _ in 0..STARTS {
        to_answer.push(Binary::start(&countersign, &seed, &request, BODY).to_answer);
    }
    let binary = Binary::start(&countersign, &seed, &request, BODY);
    let idle = ["VmRSS", "RssAnon"].map(|what| memory(binary.pid(), what));

    let runtime = Runtime::new().unwrap();
    let stages = runtime.block_on(Stages::prepare(&seed, &request));
    println!("\nThroughput of {PATH} with HTTP Basic: {TURNS} turns of {TURN:?} each");
    for connections in [1, 8] {
        stages.compare(&runtime, &request, &binary, connections);
    }
    let [after_rss, after_anon] = ["VmRSS", "RssAnon"].map(|what| memory(binary.pid(), what));

    println!(
        "\nThe local binary, {:.1} MB, with --memory and 8 clients in it",
        megabytes(&countersign)
    );
    println!("  start to first authenticated answer, median of {STARTS}: {to_answer}");
    println!(
        "  memory idle: {:.1} MB, of it {:.1} MB not from its file",
        idle[0], idle[1]
    );
    println!(
        "  memory after the load above: {after_rss:.1} MB, of it {after_anon:.1} MB not from its file"
    );
}

/// What is measured side by side.
struct Stages {
    server: Running,
    empty: String,
    store: Embedded,
    client: aws_sdk_dynamodb::Client,
    reads: [Exchange; 2],
}

impl Stages {
    async fn prepare(seed: &str, request: &str) -> Self {
        let storage = Storage::Shared {
            store: Embedded::memory().unwrap(),
            keys: Arc::new(KeyFile::ephemeral(&Random::default()).unwrap()),
        };
        let Storage::Shared { store, .. } = storage.clone() else {
            unreachable!()
        };
        let recorder = Arc::new(Recorder::default());
        let seen = start(
            storage.clone(),
            Some(Seed::parse(seed).unwrap()),
            Some(recorder.clone()),
        )
        .await;
        let address = seen.address.to_string();
        let request = request.to_owned();
        let once = move || over_http(&address, &request, BODY, 1, Duration::from_millis(1));
        tokio::task::spawn_blocking(once).await.unwrap();
        let mut reads = recorder.take();
        reads.truncate(2);
        seen.stop().await;
        let door = Door {
            function: "benchmark".into(),
            backend: Backend::Embedded(store.clone()),
            policy: None,
            witness: None,
        };
        Self {
            server: start(storage, None, None).await,
            empty: empty().await,
            store,
            client: door.client(),
            reads: reads
                .try_into()
                .expect("an authenticated read is two reads"),
        }
    }

    fn compare(&self, runtime: &Runtime, request: &str, binary: &Binary, connections: usize) {
        let mut runs: [Run; 5] = Default::default();
        let mut server_cpu = Duration::ZERO;
        let here = self.server.address.to_string();
        for _ in 0..TURNS {
            runs[0].extend(over_http(&self.empty, request, BODY, connections, TURN));
            runs[1].extend(over_http(&here, request, BODY, connections, TURN));
            let before = process_cpu(binary.pid());
            runs[2].extend(over_http(&binary.address, request, BODY, connections, TURN));
            server_cpu += process_cpu(binary.pid()).saturating_sub(before);
            runs[3].extend(runtime.block_on(self.reads_directly(connections)));
            runs[4].extend(runtime.block_on(self.reads_by_sdk(connections)));
        }
        let names = [
            "HTTP alone: axum, a fixed reply",
            "the server in this process",
            "the binary, a process of its own",
            "the store's GetItem, called",
            "the store's GetItem, by the SDK",
        ];
        println!(
            "\n{connections} at once{:>31}{:>10}{:>10}{:>15}",
            "per second", "p50 us", "p99 us", "client CPU us"
        );
        for (name, run) in names.into_iter().zip(&runs) {
            print!(
                "  {name:<34}{:>10.0}{:>10.1}{:>10.1}",
                run.per_second(),
                microseconds(run.latencies.median()),
                microseconds(run.latencies.percentile(99)),
            );
            if run.client_cpu.is_zero() {
                println!();
            } else {
                println!("{:>15.1}", microseconds(run.each(run.client_cpu)));
            }
        }
        let [alone, here, binary, called, by_sdk] = runs.each_ref().map(Run::per_second);
        println!(
            "  the binary's own CPU: {:.1} us a request",
            microseconds(runs[2].each(server_cpu))
        );
        println!("  A request reads two items. Requests, as a share of what stands beside them:");
        for (what, rate) in [("here", here), ("binary", binary)] {
            println!(
                "    {what:<7} {:.2} of HTTP alone, {:.2} of GetItem called, {:.2} of GetItem by the SDK; items read: {:.2}, {:.2}",
                rate / alone,
                rate / called,
                rate / by_sdk,
                2.0 * rate / called,
                2.0 * rate / by_sdk,
            );
        }
    }

    async fn reads_directly(&self, tasks: usize) -> Run {
        let (store, reads) = (self.store.clone(), Arc::new(self.reads.clone()));
        let next = turns();
        let work = move || {
            let (store, reads, turn) = (store.clone(), Arc::clone(&reads), next());
            async move {
                let answer = store.call("GetItem", &reads[turn].request).await;
                assert_eq!(answer.status, 200);
            }
        };
        in_tasks(tasks, TURN, work).await
    }

    async fn reads_by_sdk(&self, tasks: usize) -> Run {
        let gets = self
            .reads
            .each_ref()
            .map(|exchange| get_item(&self.client, exchange));
        let gets = Arc::new(gets);
        let next = turns();
        let work = move || {
            let get = gets[next()].clone();
            async move {
                assert!(get.send().await.unwrap().item.is_some());
            }
        };
        in_tasks(tasks, TURN, work).await
    }
}

/// 0 and 1, by turns: both of the items that a request reads.
fn turns() -> impl Fn() -> usize + Clone + Send + 'static {
    let last = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    move || last.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 2
}

async fn start(storage: Storage, seed: Option<Seed>, recorder: Option<Arc<Recorder>>) -> Running {
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        storage,
        table_prefix: "countersign".to_owned(),
        seed,
        demo: false,
        clock: Clock::System,
        witness: recorder.map(|recorder| recorder as Arc<dyn local::Witness>),
        template: None,
    };
    local::start(options).await.unwrap()
}

/// A server of the same make that does nothing.
async fn empty() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let listener = listener.tap_io(|connection| connection.set_nodelay(true).unwrap());
    let router = Router::new().route("/settings/get_default", get(|| async { BODY }));
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    address
}
