//! Approved deletions: dead at once, and cleared up, now or later.

use std::sync::Arc;

use countersign_tests::call_hooks::Breakage;
use countersign_tests::change_requests::{
    self, CLIENT, apply, approve, ask, ask_for, assert_as_before, pending, records, seen,
};
use countersign_tests::machine_api::assert_unknown;
use countersign_tests::published::{assert_not_found, newest_file, version_file};
use countersign_tests::{App, Person};
use local::dynamodb::Intervention;
use reqwest::Method;
use serde_json::{Value, json};

const DOOMED: &str = "direct_access";
const APPROVE: &str = "admin.change_requests.approve";

async fn furnish(app: &App, versions: usize) -> Vec<String> {
    app.choose(DOOMED, &["k", "minimum_age"], &json!({"k": "a value"}))
        .await;
    app.give(DOOMED, &json!({"k": "another value"})).await;
    app.publish_times(DOOMED, versions).await
}

async fn assert_dead(app: &App, versions: &[String]) {
    assert_unknown(&app.client(DOOMED)).await;
    for version in versions {
        let path = version_file(DOOMED, version);
        assert_not_found(&app.read(&path).await, &path);
    }
    for kind in ["json", "js"] {
        let path = newest_file(DOOMED, kind);
        assert_not_found(&app.read(&path).await, &path);
    }
    assert!(app.listed(DOOMED).await.is_none());
    assert_eq!(app.files(&[]).await, Vec::<String>::new());
    let given = [("for_client_id", DOOMED)];
    let items = app.owner().post("/settings/items", &given).await;
    items.invalid("for_client_id");
}

/// Returns the remains of the client, apart from change requests and the audit.
async fn left(app: &App) -> Vec<&'static str> {
    let mut tables = Vec::new();
    for table in ["clients", "settings", "published"] {
        if Value::from(app.dump(table).await)
            .to_string()
            .contains(DOOMED)
        {
            tables.push(table);
        }
    }
    tables
}

async fn ask_to_delete(ada: &Person, client: &str) -> String {
    let path = format!("/admin/clients/{client}");
    ask_for(ada, Method::DELETE, &path, &Value::Null).await
}

#[tokio::test]
async fn a_client_with_many_versions_and_settings_is_dead_at_once_and_cleared_up() {
    let app = change_requests::app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let versions = furnish(&app, 120).await;
    for number in 0..100 {
        app.give(DOOMED, &json!({ "k": number.to_string() })).await;
    }
    let id = ask_to_delete(&ada, DOOMED).await;
    // What it has published and set is there as ever, and it goes on publishing.
    assert_eq!(app.read(&newest_file(DOOMED, "json")).await.status, 200);
    let mut versions = versions;
    versions.push(app.publish(DOOMED).await);
    app.give(DOOMED, &json!({"k": "late"})).await;
    apply(&ben, &id).await;
    assert_dead(&app, &versions).await;
    assert_eq!(left(&app).await, Vec::<&str>::new());
}

#[tokio::test]
async fn a_clearing_that_a_fault_interrupts_is_not_seen_and_is_finished_by_the_next_deletion() {
    for (operation, spared) in [("BatchWriteItem", 0), ("BatchWriteItem", 1), ("Query", 1)] {
        let about = format!("{operation} after {spared}");
        let breakage = Arc::new(Breakage::default());
        let mut setup = change_requests::setup(&[]);
        setup.hook = Some(breakage.clone());
        let app = App::with(setup).await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let versions = furnish(&app, 30).await;
        let id = ask_to_delete(&ada, DOOMED).await;
        let broken = [APPROVE, operation];
        breakage.begin(broken, Intervention::FailBefore, spared, usize::MAX);
        apply(&ben, &id).await;
        assert!(breakage.end() >= 1, "{about}");
        assert_dead(&app, &versions).await;
        assert!(!left(&app).await.is_empty(), "{about}");
        seen(&ada, &id, "applied").await;
        let id = ask_to_delete(&ada, "featureless").await;
        apply(&ben, &id).await;
        assert_eq!(left(&app).await, Vec::<&str>::new(), "{about}");
        assert_dead(&app, &versions).await;
    }
}

#[tokio::test]
async fn an_approval_that_a_fault_interrupts_has_done_nothing_and_can_be_repeated() {
    for operation in ["TransactWriteItems", "GetItem", "BatchGetItem"] {
        let breakage = Arc::new(Breakage::default());
        let mut setup = change_requests::setup(&[]);
        setup.hook = Some(breakage.clone());
        let app = App::with(setup).await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let versions = furnish(&app, 3).await;
        let id = ask_to_delete(&ada, DOOMED).await;
        let before = records(&app).await;
        let broken = [APPROVE, operation];
        breakage.begin(broken, Intervention::FailBefore, 0, usize::MAX);
        let reply = approve(&ben, &id).await;
        assert!(reply.status >= 500, "{operation}: {}", reply.body);
        assert!(breakage.end() >= 1, "{operation}");
        assert_as_before(&app, &before, operation).await;
        assert_eq!(app.read(&newest_file(DOOMED, "json")).await.status, 200);
        seen(&ada, &id, "pending").await;
        apply(&ben, &id).await;
        assert_dead(&app, &versions).await;
    }
}

#[tokio::test]
async fn what_the_machine_api_deletes_takes_two_approvals_and_is_cleared_up() {
    let app = change_requests::app(&[]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let versions = furnish(&app, 3).await;
    let given = [("client_id_for_deletion", DOOMED)];
    let id = pending(&app.owner().post("/clients/delete", &given).await);
    approve(&ada, &id).await.fine();
    assert_eq!(app.read(&newest_file(DOOMED, "json")).await.status, 200);
    apply(&ben, &id).await;
    assert_dead(&app, &versions).await;
    assert_eq!(left(&app).await, Vec::<&str>::new());
}

#[tokio::test]
async fn an_approval_whose_answer_is_lost_has_happened_once() {
    for times in [1, usize::MAX] {
        let breakage = Arc::new(Breakage::default());
        let mut setup = change_requests::setup(&[]);
        setup.hook = Some(breakage.clone());
        let app = App::with(setup).await;
        let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
        let id = ask(&ada, &json!({"name": "renamed"})).await;
        let broken = [APPROVE, "TransactWriteItems"];
        breakage.begin(broken, Intervention::FailAfter, 0, times);
        let reply = approve(&ben, &id).await;
        assert!(breakage.end() >= 1);
        if times == 1 {
            assert_eq!(reply.fine()["state"], "applied");
        } else {
            assert!(reply.status >= 500, "{}", reply.body);
        }
        let again = approve(&ben, &id).await;
        again.problem(409, "already-decided");
        seen(&ada, &id, "applied").await;
        let view = ada.get(CLIENT).await;
        assert_eq!(view.header("etag"), "\"2\"");
        assert_eq!(view.fine()["name"], "renamed");
    }
}
