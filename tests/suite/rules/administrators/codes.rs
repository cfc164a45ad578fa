//! One-time codes: one step either side, and each accepted once over all prompts.

use std::time::Duration;

use countersign_tests::administrators::{
    REVEAL, assert_not_let_in, assert_wrong_code, invite, seen, sign_in_with,
};
use countersign_tests::{App, Authenticator, PASSWORD};
use serde_json::json;

const REGENERATE: &str = "/admin/clients/login_client/secret/regenerate";
const STEP: i64 = 30_000;

#[tokio::test]
async fn the_code_that_signed_in_does_nothing_else() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let used = ben.authenticator.code(&app.clock);
    assert_wrong_code(&ben.post(REVEAL, &json!({"code": used})).await);
    assert_wrong_code(&ben.post(REGENERATE, &json!({"code": used})).await);
    assert_not_let_in(&sign_in_with(&app, "ben", PASSWORD, &used).await);
    ben.secret_of("login_client").await;
}

#[tokio::test]
async fn the_code_that_revealed_a_secret_does_nothing_else() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    for prompt in [REVEAL, REGENERATE] {
        let code = json!({"code": ben.next_code()});
        ben.post(prompt, &code).await.fine();
        assert_wrong_code(&ben.post(REVEAL, &code).await);
        assert_wrong_code(&ben.post(REGENERATE, &code).await);
        let used = code["code"].as_str().unwrap();
        assert_not_let_in(&sign_in_with(&app, "ben", PASSWORD, used).await);
    }
    app.sign_in("ben").await;
}

#[tokio::test]
async fn the_code_of_one_administrator_is_none_of_another() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let of_ada = ada.next_code();
    assert_wrong_code(&ben.post(REVEAL, &json!({"code": of_ada})).await);
    // And it is not used up by that.
    ada.post(REVEAL, &json!({"code": of_ada})).await.fine();
}

#[tokio::test]
async fn a_wrong_and_a_replayed_code_are_refused_alike() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let code = json!({"code": ben.next_code()});
    ben.post(REVEAL, &code).await.fine();
    let replayed = ben.post(REVEAL, &code).await;
    let wrong = ben.post(REVEAL, &json!({"code": ben.wrong_code()})).await;
    assert_wrong_code(&wrong);
    assert_eq!(seen(&replayed), seen(&wrong));
    let code = code["code"].as_str().unwrap();
    let replayed = sign_in_with(&app, "ben", PASSWORD, code).await;
    let wrong = sign_in_with(&app, "ben", PASSWORD, &ben.wrong_code()).await;
    assert_not_let_in(&wrong);
    assert_eq!(seen(&replayed), seen(&wrong));
}

#[tokio::test]
async fn a_code_works_one_step_early_and_one_late_and_not_two() {
    let app = App::with_people().await;
    app.advance(Duration::from_secs(17));
    let now = app.clock.now().millis();
    for (name, steps, works) in [
        ("ada", -1, true),
        ("ben", 1, true),
        ("cleo", -2, false),
        ("cleo", 2, false),
        ("cleo", 0, true),
    ] {
        let code = Authenticator::of(name).code_at(now + steps * STEP);
        let reply = sign_in_with(&app, name, PASSWORD, &code).await;
        if works {
            assert_eq!(reply.status, 201, "{steps} steps off");
        } else {
            assert_not_let_in(&reply);
        }
    }
}

#[tokio::test]
async fn an_earlier_step_than_the_last_used_is_refused_even_if_it_never_was() {
    let app = App::with_people().await;
    let authenticator = Authenticator::of("ben");
    let now = app.clock.now().millis();
    let [late, early, next] = [0, STEP, 2 * STEP].map(|off| authenticator.code_at(now + off));
    let begun = sign_in_with(&app, "ben", PASSWORD, &early).await;
    let ben = app.person(&begun, authenticator.clone());
    assert_not_let_in(&sign_in_with(&app, "ben", PASSWORD, &late).await);
    assert_wrong_code(&ben.post(REVEAL, &json!({"code": late})).await);
    // When its own time comes, the one that came early is used still.
    assert!(ben.next_code() == early, "the clock went elsewhere");
    assert_wrong_code(&ben.post(REVEAL, &json!({"code": early})).await);
    ben.post(REVEAL, &json!({"code": next})).await.fine();
}

#[tokio::test]
async fn a_code_may_be_typed_with_the_blank_that_authenticators_show() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let code = ben.next_code();
    let typed = format!("{} {}", &code[..3], &code[3..]);
    ben.post(REVEAL, &json!({"code": typed})).await.fine();
    assert_wrong_code(&ben.post(REVEAL, &json!({"code": code})).await);
}

#[tokio::test]
async fn what_is_no_code_is_a_wrong_code() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let code = ben.next_code();
    for text in ["", &code[..5], &format!("{code}0"), "１２３４５６"] {
        assert_wrong_code(&ben.post(REVEAL, &json!({"code": text})).await);
    }
    let faults = ben.post(REVEAL, &json!({})).await.faults();
    assert_eq!(faults, [("/code".to_owned(), "it is missing".to_owned())]);
    let number: u32 = code.parse().unwrap();
    let faults = ben.post(REVEAL, &json!({"code": number})).await.faults();
    assert_eq!(faults[0].0, "/code");
    // What does not fit was no attempt.
    ben.post(REVEAL, &json!({"code": code})).await.fine();
}

#[tokio::test]
async fn the_key_of_one_time_codes_is_sealed_where_it_is_stored() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let new = invite(&ada, "new", &[]).await;
    let shown = app.stranger().get(&new.link, &[]).await.fine();
    let secret = shown["totp"]["secret"].as_str().unwrap();
    let key = countersign_tests::from_base32(secret);
    let spelt = [
        secret.to_owned(),
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &key),
    ];
    for table in ["administrators", "attempts", "audit", "clients"] {
        for item in app.dump(table).await {
            let item = item.to_string();
            let is_there = spelt.iter().any(|spelt| item.contains(spelt));
            assert!(!is_there, "the key stands in {table}");
        }
    }
}
