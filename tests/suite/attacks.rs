//! Attacks: what a stranger, a colleague with fewer privileges, and somebody of another application
//! try, and what comes of it.

mod admin_bodies;
mod bad_input;
mod cross_site;
mod enumeration;
mod flood;
mod foreign;
mod injection;
mod privileges;
mod rubbish;
mod secrecy;
mod sessions;

use std::sync::Mutex;

use countersign_tests::Reply;
use functions::OPERATIONS;
use local::dynamodb::{AnswerView, Call, CallHook, Intervention};
use reqwest::Method;
use shared::{Endpoint, Envelope};

/// The operations of the admin API.
fn operations() -> impl Iterator<Item = &'static Endpoint> {
    OPERATIONS
        .iter()
        .filter(|endpoint| endpoint.route.envelope == Envelope::Admin)
}

fn method(endpoint: &Endpoint) -> Method {
    endpoint.route.methods[0].parse().unwrap()
}

/// An answer without what is of this one request alone: status, headers, body.
type Bare = (u16, Vec<String>, String);

fn bare(reply: &Reply) -> Bare {
    let own = ["x-request-id", "date"];
    let headers = reply.headers.iter();
    let mut headers: Vec<_> = headers
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    let id = reply.header("x-request-id");
    assert!(!id.is_empty());
    (reply.status, headers, reply.body.replace(id, "<request>"))
}

/// The calls that functions make at DynamoDB, in order: what somebody with a watch sees of them.
#[derive(Debug, Default)]
struct Calls(Mutex<Vec<String>>);

impl Calls {
    /// Returns the calls since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl CallHook for Calls {
    fn before(&self, call: &Call<'_>) -> Intervention {
        let mut needs: Vec<_> = call
            .needs
            .iter()
            .map(|need| {
                // Tables are called after the test's own prefix.
                let table = need.table.rsplit('-').next().unwrap();
                format!("{} {table}", need.action)
            })
            .collect();
        needs.sort();
        let what = format!("{}: {}", call.operation, needs.join(", "));
        self.0.lock().unwrap().push(what);
        Intervention::Proceed
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}
