//! Audiences belong to one application.
//!
//! Otherwise a resource server could not tell from the audience which application's token it has.

use std::time::Duration;

use countersign_tests::{APPLICATION, App, Person, Setup};
use serde_json::{Value, json};
use shared::seed::Seed;

const POLICY: &str = "/admin/token-policy";

async fn say(person: &Person, audiences: &[&str]) -> countersign_tests::Reply {
    person.put(POLICY, &json!({"audiences": audiences})).await
}

async fn audiences(person: &Person) -> Value {
    person.get(POLICY).await.fine()["audiences"].clone()
}

/// Two applications, each with somebody who says whom its tokens may be for.
async fn two() -> (App, Person, Person) {
    let mut setup = Setup::with_people();
    for application in setup.seed["applications"].as_array_mut().unwrap() {
        let people = application["administrators"].as_array_mut();
        for person in people.into_iter().flatten() {
            person["privileges"] = json!(["manage_users", "manage_modules"]);
        }
    }
    let app = App::with(setup).await;
    let (ada, fay) = (app.sign_in("ada").await, app.sign_in("fay").await);
    (app, ada, fay)
}

#[tokio::test]
async fn what_one_application_has_no_other_one_gets() {
    let (_app, ada, fay) = two().await;
    say(&ada, &["reports", "https://api.example.com"])
        .await
        .fine();
    let before = audiences(&fay).await;
    for taken in ["reports", "https://api.example.com"] {
        let refused = say(&fay, &["of-its-own", taken]).await;
        let words = refused.problem(409, "audience-taken");
        assert_eq!(words, "one of the audiences belongs to another application");
    }
    assert_eq!(audiences(&fay).await, before);
    // Nothing of what was refused is held back.
    say(&ada, &["of-its-own"]).await.fine();
}

#[tokio::test]
async fn the_id_of_another_application_is_its_audience() {
    let (_app, ada, fay) = two().await;
    assert_eq!(audiences(&ada).await, json!([APPLICATION]));
    say(&fay, &[APPLICATION])
        .await
        .problem(409, "audience-taken");
}

#[tokio::test]
async fn what_was_let_go_is_free_when_the_last_token_for_it_is_dead() {
    let (app, ada, fay) = two().await;
    say(&ada, &["reports"]).await.fine();
    say(&ada, &["other"]).await.fine();
    say(&fay, &["reports"]).await.problem(409, "audience-taken");
    // Its own application may have it back at once.
    say(&ada, &["other", "reports"]).await.fine();
    say(&ada, &["other"]).await.fine();
    app.advance(Duration::from_secs(601));
    let fay_again = app.sign_in("fay").await;
    say(&fay_again, &["reports"]).await.fine();
    let ada = app.sign_in("ada").await;
    say(&ada, &["other", "reports"])
        .await
        .problem(409, "audience-taken");
    drop(fay);
}

#[tokio::test]
async fn of_two_applications_that_want_the_same_at_once_one_gets_it() {
    let (_app, ada, fay) = two().await;
    let (one, other) = tokio::join!(say(&ada, &["reports"]), say(&fay, &["reports"]));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[test]
fn a_seed_file_gives_an_audience_to_one_application_only() {
    let file = |audiences: [Value; 2]| {
        let [one, other] = audiences;
        let text = json!({"applications": [
            {"application_id": "a", "name": "A", "audiences": one},
            {"application_id": "b", "name": "B", "audiences": other}
        ]});
        Seed::parse(&text.to_string()).map(drop)
    };
    file([json!(["x"]), json!(["y"])]).unwrap();
    for same in [
        [json!(["x"]), json!(["y", "x"])],
        [json!(["b"]), Value::Null],
    ] {
        let fault = file(same).unwrap_err().to_string();
        assert_eq!(
            fault,
            "at applications[1].audiences: another one has it too"
        );
    }
}
