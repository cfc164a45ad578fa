//! Tools of the benchmarks: release builds, medians, CPU time and memory of processes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::get_item::builders::GetItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use local::{AnswerView, Call, CallHook, Intervention};
use serde_json::Value;

use crate::derived::repository;

/// Builds an executable as it is released, and says where it is. `target` is what `cargo build`
/// takes: `["--package", "countersign-local", "--bin", "countersign"]`.
pub fn built(target: &[&str]) -> PathBuf {
    let mut build = Command::new(env!("CARGO"));
    build
        .args(["build", "--release", "--message-format=json"])
        .args(target)
        .current_dir(repository(""))
        .stderr(Stdio::inherit());
    eprintln!("building: {}", target.join(" "));
    let output = build.output().unwrap();
    assert!(output.status.success(), "{target:?} does not build");
    let messages = String::from_utf8(output.stdout).unwrap();
    let mut executables = messages.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message["executable"].as_str()?))
    });
    executables.next_back().expect("cargo names the executable")
}

/// The same thing, measured several times.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<Duration>);

impl Samples {
    pub fn push(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// Returns the sample that this percentage of all samples do not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
    }
}

/// The median and, in brackets, what one of ten does not reach and nine of ten do not exceed.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, middle, high] =
            [10, 50, 90].map(|percent| milliseconds(self.percentile(percent)));
        f.pad(&format!("{middle:.2} ms ({low:.2} to {high:.2})"))
    }
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Returns the CPU time that this thread has used.
pub fn thread_cpu() -> Duration {
    on_cpu(Path::new("/proc/thread-self"))
}

/// Returns the CPU time that a process has used, in all its threads that still run.
pub fn process_cpu(pid: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads.map(|thread| on_cpu(&thread.unwrap().path())).sum()
}

/// Reads the CPU time of a thread: Linux's first number, in nanoseconds.
fn on_cpu(thread: &Path) -> Duration {
    let text = std::fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
    let first = text.split(' ').next().unwrap_or_default();
    Duration::from_nanos(first.parse().unwrap_or_default())
}

/// Returns a process's memory in MB, as its status has it: `VmRSS`, `RssAnon`.
pub fn memory(pid: u32, what: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
    let kilobytes = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .unwrap();
    kilobytes.parse::<f64>().unwrap() * 1024.0 / 1e6
}

/// Returns a file's size in MB.
pub fn megabytes(file: &Path) -> f64 {
    let bytes = u32::try_from(file.metadata().unwrap().len()).unwrap();
    f64::from(bytes) / 1e6
}

/// A recorder of an operation's calls to DynamoDB, for replay.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Vec<Exchange>>);

/// A request to DynamoDB and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub operation: String,
    pub request: Vec<u8>,
    pub answer: Vec<u8>,
}

impl Recorder {
    /// Returns the calls since the last time, and forgets them.
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl CallHook for Recorder {
    fn before(&self, _: &Call<'_>) -> Intervention {
        Intervention::Proceed
    }

    fn after(&self, call: &Call<'_>, answer: &AnswerView<'_>) {
        self.0.lock().unwrap().push(Exchange {
            operation: call.operation.to_owned(),
            request: call.body.to_owned(),
            answer: answer.body.to_owned(),
        });
    }
}

/// Returns the input of a recorded `GetItem`, to be sent by an SDK client.
pub fn get_item(client: &Client, exchange: &Exchange) -> GetItemFluentBuilder {
    assert_eq!(exchange.operation, "GetItem");
    let request: Value = serde_json::from_slice(&exchange.request).unwrap();
    let mut get = client.get_item();
    for (name, value) in request["Key"].as_object().unwrap() {
        get = get.key(
            name,
            AttributeValue::S(value["S"].as_str().unwrap().to_owned()),
        );
    }
    for (name, value) in request["ExpressionAttributeNames"]
        .as_object()
        .into_iter()
        .flatten()
    {
        get = get.expression_attribute_names(name, value.as_str().unwrap());
    }
    get.table_name(request["TableName"].as_str().unwrap())
        .set_consistent_read(request["ConsistentRead"].as_bool())
        .set_projection_expression(request["ProjectionExpression"].as_str().map(str::to_owned))
}
