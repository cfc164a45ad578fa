//! Secrets that came in with an import, some of them chosen by people.

use std::time::Duration;

use countersign_tests::App;
use countersign_tests::machine_api::{Way, assert_unknown, assert_works};
use serde_json::json;

use super::{HUMAN, KEY, PATH, app_with};

async fn app_with_human(secret: &str) -> App {
    app_with(json!({"client_id": "human", "client_secret": secret, "description": "h", "features": ["login_client"]})).await
}

#[tokio::test]
async fn an_imported_secret_works_the_first_time_and_again() {
    let app = app_with_human(HUMAN).await;
    for _ in 0..3 {
        assert_works(&app.caller("human", HUMAN)).await;
        assert_unknown(&app.caller("human", "correct horse ")).await;
    }
}

#[tokio::test]
async fn a_secret_may_hold_colons_blanks_and_any_script() {
    let secret = " pä:ss::wört & 🐎=%41+ ";
    let app = app_with_human(secret).await;
    assert_works(&app.caller("human", secret)).await;
    let given = [("client_id", "human"), ("client_secret", secret), KEY];
    for way in Way::ALL {
        way.send(&app.stranger(), PATH, &given).await.ok();
    }
}

#[tokio::test]
async fn an_imported_secret_has_a_grace_period_like_any_other() {
    let app = app_with_human(HUMAN).await;
    let old = app.caller("human", HUMAN);
    let reset = async |hours| {
        let given = [("for_client_id", "human"), ("hours_to_live", hours)];
        let reply = app.owner().post("/clients/reset_secret", &given).await.ok();
        app.caller("human", reply["new_secret"].as_str().unwrap())
    };
    let new = reset("24").await;
    assert_works(&old).await;
    assert_works(&new).await;
    app.advance(Duration::from_hours(24) - Duration::from_millis(1));
    assert_works(&old).await;
    app.advance(Duration::from_millis(1));
    assert_unknown(&old).await;
    assert_works(&new).await;
}

#[tokio::test]
async fn a_remembered_imported_secret_ends_at_once_like_any_other() {
    let app = app_with_human(HUMAN).await;
    let old = app.caller("human", HUMAN);
    assert_works(&old).await;
    app.owner()
        .post("/clients/reset_secret", &[("for_client_id", "human")])
        .await
        .ok();
    assert_unknown(&old).await;
    app.owner()
        .post("/clients/delete", &[("client_id_for_deletion", "human")])
        .await
        .ok();
    assert_unknown(&old).await;
}
