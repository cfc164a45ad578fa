//! Resets: another administrator takes a factor away, which stops at once, and a link sets it anew.

use countersign_tests::administrators::{
    REVEAL, WRONG_PASSWORD, answer, assert_not_let_in, assert_signed_in, assert_wrong_code, at,
    authenticator_of, done, enrol, id_of, recover, reset, sign_in_with, state_of, take_up,
};
use countersign_tests::{App, Authenticator, PASSWORD};
use serde_json::json;

const NEW_PASSWORD: &str = "a password of today";

#[tokio::test]
async fn an_mfa_reset_stops_the_authenticator_and_its_recovery_codes_and_keeps_the_password() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let (id, old) = enrol(&app, &ada, "new", &[]).await;
    let link = reset(&ada, &id, "mfa").await;
    let code = old.authenticator.next_code(&app.clock);
    assert_not_let_in(&sign_in_with(&app, "new", PASSWORD, &code).await);
    assert_not_let_in(&recover(&app, "new", PASSWORD, &old.recovery_codes[0]).await);

    let shown = app.stranger().get(&link, &[]).await.fine();
    assert_eq!(shown["chooses_password"], false);
    let fresh = authenticator_of(&app, &link).await;
    let fresh_code = fresh.code(&app.clock);
    assert!(
        code != fresh_code,
        "the key is the old one, or chance plays"
    );
    // The link alone is not enough: its holder shows the password, too.
    assert_wrong_code(&answer(&app, &link, WRONG_PASSWORD, &fresh_code).await);
    assert_wrong_code(&answer(&app, &link, PASSWORD, &code).await);
    assert_eq!(state_of(&ada, &id).await, "pending_actions");
    let enrolled = answer(&app, &link, PASSWORD, &fresh_code).await.fine();
    let codes = enrolled["recovery_codes"].as_array().unwrap();
    assert_eq!(codes.len(), 10);
    assert_eq!(state_of(&ada, &id).await, "active");

    let old_code = old.authenticator.next_code(&app.clock);
    assert_not_let_in(&sign_in_with(&app, "new", PASSWORD, &old_code).await);
    assert_not_let_in(&recover(&app, "new", PASSWORD, &old.recovery_codes[0]).await);
    let code = fresh.code(&app.clock);
    let begun = sign_in_with(&app, "new", PASSWORD, &code).await;
    app.person(&begun, fresh.clone());
    let recovered = recover(&app, "new", PASSWORD, codes[0].as_str().unwrap()).await;
    app.person(&recovered, fresh);
}

#[tokio::test]
async fn a_password_reset_stops_the_password_and_keeps_the_authenticator() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let (id, person) = enrol(&app, &ada, "new", &[]).await;
    let link = reset(&ada, &id, "password").await;
    let code = person.authenticator.next_code(&app.clock);
    assert_not_let_in(&sign_in_with(&app, "new", PASSWORD, &code).await);

    let shown = app.stranger().get(&link, &[]).await.fine();
    assert_eq!(shown["totp"], json!(null));
    assert_eq!(shown["chooses_password"], true);
    // The link alone is not enough: its holder shows the authenticator's code, too.
    let wrong = person.authenticator.wrong_code(&app.clock);
    assert_wrong_code(&answer(&app, &link, NEW_PASSWORD, &wrong).await);
    let as_code = &person.recovery_codes[0];
    assert_wrong_code(&answer(&app, &link, NEW_PASSWORD, as_code).await);
    let enrolled = answer(&app, &link, NEW_PASSWORD, &code).await.fine();
    assert_eq!(enrolled["recovery_codes"], json!(null));
    assert_eq!(state_of(&ada, &id).await, "active");

    let code = person.authenticator.next_code(&app.clock);
    assert_not_let_in(&sign_in_with(&app, "new", PASSWORD, &code).await);
    let begun = sign_in_with(&app, "new", NEW_PASSWORD, &code).await;
    app.person(&begun, person.authenticator.clone());
    let recovered = recover(&app, "new", NEW_PASSWORD, &person.recovery_codes[0]).await;
    app.person(&recovered, person.authenticator);
}

#[tokio::test]
async fn both_resets_together_set_up_both_by_the_newer_link_alone() {
    for [first, second] in [["mfa", "password"], ["password", "mfa"]] {
        let app = App::with_people().await;
        let ada = app.sign_in("ada").await;
        let ben = id_of(&ada, "ben").await;
        let void = reset(&ada, &ben, first).await;
        let link = reset(&ada, &ben, second).await;
        let old = app.stranger().get(&void, &[]).await;
        old.problem(404, "not-found");
        let shown = app.stranger().get(&link, &[]).await.fine();
        assert_eq!(shown["chooses_password"], true);
        let enrolled = take_up(&app, &link, NEW_PASSWORD).await;
        assert_eq!(enrolled.recovery_codes.len(), 10);
        assert_not_let_in(&app.ask_for_session(&app.credentials("ben")).await);
        let code = enrolled.authenticator.code(&app.clock);
        let begun = sign_in_with(&app, "ben", NEW_PASSWORD, &code).await;
        assert_eq!(app.person(&begun, enrolled.authenticator).id, ben);
    }
}

#[tokio::test]
async fn the_code_that_took_up_a_link_does_not_sign_in_as_well() {
    for what in ["mfa", "password"] {
        let app = App::with_people().await;
        let ada = app.sign_in("ada").await;
        let ben = id_of(&ada, "ben").await;
        let link = reset(&ada, &ben, what).await;
        let authenticator = match what {
            "mfa" => authenticator_of(&app, &link).await,
            _ => Authenticator::of("ben"),
        };
        let code = authenticator.next_code(&app.clock);
        answer(&app, &link, PASSWORD, &code).await.fine();
        assert_not_let_in(&sign_in_with(&app, "ben", PASSWORD, &code).await);
        let code = authenticator.next_code(&app.clock);
        let begun = sign_in_with(&app, "ben", PASSWORD, &code).await;
        app.person(&begun, authenticator);
    }
}

#[tokio::test]
async fn a_code_that_was_used_before_does_not_take_up_a_link() {
    let app = App::with_people().await;
    let (ben, ada) = (app.sign_in("ben").await, app.sign_in("ada").await);
    let code = ben.next_code();
    let body = json!({"code": code});
    ben.post(REVEAL, &body).await.fine();
    let link = reset(&ada, &ben.id, "password").await;
    assert_wrong_code(&answer(&app, &link, NEW_PASSWORD, &code).await);
    let code = ben.next_code();
    answer(&app, &link, NEW_PASSWORD, &code).await.fine();
}

#[tokio::test]
async fn nobody_resets_themselves() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for what in ["mfa", "password"] {
        let path = format!("{}/reset-{what}", at(&ada.id));
        let refused = ada.post(&path, &json!({})).await;
        let words = refused.problem(409, "own-reset");
        assert_eq!(
            words,
            "nobody resets their own password or authenticator; another administrator can"
        );
    }
    assert_signed_in(&ada).await;
    app.sign_in("ada").await;
}

#[tokio::test]
async fn every_administrator_sees_resets_in_the_audit() {
    let app = App::with_people().await;
    let (ada, dora) = (app.sign_in("ada").await, app.sign_in("dora").await);
    let ben = id_of(&ada, "ben").await;
    for what in ["mfa", "password"] {
        reset(&ada, &ben, what).await;
        let events = done(&dora, &format!("admin.administrators.reset_{what}")).await;
        assert_eq!(events.len(), 1);
        assert_eq!(events[0]["actor"]["id"], ada.id);
        assert_eq!(events[0]["object"]["id"], ben);
        let field = format!("has_{what}");
        let change = json!({field: {"before": true, "after": false}});
        assert_eq!(events[0]["changes"], change);
    }
}
