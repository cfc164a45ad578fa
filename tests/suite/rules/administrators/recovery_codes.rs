//! Recovery codes: ten, each for one sign-in without the authenticator.

use std::collections::BTreeSet;

use countersign_tests::administrators::{
    REVEAL, WRONG_PASSWORD, assert_not_let_in, assert_signed_in, assert_wrong_code, enrol, recover,
    seen,
};
use countersign_tests::{App, PASSWORD, email_of};
use serde_json::json;

#[tokio::test]
async fn there_are_ten_and_each_signs_in_once() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let (id, enrolled) = enrol(&app, &ada, "new", &[]).await;
    let codes = enrolled.recovery_codes;
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), 10);
    for (count, code) in codes.iter().enumerate() {
        if count % 4 == 3 {
            app.advance(std::time::Duration::from_mins(1));
        }
        let begun = recover(&app, "new", PASSWORD, code).await;
        let person = app.person(&begun, enrolled.authenticator.clone());
        assert_eq!(person.id, id);
        assert_signed_in(&person).await;
        assert_not_let_in(&recover(&app, "new", PASSWORD, code).await);
    }
}

#[tokio::test]
async fn case_dashes_and_blanks_do_not_matter() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let (_, enrolled) = enrol(&app, &ada, "new", &[]).await;
    let codes = &enrolled.recovery_codes;
    let parts: Vec<_> = codes[0].split('-').map(str::len).collect();
    assert_eq!(parts, [4, 4, 4], "easy to copy");
    for written in [
        codes[0].to_uppercase(),
        codes[1].replace('-', ""),
        codes[2].replace('-', " ").to_uppercase(),
        format!(" {}\n", codes[3]),
    ] {
        let begun = recover(&app, "new", PASSWORD, &written).await;
        assert_eq!(begun.status, 201, "one that was written differently");
    }
    assert_not_let_in(&recover(&app, "new", PASSWORD, &codes[1].to_uppercase()).await);
}

#[tokio::test]
async fn a_used_and_a_wrong_one_are_refused_alike_and_a_wrong_password_uses_none_up() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let (_, enrolled) = enrol(&app, &ada, "new", &[]).await;
    let code = &enrolled.recovery_codes[0];
    assert_not_let_in(&recover(&app, "new", WRONG_PASSWORD, code).await);
    let begun = recover(&app, "new", PASSWORD, code).await;
    app.person(&begun, enrolled.authenticator.clone());
    let used = recover(&app, "new", PASSWORD, code).await;
    let wrong = recover(&app, "new", PASSWORD, "aaaa-bbbb-cccc").await;
    assert_not_let_in(&used);
    assert_eq!(seen(&used), seen(&wrong));
    // Those of somebody else are wrong ones, and so is none.
    let others = recover(&app, "ben", PASSWORD, &enrolled.recovery_codes[1]).await;
    assert_eq!(seen(&others), seen(&wrong));
    let none = recover(&app, "new", PASSWORD, "").await;
    assert_eq!(seen(&none), seen(&wrong));
}

#[tokio::test]
async fn a_recovery_code_signs_in_and_does_nothing_else() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let (_, enrolled) = enrol(&app, &ada, "new", &["manage_users"]).await;
    let [first, second, ..] = &enrolled.recovery_codes[..] else {
        panic!("fewer than two")
    };
    let as_code = json!({"email": email_of("new"), "password": PASSWORD, "code": first});
    assert_not_let_in(&app.ask_for_session(&as_code).await);
    let begun = recover(&app, "new", PASSWORD, first).await;
    let person = app.person(&begun, enrolled.authenticator.clone());
    assert_wrong_code(&person.post(REVEAL, &json!({"code": second})).await);
    person.secret_of("login_client").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_recovery_code_many_times_at_once_begins_one_session() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let (_, enrolled) = enrol(&app, &ada, "new", &[]).await;
    let body = json!({
        "email": email_of("new"), "password": PASSWORD, "recovery_code": enrolled.recovery_codes[0]
    });
    let calls = (0..5).map(|_| {
        let (caller, body) = (app.stranger(), body.to_string());
        tokio::spawn(async move {
            let json = "application/json";
            caller.post_raw("/admin/sessions", json, body).await
        })
    });
    let mut begun = 0;
    for call in calls.collect::<Vec<_>>() {
        let reply = call.await.unwrap();
        if reply.status == 201 {
            begun += 1;
        } else {
            assert_not_let_in(&reply);
        }
    }
    assert_eq!(begun, 1);
}
