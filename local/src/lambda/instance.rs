//! A process of a function: started, given one event at a time, frozen between them, killed.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use shared::{Clock, Random};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::runtime_api::{Invocation, Report, RuntimeApi};
use super::{Answer, Failure, LoopbackServer};

/// Longest time until a process asks for its first event, as on Lambda.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for the last words of a process to arrive after its end.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A process that has asked for an event.
#[derive(Debug)]
pub(super) struct Instance {
    child: Child,
    invocations: mpsc::Sender<Invocation>,
    reports: mpsc::UnboundedReceiver<Report>,
    worked: u64,
    _runtime_api: LoopbackServer,
}

impl Instance {
    /// Starts a process, and waits until it asks for an event.
    pub(super) async fn start(
        mut command: Command,
        function: &str,
        random: &Random,
    ) -> Result<Self, Failure> {
        let started = Instant::now();
        let (runtime_api, invocations, reports) = RuntimeApi::new();
        let process = runtime_api.process();
        // Lambda's is in a machine of its own. Here others may reach the port, and events hold secrets.
        let secret = random
            .id(32)
            .map_err(|_| io::Error::other("no random numbers"))?;
        let router = Router::new().nest(&format!("/{secret}"), runtime_api.router());
        let runtime_api = LoopbackServer::start(router).await?;
        let address = format!("{}/{secret}", runtime_api.url());
        let child = command.env("AWS_LAMBDA_RUNTIME_API", address).spawn()?;
        process.is(child.id());
        let mut instance = Self {
            child,
            invocations,
            reports,
            worked: 0,
            _runtime_api: runtime_api,
        };
        timeout(INIT_TIMEOUT, instance.ready())
            .await
            .unwrap_or(Err(Failure::InitTimeout(INIT_TIMEOUT)))?;
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        tracing::debug!(function, milliseconds, "a process is ready");
        Ok(instance)
    }

    async fn ready(&mut self) -> Result<(), Failure> {
        tokio::select! {
            biased;
            report = self.reports.recv() => match report {
                Some(Report::Ready) => Ok(()),
                Some(Report::InitError(kind)) => Err(Failure::InitError(kind)),
                Some(Report::Answered(_)) | None => Err(Failure::NoAnswer),
            },
            ended = self.child.wait() => Err(Failure::Ended(ended?)),
        }
    }

    /// Returns whether its process still runs.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Lets it work on an event, and passes its answer on.
    ///
    /// Returns true when it is frozen again, and false when it must not get another event.
    pub(super) async fn work(
        &mut self,
        event: Bytes,
        clock: &Clock,
        limit: Duration,
        answer: oneshot::Sender<Result<Answer, Failure>>,
    ) -> bool {
        self.worked += 1;
        let invocation = Invocation {
            id: format!(
                "00000000-0000-4000-8000-{:04x}{:08x}",
                self.child.id().unwrap_or_default() & 0xffff,
                self.worked
            ),
            event,
            deadline: (clock.now() + limit).millis(),
        };
        // Whoever waits for an answer may have gone; that ends nothing.
        let mut answer = Some(answer);
        let mut say = move |said: Result<Answer, Failure>| {
            answer.take().map(|answer| {
                let _ = answer.send(said);
            })
        };
        if self.invocations.send(invocation).await.is_err() {
            say(Err(Failure::NoAnswer));
            return false;
        }
        let deadline = Instant::now() + limit;
        loop {
            tokio::select! {
                // Reports first: a process that answers and then ends has answered.
                biased;
                report = self.reports.recv() => match report {
                    Some(Report::Answered(answered)) => {
                        say(answered);
                    }
                    // It says nothing where an answer was given.
                    Some(Report::Ready) => return say(Err(Failure::NoAnswer)).is_none(),
                    Some(Report::InitError(_)) | None => {
                        say(Err(Failure::NoAnswer));
                        return false;
                    }
                },
                ended = self.child.wait() => {
                    if let Ok(Some(Report::Answered(answered))) =
                        timeout(LAST_WORDS, self.reports.recv()).await
                    {
                        say(answered);
                    }
                    say(ended.map_err(Failure::from).and_then(|status| Err(Failure::Ended(status))));
                    return false;
                }
                () = sleep_until(deadline) => {
                    say(Err(Failure::Timeout(limit)));
                    return false;
                }
            }
        }
    }
}
