//! Limits of one-time codes at prompts: ten a minute for one account, sixty from one source.

use countersign_tests::administrators::{REVEAL, assert_wrong_code, sign_in_with};
use countersign_tests::{App, Authenticator, PASSWORD, Person, Setup, base32, email_of};
use serde_json::json;

use super::limits::{OF_ACCOUNT, assert_too_many};

#[tokio::test]
async fn one_account_has_ten_codes_a_minute_at_all_prompts_together() {
    let app = App::with_people().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let wrong = json!({"code": ben.wrong_code()});
    let regenerate = "/admin/clients/login_client/secret/regenerate";
    for attempt in 0..OF_ACCOUNT {
        let prompt = [REVEAL, regenerate][attempt % 2];
        assert_wrong_code(&ben.post(prompt, &wrong).await);
    }
    assert_too_many(&ben.post(REVEAL, &wrong).await);
    let mut elsewhere = ben.clone();
    elsewhere.caller = elsewhere.caller.from("127.0.0.2");
    let wait = assert_too_many(&elsewhere.post(regenerate, &wrong).await);
    let fresh = json!({"code": ada.authenticator.code_at(app.clock.now().millis() + 30_000)});
    ada.post(REVEAL, &fresh).await.fine();
    app.advance(wait);
    // Ten wrong ones have locked, but it is looked at again.
    assert_wrong_code(&ben.post(REVEAL, &wrong).await);
}

/// A server with so many more administrators with `manage_users`.
async fn with_a_crowd(count: usize) -> (App, Vec<Person>) {
    let mut setup = Setup::with_people();
    let people = setup.seed["applications"][0]["administrators"]
        .as_array_mut()
        .unwrap();
    let key = b"the key of everybody";
    for number in 0..count {
        people.push(json!({
            "email": email_of(&format!("p{number}")), "name": "P", "password": PASSWORD,
            "totp_secret": base32(key), "privileges": ["manage_users"]
        }));
    }
    let app = App::with(setup).await;
    let authenticator = Authenticator::with(&base32(key));
    let code = authenticator.code(&app.clock);
    let mut crowd = Vec::new();
    for number in 0..count {
        let begun = sign_in_with(&app, &format!("p{number}"), PASSWORD, &code).await;
        crowd.push(app.person(&begun, authenticator.clone()));
    }
    (app, crowd)
}

#[tokio::test]
async fn one_source_has_sixty_codes_a_minute_whoever_types_them() {
    let (app, crowd) = with_a_crowd(7).await;
    let code = json!({"code": crowd[0].next_code()});
    for person in &crowd[..6] {
        person.post(REVEAL, &code).await.fine();
        for _ in 1..OF_ACCOUNT {
            assert_wrong_code(&person.post(REVEAL, &code).await);
        }
    }
    let mut last = crowd[6].clone();
    let wait = assert_too_many(&last.post(REVEAL, &code).await);
    // It was not looked at: from elsewhere the same code is good.
    let here = last.caller.clone();
    last.caller = here.clone().from("127.0.0.2");
    last.post(REVEAL, &code).await.fine();
    last.caller = here;
    app.advance(wait);
    last.secret_of("login_client").await;
}
