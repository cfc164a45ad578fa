//! Random histories of multi admin: nothing changes on the word of one person.
//!
//! People, privileges, change requests, decisions, resets, expiries and policy switches happen at once.
//! A fault may happen between any two DynamoDB calls.
//!
//! A failing history names its seed; `COUNTERSIGN_APPROVALS_SEED` replays it. How many there are says
//! `COUNTERSIGN_APPROVALS_HISTORIES`; CI runs a thousand, and the nightly run ten thousand.

mod steps;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use world::World;

/// So many without being asked: enough to notice, few enough for every day.
const USUAL: u64 = 200;
/// Histories that run at once: they wait for retries more than they work.
const AT_ONCE: usize = 6;
/// After so many histories a world begins anew, so that what is left behind does not pile up.
const IN_ONE_WORLD: u64 = 40;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} takes a number, not {text}")),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn two_different_administrators_stand_behind_every_change() {
    if let Some(seed) = number("COUNTERSIGN_APPROVALS_SEED") {
        let mut world = World::begin().await;
        return world.history(seed).await;
    }
    let wanted = number("COUNTERSIGN_APPROVALS_HISTORIES").unwrap_or(USUAL);
    let first = u64::from_le_bytes(shared::Random::default().bytes().unwrap());
    let next = Arc::new(AtomicU64::new(0));
    let mut workers = Vec::new();
    for _ in 0..AT_ONCE {
        let next = Arc::clone(&next);
        workers.push(tokio::spawn(async move {
            let mut applied = 0;
            'worlds: loop {
                let mut world = World::begin().await;
                for _ in 0..IN_ONE_WORLD {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= wanted {
                        applied += world.applied();
                        break 'worlds;
                    }
                    let seed = first.wrapping_add(number);
                    let (back, ended) = world::run(world, seed).await;
                    assert!(ended, "replay it with COUNTERSIGN_APPROVALS_SEED={seed}");
                    world = back.unwrap();
                }
                applied += world.applied();
            }
            applied
        }));
    }
    let mut applied = 0;
    for worker in workers {
        applied += worker.await.unwrap();
    }
    // A model in which nothing happens proves nothing.
    assert!(
        applied * 4 > wanted,
        "only {applied} approved changes in {wanted} histories"
    );
    println!("{wanted} histories, {applied} approved changes");
}
