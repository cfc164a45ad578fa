//! While multi admin is on, one person changes nothing: it can not be asked for approval yet, so
//! that such a change is refused. Seeing is as ever.

use countersign_tests::{App, Setup, secret_of};
use serde_json::json;

use super::{of_client, regenerate, reveal, view};
use crate::contract::assert_works;

async fn app() -> App {
    let mut setup = Setup::with_people();
    setup.seed["applications"][0]["multi_admin"] = json!(true);
    App::with(setup).await
}

#[tokio::test]
async fn no_change_takes_effect_on_one_persons_word() {
    let app = app().await;
    let ada = app.sign_in("ada").await;
    let before = (
        ada.all("/admin/clients", "").await,
        app.dump("clients").await,
    );
    let path = of_client("login_client", "");
    let create = ada.post("/admin/clients", &json!({"name": "new"})).await;
    let words = create.problem(409, "held-back");
    assert!(words.contains("multi admin is on"), "{words}");
    assert_eq!(create.header("location"), "");
    for body in [
        json!({"name": "x"}),
        json!({"enabled": false}),
        json!({"features": ["owner"]}),
        json!({"allow_list": ["10.0.0.0/8"]}),
        json!({"modules": {"payments": {}}}),
        json!({}),
    ] {
        ada.patch(&path, &body).await.problem(409, "held-back");
    }
    ada.delete(&path).await.problem(409, "held-back");
    let regenerated = regenerate(&ada, "login_client", &ada.next_code(), &json!({})).await;
    regenerated.problem(409, "held-back");
    assert_eq!(ada.all("/admin/clients", "").await, before.0);
    assert!(
        app.dump("clients").await == before.1,
        "something has changed"
    );
    assert_works(&app.client("login_client")).await;
    let applied = ada.audit("action=admin.clients&outcome=applied").await;
    assert!(applied.is_empty(), "{applied:?}");
    let refused = ada.audit("action=admin.clients&outcome=refused").await;
    assert!(
        refused.iter().all(|event| event["reason"] == "held-back"),
        "{refused:?}"
    );
    assert_eq!(refused.len(), 4, "{refused:?}");
}

#[tokio::test]
async fn what_would_be_refused_anyway_still_is_in_its_own_words() {
    let app = app().await;
    let ben = app.sign_in("ben").await;
    ben.post("/admin/clients", &json!({})).await.faults();
    ben.patch(&of_client("nobody", ""), &json!({"name": "x"}))
        .await
        .problem(404, "not-found");
    let dora = app.sign_in("dora").await;
    let body = json!({"name": "x"});
    dora.post("/admin/clients", &body)
        .await
        .problem(403, "not-permitted");
}

#[tokio::test]
async fn seeing_is_possible_at_once_and_revealing_with_a_code() {
    let app = app().await;
    let ben = app.sign_in("ben").await;
    assert_eq!(ben.all("/admin/clients", "").await.len(), 7);
    assert_eq!(view(&ben, "owner").await["name"], "the owner");
    let revealed = reveal(&ben, "owner", &ben.next_code()).await.fine();
    assert!(revealed["client_secret"] == secret_of("owner"));
    let seen = ben.audit("action=admin.clients.reveal_secret").await;
    assert_eq!(seen[0]["outcome"], "applied");
}

#[tokio::test]
async fn the_other_application_goes_on_without() {
    let app = app().await;
    let fay = app.sign_in("fay").await;
    fay.new_client(&json!({"name": "new"})).await;
    fay.patch(&of_client("foreigner", ""), &json!({"name": "x"}))
        .await
        .fine();
}
