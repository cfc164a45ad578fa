use serde_json::{Value, json};

use super::*;

const TABLE: &str = r#"{"TableName":"things","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}"#;

async fn call(store: &Embedded, operation: &str, body: &Value) -> (u16, Value) {
    let answer = store.call(operation, body.to_string().as_bytes()).await;
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

async fn with_table() -> Embedded {
    let store = Embedded::memory().unwrap();
    assert_eq!(
        store.call("CreateTable", TABLE.as_bytes()).await.status,
        200
    );
    store
}

fn put(value: &str) -> Value {
    json!({"TableName": "things", "Item": {"pk": {"S": "a"}, "v": {"S": value}}})
}

fn get() -> Value {
    json!({"TableName": "things", "Key": {"pk": {"S": "a"}}, "ConsistentRead": true})
}

#[tokio::test]
async fn what_is_put_is_got() {
    let store = with_table().await;
    assert_eq!(call(&store, "PutItem", &put("1")).await.0, 200);
    let (status, body) = call(&store, "GetItem", &get()).await;
    assert_eq!((status, &body["Item"]["v"]["S"]), (200, &json!("1")));
}

#[tokio::test]
async fn operations_that_the_product_does_not_use_are_unknown() {
    let store = with_table().await;
    let (status, body) = call(&store, "DeleteTable", &json!({"TableName": "things"})).await;
    assert_eq!(status, 400);
    let code = body["__type"].as_str().unwrap();
    assert!(code.ends_with("#UnknownOperationException"), "{code}");
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    let store = with_table().await;
    for body in [
        "",
        "nonsense",
        "[]",
        "{}",
        r#"{"TableName":"things","Key":{"pk":{"S":1}}}"#,
    ] {
        let answer = store.call("GetItem", body.as_bytes()).await;
        assert_eq!(answer.status, 400, "{body}");
        let text = String::from_utf8(answer.body).unwrap();
        assert!(!text.contains("VALIDATION:"), "{text}");
    }
}

#[tokio::test]
async fn a_transaction_happens_once_for_each_token() {
    let store = with_table().await;
    let add = |token: &str, by: &str| {
        json!({"ClientRequestToken": token, "TransactItems": [{"Update": {"TableName": "things",
            "Key": {"pk": {"S": "a"}}, "UpdateExpression": "ADD n :n",
            "ExpressionAttributeValues": {":n": {"N": by}}}}]})
    };
    for _ in 0..3 {
        assert_eq!(
            call(&store, "TransactWriteItems", &add("one", "5")).await.0,
            200
        );
    }
    let (status, body) = call(&store, "TransactWriteItems", &add("one", "6")).await;
    assert_eq!(status, 400);
    let code = body["__type"].as_str().unwrap();
    assert!(
        code.ends_with("#IdempotentParameterMismatchException"),
        "{code}"
    );
    assert_eq!(
        call(&store, "TransactWriteItems", &add("two", "5")).await.0,
        200
    );
    let (_, body) = call(&store, "GetItem", &get()).await;
    assert_eq!(body["Item"]["n"]["N"], "10");
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_store_lives_on() {
    let folder = tempfile::tempdir().unwrap();
    for store in [
        Embedded::memory().unwrap(),
        Embedded::open(&folder.path().join("db")).unwrap(),
    ] {
        assert_eq!(
            store.call("CreateTable", TABLE.as_bytes()).await.status,
            200
        );
        let nothing: Option<()> = store.run(|_| panic!("on purpose")).await;
        assert_eq!(nothing, None);
        assert_eq!(call(&store, "PutItem", &put("1")).await.0, 200);
    }
}

#[tokio::test]
async fn the_file_is_free_when_the_last_handle_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("db");
    for round in 0..3 {
        let store = Embedded::open(&file).unwrap();
        let clone = store.clone();
        drop(store);
        if round == 0 {
            assert_eq!(
                clone.call("CreateTable", TABLE.as_bytes()).await.status,
                200
            );
        }
        let value = round.to_string();
        assert_eq!(call(&clone, "PutItem", &put(&value)).await.0, 200);
        drop(clone);
        // SQLite removes its log when the last connection is closed in order.
        assert!(!folder.path().join("db-wal").exists());
    }
    let (_, body) = call(&Embedded::open(&file).unwrap(), "GetItem", &get()).await;
    assert_eq!(body["Item"]["v"]["S"], "2");
}

#[tokio::test]
async fn expired_items_are_swept() {
    let store = with_table().await;
    let ttl = json!({"TableName": "things",
        "TimeToLiveSpecification": {"AttributeName": "e", "Enabled": true}});
    assert_eq!(call(&store, "UpdateTimeToLive", &ttl).await.0, 200);
    let past = json!({"TableName": "things", "Item": {"pk": {"S": "a"}, "e": {"N": "1700000000"}}});
    assert_eq!(call(&store, "PutItem", &past).await.0, 200);
    let sweep = store.run(|store| {
        store.start_sweep();
        store.sweep.take()
    });
    sweep.await.flatten().unwrap().join().unwrap();
    let (_, body) = call(&store, "GetItem", &get()).await;
    assert_eq!(body, json!({}));
}

#[test]
fn a_file_of_another_kind_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("db");
    std::fs::write(&file, [7_u8; 8192]).unwrap();
    assert!(matches!(
        Embedded::open(&file),
        Err(EmbeddedFault::Store(_))
    ));
}
