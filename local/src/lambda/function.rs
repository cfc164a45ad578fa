//! A function: its instances, and the choice of the one that takes an event.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use shared::{Clock, Moment, Random, Timestamp};
use tokio::process::Command;
use tokio::sync::{Semaphore, oneshot};

use super::instance::Instance;
use super::settings::FunctionSettings;
use super::{Answer, Bootstrap, Failure};

/// Most instances of one function. Lambda has a thousand for an account.
///
/// An event that finds all of them at work waits.
const MAX_INSTANCES: usize = 8;

/// The parts of a function. `Debug` shows its name only: its environment holds its credentials.
pub(super) struct FunctionSpec {
    pub(super) name: Arc<str>,
    pub(super) bootstrap: Arc<Bootstrap>,
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) settings: FunctionSettings,
    pub(super) clock: Clock,
    pub(super) random: Random,
}

impl fmt::Debug for FunctionSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FunctionSpec({}, ..)", self.name)
    }
}

/// A function and its instances.
#[derive(Debug)]
pub(super) struct Function {
    spec: FunctionSpec,
    /// Number of times that it wrote the time into a file.
    clock_writes: AtomicU64,
    /// The frozen instances. The one that worked last is taken first.
    idle: Mutex<Vec<Instance>>,
    places: Arc<Semaphore>,
}

impl Function {
    /// Returns a function without instances.
    pub(super) fn new(spec: FunctionSpec) -> Self {
        Self {
            spec,
            clock_writes: AtomicU64::default(),
            idle: Mutex::default(),
            places: Arc::new(Semaphore::new(MAX_INSTANCES)),
        }
    }

    /// Gives an event to a free instance, or to a new one.
    ///
    /// Returns when there is an answer. The instance may go on until it asks for its next event.
    pub(super) async fn invoke(self: &Arc<Self>, event: Bytes) -> Result<Answer, Failure> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(io::Error::other)?;
        if let Some(file) = &self.spec.bootstrap.clock_file {
            self.write_time(file)?;
        }
        let mut instance = match self.take_idle() {
            Some(instance) => instance,
            None => Instance::start(self.command()?, &self.spec.name, &self.spec.random).await?,
        };
        let (answer, answered) = oneshot::channel();
        let function = Arc::clone(self);
        tokio::spawn(async move {
            let (clock, timeout) = (&function.spec.clock, function.spec.settings.timeout);
            if instance.work(event, clock, timeout, answer).await {
                function.idle().push(instance);
            }
            drop(place);
        });
        answered.await.unwrap_or(Err(Failure::NoAnswer))
    }

    fn take_idle(&self) -> Option<Instance> {
        let mut idle = self.idle();
        loop {
            let mut instance = idle.pop()?;
            if instance.is_alive() {
                return Some(instance);
            }
            tracing::warn!(function = %self.spec.name, "a process ended while it was frozen");
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Instance>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the server's time into the clock file.
    fn write_time(&self, file: &Path) -> io::Result<()> {
        let millis = self.spec.clock.now().millis();
        let fraction = millis.rem_euclid(1000);
        let second = String::from(Moment(Timestamp::from_millis(millis - fraction)));
        let second = second.replace('T', " ");
        // Written to a file of its own and moved into place, so that nobody reads half of it. Several
        // events may come at once, so each has its own number.
        let number = self.clock_writes.fetch_add(1, Ordering::Relaxed);
        let beside = file.with_extension(format!("{}-{number}", self.spec.name));
        // The half millisecond is for readers that lose the last digit.
        fs::write(
            &beside,
            format!("{}.{fraction:03}5", second.trim_end_matches('Z')),
        )?;
        fs::rename(&beside, file)
    }

    fn command(&self) -> io::Result<Command> {
        let mut command = Command::new(&self.spec.bootstrap.program);
        let (out, err) = match &self.spec.bootstrap.log {
            Some(log) => (log.try_clone()?, log.try_clone()?),
            None => (stderr()?, stderr()?),
        };
        let extra = &self.spec.bootstrap.environment;
        command
            // As on Lambda: a function sees its own environment, and nothing of the server's.
            .env_clear()
            .envs(
                self.spec
                    .environment
                    .iter()
                    .map(|(name, value)| (name, value)),
            )
            .envs(extra.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            // A group of its own: an interrupt at the terminal is for the server, which ends it. If the
            // server is killed, the group is orphaned. The system then wakes its frozen processes and
            // ends them.
            .process_group(0)
            .kill_on_drop(true);
        Ok(command)
    }
}

fn stderr() -> io::Result<File> {
    Ok(io::stderr().as_fd().try_clone_to_owned()?.into())
}
