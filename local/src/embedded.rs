//! The DynamoDB that comes with the local binary: tables in one file, or in memory.

mod idempotency;
mod operations;

use std::fmt;
use std::hint;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use dynoxide::{Database, DynoxideError};
use tokio::sync::oneshot;

use self::idempotency::SucceededTransactions;

/// Interval at which expired items are deleted. `DynamoDB` promises days; a minute keeps the file small.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// An answer of the store: an HTTP status and `DynamoDB`'s JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON text.
    pub body: Vec<u8>,
}

/// The reason why the embedded store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedFault {
    /// The path cannot be passed to the store, which takes UTF-8 only.
    #[error("the path {} is not UTF-8", .0.display())]
    Path(PathBuf),
    /// The store refused: a file of another kind, a full disk, no permission.
    #[error("{}", first_sentence(.0))]
    Store(#[from] DynoxideError),
    /// The operating system gave no thread.
    #[error("{0}")]
    Thread(#[from] std::io::Error),
}

/// Returns the first sentence of a fault. The store's further ones give advice to programmers.
fn first_sentence(fault: &DynoxideError) -> String {
    let text = fault.to_string();
    text.split(". ").next().unwrap_or_default().to_owned()
}

/// A handle to the embedded `DynamoDB`. Clones share one store; it closes with the last of them.
#[derive(Clone)]
pub struct Embedded {
    thread: Arc<StoreThread>,
}

impl Embedded {
    /// Returns a store that keeps nothing when it closes.
    pub fn memory() -> Result<Self, EmbeddedFault> {
        Self::start(Source::Memory)
    }

    /// Returns the store in this file, which is created if it is missing.
    ///
    /// What was acknowledged survives `kill -9`; only a power loss can take the last moments.
    pub fn open(file: &Path) -> Result<Self, EmbeddedFault> {
        Self::start(Source::File(file.to_owned()))
    }

    /// Runs one `DynamoDB` operation, named as in the `X-Amz-Target` header, with its JSON body.
    pub async fn call(&self, operation: &str, body: &[u8]) -> Answer {
        operations::dispatch(self, operation, body).await
    }

    fn start(source: Source) -> Result<Self, EmbeddedFault> {
        let store = Arc::new(Mutex::new(Store::open(source)?));
        let (jobs, queue) = mpsc::channel();
        let theirs = Arc::clone(&store);
        let worker = thread::Builder::new()
            .name("dynamodb".to_owned())
            .spawn(move || serve(&theirs, &queue))?;
        Ok(Self {
            thread: Arc::new(StoreThread {
                store,
                jobs: Some(jobs),
                worker: Some(worker),
            }),
        })
    }

    /// Does `work` on the store's thread. `None`: it panicked, or the thread is gone.
    async fn run<T: Send + 'static>(&self, work: impl Work<T>) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |store| {
            // A caller that has gone away needs no answer, so a failed send is nothing to act on.
            let _ = reply.send(store.run(work));
        });
        self.thread.jobs.as_ref()?.send(job).ok()?;
        answer.await.ok().flatten()
    }

    /// Does `work` that takes some microseconds and never waits for the disk.
    ///
    /// Handing it to another thread and back would take ten times as long. So the caller's own thread
    /// does it if the store is free.
    async fn run_briefly<T: Send + 'static>(&self, work: impl Work<T>) -> Option<T> {
        match self.run_here(work) {
            Ok(done) => done,
            Err(work) => self.run(work).await,
        }
    }

    fn run_here<T, W: Work<T>>(&self, work: W) -> Result<Option<T>, W> {
        // About as long as another caller's brief work takes.
        const TRIES: usize = 100;
        for _ in 0..TRIES {
            if let Ok(mut store) = self.thread.store.try_lock() {
                return Ok(store.run(work));
            }
            hint::spin_loop();
        }
        Err(work)
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}

/// The store, and the thread that does what takes longer.
struct StoreThread {
    store: Arc<Mutex<Store>>,
    jobs: Option<Sender<Job>>,
    worker: Option<JoinHandle<()>>,
}

impl Drop for StoreThread {
    fn drop(&mut self) {
        // The thread ends when the channel closes. It is waited for: with the last handle gone, the
        // file is free for the next process or test.
        self.jobs = None;
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

trait Work<T>: FnOnce(&mut Store) -> T + Send + 'static {}
impl<T, W: FnOnce(&mut Store) -> T + Send + 'static> Work<T> for W {}

type Job = Box<dyn FnOnce(&mut Store) + Send>;

fn serve(store: &Mutex<Store>, queue: &Receiver<Job>) {
    let mut next_sweep = Instant::now() + SWEEP_EVERY;
    loop {
        let idle = next_sweep.saturating_duration_since(Instant::now());
        match queue.recv_timeout(idle) {
            Ok(job) => job(&mut lock(store)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if Instant::now() >= next_sweep {
            next_sweep = Instant::now() + SWEEP_EVERY;
            lock(store).start_sweep();
        }
    }
}

fn lock(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    // Panics are caught while the lock is held, so a poisoned one has nothing to tell.
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of the tables.
enum Source {
    Memory,
    File(PathBuf),
}

impl Source {
    fn open(&self) -> Result<Database, EmbeddedFault> {
        let Self::File(file) = self else {
            return Ok(Database::memory()?);
        };
        let path = file
            .to_str()
            .ok_or_else(|| EmbeddedFault::Path(file.clone()))?;
        let db = Database::new(path)?;
        // Sets `synchronous = NORMAL`: a write no longer waits for the disk. In WAL mode, what was
        // committed is still there after the process is killed.
        db.disable_bulk_loading()?;
        Ok(db)
    }
}

/// The database and what belongs to it.
struct Store {
    source: Source,
    db: Database,
    succeeded: SucceededTransactions,
    sweep: Option<JoinHandle<()>>,
}

impl Store {
    fn open(source: Source) -> Result<Self, EmbeddedFault> {
        Ok(Self {
            db: source.open()?,
            source,
            succeeded: SucceededTransactions::default(),
            sweep: None,
        })
    }

    /// Does `work`. `None`: it panicked, and the caller answers 500.
    fn run<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if let Ok(done) = catch_unwind(AssertUnwindSafe(|| work(self))) {
            return Some(done);
        }
        tracing::error!("the embedded DynamoDB panicked");
        if matches!(self.source, Source::File(_)) {
            // A panic poisons the lock inside the database. A new connection to the file does not
            // know of it, and rolls back what the call had begun.
            match self.source.open() {
                Ok(db) => self.db = db,
                Err(fault) => tracing::error!(%fault, "the database could not be reopened"),
            }
        }
        None
    }

    /// Deletes expired items on a thread of its own.
    ///
    /// The database hands its lock to waiting calls after each page of a sweep. On the store's thread
    /// a call could not use that: it would wait for the whole sweep.
    fn start_sweep(&mut self) {
        if self.sweep.as_ref().is_some_and(|last| !last.is_finished()) {
            return;
        }
        let db = self.db.clone();
        let sweep = move || match db.sweep_ttl() {
            Ok(0) => {}
            Ok(deleted) => tracing::debug!(deleted, "expired items deleted"),
            Err(fault) => tracing::warn!(%fault, "expired items could not be deleted"),
        };
        let thread = thread::Builder::new().name("dynamodb-ttl".to_owned());
        self.sweep = thread
            .spawn(sweep)
            .inspect_err(|fault| tracing::warn!(%fault, "expired items could not be deleted"))
            .ok();
    }
}

#[cfg(test)]
mod tests;
