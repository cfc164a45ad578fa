//! Load: many reads at once, over keep-alive connections or without any, and how long each took.

use std::time::{Duration, Instant};

use countersign_tests::measure::{Samples, thread_cpu};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What a load came to.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) latencies: Samples,
    pub(crate) wall: Duration,
    /// CPU time of the thread that sent the requests, if one did.
    pub(crate) client_cpu: Duration,
}

impl Run {
    pub(crate) fn extend(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.wall += other.wall;
        self.client_cpu += other.client_cpu;
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.count() / self.wall.as_secs_f64()
    }

    /// CPU time, shared out over the requests.
    pub(crate) fn each(&self, cpu: Duration) -> Duration {
        cpu.div_f64(self.count())
    }

    fn count(&self) -> f64 {
        f64::from(u32::try_from(self.latencies.count()).unwrap())
    }
}

/// Sends the same request over and over on each of some connections, all from this thread, and
/// holds every reply to the expected body. It writes bytes and looks for the end of a reply; a
/// client that does less would not be one.
pub(crate) fn over_http(
    address: &str,
    request: &str,
    body: &str,
    connections: usize,
    time: Duration,
) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut at_work = JoinSet::new();
        let cpu = thread_cpu();
        let started = Instant::now();
        for _ in 0..connections {
            let mut connection = Connection::open(address).await;
            let (request, body) = (request.to_owned(), body.to_owned());
            at_work.spawn(async move {
                let mut latencies = Samples::default();
                while started.elapsed() < time {
                    let sent = Instant::now();
                    connection.ask(&request, &body).await;
                    latencies.push(sent.elapsed());
                }
                latencies
            });
        }
        let mut run = joined(at_work, started).await;
        run.client_cpu = thread_cpu().saturating_sub(cpu);
        run
    })
}

/// Does the same thing over and over in each of some tasks of this runtime.
pub(crate) async fn in_tasks<F, D>(tasks: usize, time: Duration, work: F) -> Run
where
    F: Fn() -> D + Clone + Send + 'static,
    D: Future<Output = ()> + Send,
{
    let mut at_work = JoinSet::new();
    let started = Instant::now();
    for _ in 0..tasks {
        let work = work.clone();
        at_work.spawn(async move {
            let mut latencies = Samples::default();
            while started.elapsed() < time {
                let begun = Instant::now();
                work().await;
                latencies.push(begun.elapsed());
                // What never waits would keep the other tasks from their turn.
                tokio::task::yield_now().await;
            }
            latencies
        });
    }
    joined(at_work, started).await
}

async fn joined(mut at_work: JoinSet<Samples>, started: Instant) -> Run {
    let mut run = Run::default();
    while let Some(latencies) = at_work.join_next().await {
        run.latencies.extend(latencies.unwrap());
    }
    run.wall = started.elapsed();
    run
}

struct Connection {
    stream: TcpStream,
    reply: Vec<u8>,
}

impl Connection {
    async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            reply: Vec::with_capacity(4096),
        }
    }

    async fn ask(&mut self, request: &str, body: &str) {
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.reply.clear();
        // No reply has this body before its end.
        while !self.reply.ends_with(body.as_bytes()) {
            let read = self.stream.read_buf(&mut self.reply).await.unwrap();
            assert!(
                read > 0,
                "closed after {}",
                String::from_utf8_lossy(&self.reply)
            );
            assert!(
                self.reply.starts_with(b"HTTP/1.1 200"),
                "{}",
                String::from_utf8_lossy(&self.reply)
            );
        }
    }
}
