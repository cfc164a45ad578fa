//! Faults of DynamoDB as a caller sees them: throttling, conflicts, failures and lost answers.

use std::sync::Arc;

use countersign_tests::call_hooks::{Faults, cancelled, dynamodb_error};
use countersign_tests::{App, Setup};
use local::dynamodb::{Call, Intervention};
use serde_json::{Value, json};

async fn app(faults: &Arc<Faults>) -> App {
    App::with(Setup {
        hook: Some(faults.clone()),
        ..Setup::default()
    })
    .await
}

fn changes(call: &Call<'_>) -> bool {
    call.function.starts_with("clients.") && call.operation == "TransactWriteItems"
}

fn throttled() -> Intervention {
    dynamodb_error(
        "ProvisionedThroughputExceededException",
        &json!({"message": "slow down"}),
    )
}

async fn features_of(app: &App, id: &str) -> Value {
    app.listed(id).await.unwrap()["features"].clone()
}

async fn events_of(app: &App, action: &str) -> usize {
    app.dump("audit")
        .await
        .iter()
        .filter(|event| event.to_string().contains(action))
        .count()
}

const ARGUMENTS: [(&str, &str); 2] = [
    ("for_client_id", "featureless"),
    ("features", r#"["login_client"]"#),
];

#[tokio::test]
async fn a_conflicting_transaction_is_tried_again_and_done_once() {
    let conflict = cancelled(&["TransactionConflict", "None", "None"]);
    let faults = Arc::new(Faults::new(3, conflict, changes));
    let app = app(&faults).await;
    app.owner()
        .post("/clients/set_features", &ARGUMENTS)
        .await
        .ok();
    assert_eq!(faults.struck(), 3);
    assert_eq!(
        features_of(&app, "featureless").await,
        json!(["login_client"])
    );
    assert_eq!(events_of(&app, "clients.set_features").await, 1);
}

#[tokio::test]
async fn conflicts_without_end_are_said_and_change_nothing() {
    let faults = Arc::new(Faults::new(
        usize::MAX,
        cancelled(&["TransactionConflict"]),
        changes,
    ));
    let app = app(&faults).await;
    let words = app
        .owner()
        .post("/clients/set_features", &ARGUMENTS)
        .await
        .error(510, "api_limit_error");
    assert!(words.contains("nothing was changed"), "{words}");
    assert!((2..100).contains(&faults.struck()), "{}", faults.struck());
    assert_eq!(features_of(&app, "featureless").await, json!([]));
    assert_eq!(events_of(&app, "clients.set_features").await, 0);
}

#[tokio::test]
async fn a_throttled_transaction_is_tried_again() {
    let faults = Arc::new(Faults::new(
        1,
        cancelled(&["None", "ThrottlingError", "None"]),
        changes,
    ));
    let app = app(&faults).await;
    app.owner()
        .post("/clients/set_features", &ARGUMENTS)
        .await
        .ok();
    assert_eq!(faults.struck(), 1);
    assert_eq!(events_of(&app, "clients.set_features").await, 1);
}

#[tokio::test]
async fn throttling_that_passes_is_not_seen_and_throttling_that_stays_is_said() {
    let reads = |call: &Call<'_>| call.function == "settings.get_default";
    let faults = Arc::new(Faults::new(1, throttled(), reads));
    app(&faults)
        .await
        .owner()
        .post("/settings/get_default", &[("key", "minimum_age")])
        .await
        .ok();
    assert_eq!(faults.struck(), 1);

    let faults = Arc::new(Faults::new(usize::MAX, throttled(), reads));
    let reply = app(&faults)
        .await
        .owner()
        .post("/settings/get_default", &[("key", "minimum_age")])
        .await;
    reply.error(510, "api_limit_error");
}

#[tokio::test]
async fn an_answer_that_got_lost_does_nothing_twice() {
    let faults = Arc::new(Faults::new(1, Intervention::FailAfter, changes));
    let app = app(&faults).await;
    app.owner()
        .post("/clients/add", &[("description", "once only")])
        .await
        .ok();
    assert_eq!(faults.struck(), 1);
    assert_eq!(events_of(&app, "clients.add").await, 1);
}

#[tokio::test]
async fn a_broken_store_is_an_error_without_detail_and_changes_nothing() {
    let faults = Arc::new(Faults::new(usize::MAX, Intervention::FailBefore, changes));
    let app = app(&faults).await;
    let words = app
        .owner()
        .post("/clients/set_features", &ARGUMENTS)
        .await
        .error(500, "unexpected_error");
    assert!(!words.to_lowercase().contains("dynamo"), "{words}");
    assert_eq!(features_of(&app, "featureless").await, json!([]));
}

#[tokio::test]
async fn keys_that_a_batch_left_out_are_asked_for_again() {
    let batches = |call: &Call<'_>| call.operation == "BatchGetItem";
    let app_table = "countersign-clients";
    let left_out = json!({
        "Responses": {},
        "UnprocessedKeys": {app_table: {"ConsistentRead": true, "Keys": [
            {"pk": {"S": "app#app1aaaaaaaaaaaaaaaaaaaaaa"}, "sk": {"S": "application"}},
            {"pk": {"S": "app#app1aaaaaaaaaaaaaaaaaaaaaa"}, "sk": {"S": "client#featureless"}}
        ]}}
    });
    let answer = Intervention::AnswerInstead(200, left_out.to_string().into_bytes());
    let faults = Arc::new(Faults::new(1, answer, batches));
    // The made-up answer names the tables of the embedded store.
    let app = App::with(Setup {
        hook: Some(faults.clone()),
        embedded: true,
        ..Setup::default()
    })
    .await;
    app.owner()
        .post("/clients/set_features", &ARGUMENTS)
        .await
        .ok();
    assert_eq!(faults.struck(), 1);
    assert_eq!(
        features_of(&app, "featureless").await,
        json!(["login_client"])
    );
}

#[tokio::test]
async fn a_denied_call_is_an_error_without_detail() {
    let denied = dynamodb_error(
        "AccessDeniedException",
        &json!({"Message": "User: arn:aws:sts::1:x is not authorized"}),
    );
    let faults = Arc::new(Faults::new(usize::MAX, denied, changes));
    let words = app(&faults)
        .await
        .owner()
        .post("/clients/set_features", &ARGUMENTS)
        .await
        .error(500, "unexpected_error");
    assert!(!words.contains("arn:"), "{words}");
}
