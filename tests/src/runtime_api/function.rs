//! A Lambda function: its environment, its process and its answers.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::event::Event;
use super::service::RuntimeApi;
use crate::caller::Reply;

/// Timeout of steps that normally take a fraction of it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The environment variables of a function. There are no others.
#[derive(Clone, Debug)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Returns the variables that Lambda gives every function.
    pub fn of_lambda(handler: &str) -> Self {
        let variables = [
            ("_HANDLER", handler),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_SESSION_TOKEN", "local"),
            ("AWS_REGION", local::iam::REGION),
            ("AWS_DEFAULT_REGION", local::iam::REGION),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023"),
            ("AWS_LAMBDA_FUNCTION_NAME", "countersign"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/countersign"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/21/[$LATEST]1"),
            ("LAMBDA_TASK_ROOT", "/var/task"),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("LANG", "en_US.UTF-8"),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin"),
            ("TZ", ":UTC"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self(variables.map(owned).into())
    }

    /// Adds a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Removes a variable.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        assert!(self.0.remove(name).is_some(), "{name} was not there");
        self
    }
}

/// A function's process. It ends with this.
#[derive(Debug)]
pub struct Function {
    api: RuntimeApi,
    child: Mutex<Child>,
    log: NamedTempFile,
    pid: u32,
    started: Instant,
}

impl Function {
    /// Starts a bootstrap, which then asks for its first event.
    pub async fn spawn(program: &Path, environment: &Environment) -> Self {
        let api = RuntimeApi::start().await;
        let log = NamedTempFile::new().unwrap();
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(&environment.0)
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .stdin(Stdio::null())
            .stdout(appending(log.path()))
            .stderr(appending(log.path()))
            .kill_on_drop(true);
        let started = Instant::now();
        let child = command
            .spawn()
            .unwrap_or_else(|fault| panic!("{} does not start: {fault}", program.display()));
        Self {
            api,
            pid: child.id().unwrap(),
            child: Mutex::new(child),
            log,
            started,
        }
    }

    /// Returns the time when its process was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Returns its process ID.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Hands it an event and gives back its response, or the error that it reported instead.
    pub async fn invoke(&self, event: &Value) -> Result<Value, Value> {
        self.invoke_raw(event.to_string()).await
    }

    /// Invokes it with any bytes as an event.
    pub async fn invoke_raw(&self, event: impl Into<Bytes>) -> Result<Value, Value> {
        let json = |body: Bytes| serde_json::from_slice(&body).unwrap();
        self.invoke_for_bytes(event).await.map(json).map_err(json)
    }

    async fn invoke_for_bytes(&self, event: impl Into<Bytes>) -> Result<Bytes, Bytes> {
        let answered = self.api.invoke(event.into());
        let ended = async { self.child.lock().await.wait().await.unwrap() };
        let answer = tokio::select! {
            answer = timeout(PATIENCE, answered) => answer,
            status = ended => panic!("the function ended with {status}: {}", self.log()),
        };
        let answer = answer.unwrap_or_else(|_| panic!("no answer: {}", self.log()));
        answer.unwrap()
    }

    /// Hands it a request and gives back what API Gateway would make of the response.
    #[track_caller]
    pub fn call(&self, event: &Event) -> impl Future<Output = Reply> {
        let event = event.json();
        async move {
            let response = self.invoke_for_bytes(event.to_string()).await;
            let response = response.unwrap_or_else(|error| panic!("{error:?}"));
            match split(&response) {
                Some((head, body)) => streamed(head, body),
                None => reply(&serde_json::from_slice(&response).unwrap()),
            }
        }
    }

    /// Gives its invocations this tracing header from now on.
    pub fn trace_as(&self, header: &str) {
        self.api.trace_as(header);
    }

    /// Returns the lines that it wrote, each a JSON object.
    pub fn lines(&self) -> Vec<Value> {
        let log = self.log();
        let line = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        log.lines().map(line).collect()
    }

    /// Returns everything that it wrote to stdout and stderr.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Returns the error that it reported before its first event.
    pub fn init_error(&self) -> Option<Value> {
        let json = |body: Bytes| serde_json::from_slice(&body).unwrap();
        self.api.init_error().map(json)
    }

    /// Ends it, and waits until it is gone.
    pub async fn kill(self) {
        self.child.lock().await.kill().await.unwrap();
    }

    /// Waits until it ends by itself.
    pub async fn ended(&self) -> ExitStatus {
        let mut child = self.child.lock().await;
        let ended = timeout(PATIENCE, child.wait()).await;
        ended
            .unwrap_or_else(|_| panic!("it goes on: {}", self.log()))
            .unwrap()
    }
}

/// Opens a file for appending, so that two writers do not overwrite each other's lines.
fn appending(file: &Path) -> File {
    File::options().append(true).open(file).unwrap()
}

/// Separator between the head and the body of a stream.
const SEPARATOR: [u8; 8] = [0; 8];

fn split(response: &[u8]) -> Option<(Value, &[u8])> {
    let place = response
        .windows(SEPARATOR.len())
        .position(|window| window == SEPARATOR)?;
    let head = serde_json::from_slice(&response[..place]).unwrap();
    Some((head, &response[place + SEPARATOR.len()..]))
}

/// Returns the reply that a function's own URL makes of a stream.
fn streamed(head: Value, body: &[u8]) -> Reply {
    let mut response = head;
    response["isBase64Encoded"] = false.into();
    response["body"] = String::from_utf8(body.to_vec()).unwrap().into();
    reply(&response)
}

fn reply(response: &Value) -> Reply {
    assert_eq!(response["isBase64Encoded"], false, "{response}");
    let mut headers = HeaderMap::new();
    let single = response["headers"].as_object().into_iter().flatten();
    for cookie in response["cookies"].as_array().into_iter().flatten() {
        let cookie = HeaderValue::from_str(cookie.as_str().unwrap()).unwrap();
        headers.append("set-cookie", cookie);
    }
    for (name, value) in single {
        let name: HeaderName = name.parse().unwrap();
        headers.insert(
            name,
            HeaderValue::from_str(value.as_str().unwrap()).unwrap(),
        );
    }
    Reply {
        status: response["statusCode"].as_u64().unwrap().try_into().unwrap(),
        headers,
        body: response["body"].as_str().unwrap_or_default().to_owned(),
    }
}
