//! Growth: what reading and writing a client's settings costs beside 10, 1,000 and 100,000 clients.
//! The three stores are asked in turn, so that whatever else the machine does falls on all alike.

use std::time::Instant;

use countersign_tests::measure::{Samples, microseconds};
use countersign_tests::{App, Caller, Setup};
use serde_json::json;

const SIZES: [usize; 3] = [10, 1_000, 100_000];
const ROUNDS: usize = 40;
const CALLS: usize = 25;

#[tokio::main]
async fn main() {
    let mut apps = Vec::new();
    for size in SIZES {
        eprintln!("planting {size} clients");
        apps.push(app(size).await);
    }
    let operations: [(&str, &[(&str, &str)]); 3] = [
        ("/settings/get", &[("key", "key 25")]),
        ("/settings/items", &[]),
        ("/settings/set", &[("key", "key 25"), ("value", "")]),
    ];
    println!(
        "{:<18}{:>12}{:>16}{:>16}{:>10}",
        "median of a call", "10 clients", "1,000", "100,000", "ratio"
    );
    for (path, arguments) in operations {
        let mut samples = [Samples::default(), Samples::default(), Samples::default()];
        for round in 0..ROUNDS {
            for (app, samples) in apps.iter().zip(&mut samples) {
                samples.extend(calls(&app.owner(), path, arguments, round).await);
            }
        }
        let medians = samples.map(|samples| microseconds(samples.median()));
        println!(
            "{path:<18}{:>9.0} µs{:>13.0} µs{:>13.0} µs{:>10.2}",
            medians[0],
            medians[1],
            medians[2],
            medians[2] / medians[0]
        );
    }
}

/// A store with so many clients; its owner has a layer of fifty settings.
async fn app(size: usize) -> App {
    let mut setup = Setup {
        embedded: true,
        ..Setup::default()
    };
    let application = &mut setup.seed["applications"][0];
    let clients = application["clients"].as_array_mut().unwrap();
    let missing = size.saturating_sub(clients.len());
    clients.extend((0..missing).map(|number| json!({"description": format!("client {number}")})));
    let settings: serde_json::Map<_, _> = (0..50)
        .map(|number| (format!("key {number}"), json!(format!("value {number}"))))
        .collect();
    clients[0]["settings"] = settings.into();
    App::with(setup).await
}

/// A batch of calls over one kept connection; the first, which opens it, does not count.
async fn calls(caller: &Caller, path: &str, arguments: &[(&str, &str)], round: usize) -> Samples {
    let mut samples = Samples::default();
    for number in 0..=CALLS {
        let value = format!("{round} {number}");
        let mut arguments = arguments.to_vec();
        if let Some(last) = arguments.last_mut().filter(|(name, _)| *name == "value") {
            last.1 = &value;
        }
        let started = Instant::now();
        caller.post(path, &arguments).await.ok();
        if number > 0 {
            samples.push(started.elapsed());
        }
    }
    samples
}
