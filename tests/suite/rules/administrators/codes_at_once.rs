//! One-time codes, many at once: no code does two things, and nobody gets more tries by hurrying.

use std::time::Duration;

use countersign_tests::administrators::{
    REVEAL, WRONG_PASSWORD, assert_not_let_in, assert_signed_in, assert_wrong_code, done,
};
use countersign_tests::{App, Authenticator, PASSWORD, Reply, email_of};
use serde_json::json;
use tokio::task::JoinHandle;

const REGENERATE: &str = "/admin/clients/login_client/secret/regenerate";

/// Begins so many sign-ins at once, each with a password and a code of its own.
fn sign_ins(
    app: &App,
    name: &str,
    attempts: impl IntoIterator<Item = (&'static str, String)>,
) -> Vec<JoinHandle<Reply>> {
    let attempts = attempts.into_iter().map(|(password, code)| {
        let caller = app.stranger();
        let body = json!({"email": email_of(name), "password": password, "code": code});
        tokio::spawn(async move {
            let json = "application/json";
            caller
                .post_raw("/admin/sessions", json, body.to_string())
                .await
        })
    });
    attempts.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_twenty_times_at_once_begins_one_session() {
    let app = App::with_people().await;
    let authenticator = Authenticator::of("ben");
    let code = authenticator.code(&app.clock);
    let mut begun = Vec::new();
    for call in sign_ins(&app, "ben", vec![(PASSWORD, code); 20]) {
        let reply = call.await.unwrap();
        match reply.status {
            201 => begun.push(reply),
            401 => assert_not_let_in(&reply),
            _ => drop(reply.problem(429, "too-many-attempts")),
        }
    }
    assert_eq!(begun.len(), 1);
    let ben = app.person(&begun[0], authenticator);
    assert_signed_in(&ben).await;
    assert_eq!(done(&ben, "admin.sessions.create").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_at_two_prompts_at_once_does_one_thing() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    for _ in 0..3 {
        // Those that lose are wrong ones, and five of them lock.
        app.advance(Duration::from_mins(20));
        let before = [
            done(&ben, "admin.clients.reveal_secret").await.len(),
            done(&ben, "admin.clients.regenerate_secret").await.len(),
        ];
        let code = json!({"code": ben.next_code()});
        let calls = (0..8).map(|index| {
            let (ben, code) = (ben.clone(), code.clone());
            let prompt = [REVEAL, REGENERATE][index % 2];
            tokio::spawn(async move { (prompt, ben.post(prompt, &code).await) })
        });
        let mut did = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            let (prompt, reply) = call.await.unwrap();
            match reply.status {
                200 => did.push(prompt),
                _ => assert_wrong_code(&reply),
            }
        }
        assert_eq!(did.len(), 1, "{did:?}");
        let after = [
            done(&ben, "admin.clients.reveal_secret").await.len(),
            done(&ben, "admin.clients.regenerate_secret").await.len(),
        ];
        let added = [after[0] - before[0], after[1] - before[1]];
        let wanted = [REVEAL, REGENERATE].map(|prompt| usize::from(did == [prompt]));
        assert_eq!(added, wanted, "the audit tells what was done");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_at_sign_in_and_at_a_prompt_at_once_does_one_thing() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let code = ben.next_code();
    let sign_ins = sign_ins(&app, "ben", vec![(PASSWORD, code.clone()); 2]);
    let reveals = (0..2).map(|_| {
        let (ben, code) = (ben.clone(), json!({"code": code}));
        tokio::spawn(async move { ben.post(REVEAL, &code).await })
    });
    let mut did = 0;
    for call in sign_ins.into_iter().chain(reveals.collect::<Vec<_>>()) {
        let reply = call.await.unwrap();
        if reply.status < 300 {
            did += 1;
        } else {
            assert_eq!(reply.status, 401, "{}", reply.body);
        }
    }
    assert_eq!(did, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_wrong_guesses_at_once_lock_as_one_after_the_other_do() {
    let app = App::with_people().await;
    let authenticator = Authenticator::of("ben");
    let code = authenticator.code(&app.clock);
    let wrong = authenticator.wrong_code(&app.clock);
    let guesses = (0..10).map(|index| match index % 2 {
        0 => (WRONG_PASSWORD, code.clone()),
        _ => (PASSWORD, wrong.clone()),
    });
    for call in sign_ins(&app, "ben", guesses) {
        assert_not_let_in(&call.await.unwrap());
    }
    // The next minute, so that nothing but the lock is in the way.
    app.advance(Duration::from_mins(1));
    assert_not_let_in(&app.ask_for_session(&app.credentials("ben")).await);
    app.advance(Duration::from_mins(19));
    app.sign_in("ben").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_among_later_guesses_is_not_looked_at() {
    let app = App::with_people().await;
    let authenticator = Authenticator::of("ben");
    let code = authenticator.code(&app.clock);
    let wrong = authenticator.wrong_code(&app.clock);
    for call in sign_ins(&app, "ben", vec![(PASSWORD, wrong); 5]) {
        assert_not_let_in(&call.await.unwrap());
    }
    for call in sign_ins(&app, "ben", vec![(PASSWORD, code); 5]) {
        assert_not_let_in(&call.await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_wrong_codes_at_once_at_a_prompt_lock_it_and_the_door() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let wrong = json!({"code": ben.wrong_code()});
    let calls = (0..10).map(|_| {
        let (ben, wrong) = (ben.clone(), wrong.clone());
        tokio::spawn(async move { ben.post(REVEAL, &wrong).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_wrong_code(&call.await.unwrap());
    }
    app.advance(Duration::from_mins(1));
    let right = json!({"code": ben.next_code()});
    assert_wrong_code(&ben.post(REVEAL, &right).await);
    assert_not_let_in(&app.ask_for_session(&app.credentials("ben")).await);
    app.advance(Duration::from_mins(20));
    ben.secret_of("login_client").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_codes_at_once_the_later_is_good_whichever_comes_first() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let sooner = ben.next_code();
    let later = ben.authenticator.code_at(app.clock.now().millis() + 30_000);
    let calls = [sooner, later].map(|code| {
        let (ben, code) = (ben.clone(), json!({"code": code}));
        tokio::spawn(async move { ben.post(REVEAL, &code).await })
    });
    let [sooner, later] = calls;
    let sooner = sooner.await.unwrap();
    if sooner.status != 200 {
        assert_wrong_code(&sooner);
    }
    later.await.unwrap().fine();
}
