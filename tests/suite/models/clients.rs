//! Random histories against a simple model: many operations, some at once, with faults between any
//! two DynamoDB calls. What the API says, what the tables hold and what the audit tells must agree.
//!
//! A failing history names its seed; `COUNTERSIGN_MODEL_SEED` replays it.

mod world;

use std::sync::Arc;
use std::time::Duration;

use countersign_tests::{App, Setup};
use world::{Operation, World};

use super::chance::Chance;
use super::random_faults::RandomFaults;

const HISTORIES: u64 = 24;
const ROUNDS: usize = 12;

/// Runs a history of rounds; in each, up to three clients are worked on at once.
async fn history(seed: u64) {
    let chance = Chance::of(seed);
    let faults = Arc::new(RandomFaults::of(seed));
    let app = App::with(Setup {
        hook: Some(faults.clone()),
        ..Setup::default()
    })
    .await;
    let mut world = World::begin(&app).await;
    for _ in 0..ROUNDS {
        let operations = world.round(&chance);
        faults.begin();
        let calls = operations.iter().map(|operation| {
            let (app_owner, operation) = (app.owner(), operation.clone());
            tokio::spawn(async move { operation.call(&app_owner).await })
        });
        let mut outcomes = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            outcomes.push(call.await.unwrap());
        }
        faults.end();
        // So that the audit has the rounds in order.
        app.advance(Duration::from_millis(1));
        let actual = World::observe(&app).await;
        for (operation, outcome) in operations.iter().zip(outcomes) {
            world.apply(operation, &outcome, &actual);
        }
        world.agrees_with(&actual);
    }
    world.agrees_with_the_tables(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_of_clients_agree_with_the_model() {
    if let Ok(seed) = std::env::var("COUNTERSIGN_MODEL_SEED") {
        return history(seed.parse().unwrap()).await;
    }
    let start = u64::from_le_bytes(shared::Random::default().bytes().unwrap());
    for seed in (0..HISTORIES).map(|number| start.wrapping_add(number)) {
        let replay = tokio::spawn(history(seed)).await;
        assert!(
            replay.is_ok(),
            "replay it with COUNTERSIGN_MODEL_SEED={seed}"
        );
    }
}

#[test]
fn the_model_makes_every_kind_of_operation() {
    let chance = Chance::of(1);
    let kinds: std::collections::HashSet<_> = (0..500)
        .map(|_| Operation::any(&chance, "id").kind())
        .collect();
    assert_eq!(kinds.len(), Operation::KINDS);
}
