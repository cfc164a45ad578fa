//! A flood that uses up what slow hashing there is to be had.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use countersign_tests::App;
use countersign_tests::machine_api::HARMLESS;
use reqwest::Method;

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_guess_at_clients_lock_nobody_who_signs_in() {
    let app = App::with_people().await;
    let (over, sent_away) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let guessers: Vec<_> = (0..160)
        .map(|_| {
            let (over, sent_away) = (Arc::clone(&over), Arc::clone(&sent_away));
            let guesser = app.caller("owner", "a guess");
            tokio::spawn(async move {
                while !over.load(Ordering::SeqCst) {
                    let reply = guesser.post(HARMLESS.0, HARMLESS.1).await;
                    if reply.json()["code"] == 510 {
                        sent_away.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    // From the first one that is sent away there is no room.
    while sent_away.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let json = [("content-type", "application/json")];
    let (mut busy, mut signed_in) = (0, false);
    // More often than it takes to lock somebody.
    for _ in 0..6 {
        let body = app.credentials("ada").to_string();
        let caller = app.stranger();
        let path = "/admin/sessions";
        let reply = caller.send(Method::POST, path, &json, body.into()).await;
        match reply.status {
            201 => {
                signed_in = true;
                break;
            }
            503 => busy += 1,
            other => panic!("{other} after {busy} times busy: {}", reply.body),
        }
    }
    over.store(true, Ordering::SeqCst);
    for guesser in guessers {
        guesser.await.unwrap();
    }
    if !signed_in {
        app.sign_in("ada").await;
    }
}
