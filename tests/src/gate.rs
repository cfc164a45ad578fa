//! A gate that a change waits at while something overtakes it.

use std::sync::{Arc, Mutex, mpsc};

use local::dynamodb::{AnswerView, Call, CallHook, Intervention};
use tokio::sync::oneshot;

use crate::{App, Reply, Setup};

/// Holds one change of one function until it is let go.
#[derive(Debug, Default)]
pub struct Gate(Mutex<Option<Shut>>);

#[derive(Debug)]
struct Shut {
    function: &'static str,
    /// So many of its changes pass before.
    spared: usize,
    reached: oneshot::Sender<()>,
    go: mpsc::Receiver<()>,
}

impl CallHook for Gate {
    fn before(&self, call: &Call<'_>) -> Intervention {
        let held = {
            let mut gate = self.0.lock().unwrap();
            match gate.as_mut() {
                Some(shut)
                    if (shut.function, "TransactWriteItems") == (call.function, call.operation) =>
                {
                    if shut.spared > 0 {
                        shut.spared -= 1;
                        None
                    } else {
                        gate.take()
                    }
                }
                _ => None,
            }
        };
        if let Some(held) = held {
            held.reached.send(()).unwrap();
            // A test that has failed lets go, too.
            let _ = tokio::task::block_in_place(|| held.go.recv());
        }
        Intervention::Proceed
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}

pub async fn app_with_a_gate() -> (App, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    let mut setup = Setup::with_people();
    setup.hook = Some(gate.clone());
    (App::with(setup).await, gate)
}

/// Makes `held` wait before a change of a function until `first` is done.
///
/// The change is the first one, or the one after so many.
pub async fn overtake(
    gate: &Gate,
    (function, spared): (&'static str, usize),
    held: impl Future<Output = Reply> + Send + 'static,
    first: impl AsyncFnOnce(),
) -> Reply {
    let (reached, is_reached) = oneshot::channel();
    let (go, may_go) = mpsc::channel();
    *gate.0.lock().unwrap() = Some(Shut {
        function,
        spared,
        reached,
        go: may_go,
    });
    let mut held = tokio::spawn(held);
    tokio::select! {
        reached = is_reached => reached.unwrap(),
        reply = &mut held => panic!("it did not come to the gate: {}", reply.unwrap().status),
    }
    first().await;
    go.send(()).unwrap();
    held.await.unwrap()
}
