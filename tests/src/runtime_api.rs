//! Countersign as AWS Lambda runs it: the real bootstrap, with a process for each function.
//!
//! Lambda's Runtime API gives each process the events that API Gateway makes of requests.

mod cloud;
mod dynamodb;
mod event;
mod function;
mod kms;
mod service;

pub use cloud::Cloud;
pub use dynamodb::DynamoDb;
pub use event::Event;
pub use function::{Environment, Function};
pub use kms::{Kms, Trouble};

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A server on a free port of 127.0.0.1, which ends with this.
#[derive(Debug)]
struct Server {
    address: String,
    serving: JoinHandle<()>,
}

impl Server {
    async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let listener = listener.tap_io(|connection| connection.set_nodelay(true).unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, serving }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
