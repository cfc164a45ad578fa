//! Guard rails: nobody changes what they may do themselves, and somebody can always look after the
//! application.

use countersign_tests::administrators::{
    self, answer, assert_signed_in, assert_signed_out, at, authenticator_of, id_of, invite, reset,
    take_up,
};
use countersign_tests::{App, PASSWORD, Person, Reply};
use reqwest::Method;
use serde_json::{Value, json};

const LAST: &str = "the only administrator who can sign in and holds manage_users cannot be deleted; let another one in first";

async fn demote(by: &Person, id: &str) {
    let less = json!({"privileges": []});
    by.patch(&at(id), &less).await.fine();
}

#[tokio::test]
async fn nobody_changes_their_own_privileges_for_less_or_for_more() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let lists: [&[&str]; 4] = [
        &[],
        &["manage_modules"],
        &["manage_users"],
        &["manage_users", "manage_modules"],
    ];
    for (person, own) in [(&ada, 3), (&ben, 2)] {
        for (index, privileges) in lists.iter().enumerate() {
            let change = json!({"privileges": privileges, "name": "Changed"});
            let reply = person.patch(&at(&person.id), &change).await;
            if index == own {
                reply.fine();
                continue;
            }
            let words = reply.problem(409, "own-privileges");
            assert_eq!(
                words,
                "nobody changes their own privileges; another administrator can"
            );
        }
        let me = person.get("/admin/me").await.fine();
        let mut held = lists[own].to_vec();
        held.sort_unstable();
        assert_eq!(me["privileges"], json!(held));
    }
}

#[tokio::test]
async fn a_change_of_oneself_that_is_refused_changes_nothing_at_all() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = ada.get(&at(&ada.id)).await;
    let change = json!({"name": "Changed", "privileges": []});
    let reply = ada.patch(&at(&ada.id), &change).await;
    reply.problem(409, "own-privileges");
    let after = ada.get(&at(&ada.id)).await;
    assert_eq!(after.body, before.body);
    assert_eq!(after.header("etag"), before.header("etag"));
}

#[tokio::test]
async fn the_last_one_with_manage_users_can_not_be_deleted() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    demote(&ada, &id_of(&ada, "ben").await).await;
    let refused = ada.delete(&at(&ada.id)).await;
    assert_eq!(refused.problem(409, "last-administrator"), LAST);
    assert_signed_in(&ada).await;
    // With somebody else there, they may go.
    let back = json!({"privileges": ["manage_users"]});
    let ben = id_of(&ada, "ben").await;
    ada.patch(&at(&ben), &back).await.fine();
    ada.delete(&at(&ada.id)).await.nothing();
    assert_signed_out(&ada).await;
    let ben = app.sign_in("ben").await;
    let refused = ben.delete(&at(&ben.id)).await;
    refused.problem(409, "last-administrator");
}

#[tokio::test]
async fn who_can_not_sign_in_yet_or_now_does_not_count_as_another_one() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ben = id_of(&ada, "ben").await;
    for what in ["password", "mfa"] {
        let link = reset(&ada, &ben, what).await;
        let refused = ada.delete(&at(&ada.id)).await;
        assert_eq!(refused.problem(409, "last-administrator"), LAST);
        if what == "password" {
            let code = countersign_tests::Authenticator::of("ben").next_code(&app.clock);
            answer(&app, &link, PASSWORD, &code).await.fine();
        }
    }
    let new = invite(&ada, "new", &["manage_users"]).await;
    let refused = ada.delete(&at(&ada.id)).await;
    refused.problem(409, "last-administrator");
    take_up(&app, &new.link, PASSWORD).await;
    ada.delete(&at(&ada.id)).await.nothing();
}

#[tokio::test]
async fn one_who_is_pending_may_be_demoted_and_counts_no_more_when_back() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ben = id_of(&ada, "ben").await;
    let link = reset(&ada, &ben, "mfa").await;
    demote(&ada, &ben).await;
    let authenticator = authenticator_of(&app, &link).await;
    let code = authenticator.next_code(&app.clock);
    answer(&app, &link, PASSWORD, &code).await.fine();
    let refused = ada.delete(&at(&ada.id)).await;
    refused.problem(409, "last-administrator");
}

/// The actions of two administrators against each other.
const STROKES: [&str; 4] = ["demote", "delete", "reset-mfa", "reset-password"];

async fn strike(person: Person, victim: String, stroke: &'static str) -> Reply {
    let path = at(&victim);
    match stroke {
        "demote" => {
            let less = json!({"privileges": ["manage_modules"]});
            person.patch(&path, &less).await
        }
        "delete" => person.delete(&path).await,
        _ => {
            let path = format!("{path}/{stroke}");
            person.send(Method::POST, &path, Some(&json!({}))).await
        }
    }
}

/// Exactly one of two strokes was done, and the application has somebody who looks after it.
async fn assert_one_is_left(app: &App, replies: [Reply; 2], strokes: [&str; 2]) {
    let done: Vec<_> = replies.iter().map(|reply| reply.status < 300).collect();
    assert!(done[0] != done[1], "{strokes:?}: {done:?}");
    let lost = &replies[usize::from(done[0])];
    match lost.status {
        // Their session had ended before the stroke fell.
        401 => drop(lost.problem(401, "not-signed-in")),
        _ => drop(lost.problem(409, "last-administrator")),
    }
    let survivor = if done[0] { "ada" } else { "ben" };
    let survivor = app.sign_in(survivor).await;
    survivor.get("/admin/administrators").await.fine();
    let last = survivor.delete(&at(&survivor.id)).await;
    last.problem(409, "last-administrator");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_do_it_to_each_other_at_once_do_not_leave_nobody() {
    for (index, first) in STROKES.into_iter().enumerate() {
        for &second in &STROKES[index..] {
            let app = App::with_people().await;
            let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
            let (of_ada, of_ben) = (ada.id.clone(), ben.id.clone());
            let one = tokio::spawn(strike(ada, of_ben, first));
            let other = tokio::spawn(strike(ben, of_ada, second));
            let replies = [one.await.unwrap(), other.await.unwrap()];
            assert_one_is_left(&app, replies, [first, second]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_who_leave_at_once_one_stays() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let leave = |person: Person| {
        let own = at(&person.id);
        tokio::spawn(async move { person.delete(&own).await })
    };
    let (one, other) = (leave(ada), leave(ben));
    let replies = [one.await.unwrap(), other.await.unwrap()];
    let gone = replies.iter().filter(|reply| reply.status == 204).count();
    assert_eq!(gone, 1);
    let stays = replies.iter().find(|reply| reply.status != 204).unwrap();
    assert_eq!(stays.problem(409, "last-administrator"), LAST);
}

#[tokio::test]
async fn a_refused_stroke_is_not_in_the_audit_as_done() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    demote(&ada, &id_of(&ada, "ben").await).await;
    let refused = ada.delete(&at(&ada.id)).await;
    refused.problem(409, "last-administrator");
    let events = administrators::done(&ada, "admin.administrators.delete").await;
    assert_eq!(events, Vec::<Value>::new());
}
