use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::get_item::{GetItemError, GetItemOutput};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, Put,
    ScalarAttributeType, TransactWriteItem,
};
use aws_sdk_dynamodb::{Client, error::SdkError};

use super::*;
use crate::iam::Policies;

const TEMPLATE: &str = r"
Resources:
  Things: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Sub '${AWS::StackName}-things'}}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Handler: reader
      Policies:
        - Statement: [{Effect: Allow, Action: dynamodb:GetItem, Resource: !GetAtt Things.Arn}]
";

fn guard(store: &Embedded) -> TableGuard {
    TableGuard {
        function: "reader".into(),
        backend: Backend::Embedded(store.clone()),
        policy: None,
        hook: None,
    }
}

async fn with_table() -> (Embedded, Client) {
    let store = Embedded::memory().unwrap();
    let client = guard(&store).client();
    let key = AttributeDefinition::builder()
        .attribute_name("pk")
        .attribute_type(ScalarAttributeType::S);
    let schema = KeySchemaElement::builder()
        .attribute_name("pk")
        .key_type(KeyType::Hash);
    client
        .create_table()
        .table_name("s-things")
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(key.build().unwrap())
        .key_schema(schema.build().unwrap())
        .send()
        .await
        .unwrap();
    put(&client, "a").await.unwrap();
    (store, client)
}

async fn get(client: &Client) -> Result<GetItemOutput, SdkError<GetItemError>> {
    let get = client.get_item().table_name("s-things");
    get.key("pk", AttributeValue::S("a".into())).send().await
}

async fn put(client: &Client, id: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let put = client.put_item().table_name("s-things");
    put.item("pk", AttributeValue::S(id.into())).send().await?;
    Ok(())
}

#[tokio::test]
async fn a_function_can_do_what_its_policy_grants_and_no_more() {
    let (store, _) = with_table().await;
    let policies = Policies::parse(TEMPLATE, "s").unwrap();
    let client = TableGuard {
        policy: policies.of("reader"),
        ..guard(&store)
    }
    .client();
    assert!(get(&client).await.unwrap().item.is_some());
    let denied = put(&client, "b").await.unwrap_err();
    assert_eq!(denied.code(), Some("AccessDeniedException"));
    assert_eq!(
        denied.message().unwrap(),
        "User: arn:aws:sts::123456789012:assumed-role/reader/reader is not authorized to perform: \
         dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:123456789012:table/s-things \
         because no identity-based policy allows the dynamodb:PutItem action"
    );
    let element = Put::builder()
        .table_name("s-things")
        .item("pk", AttributeValue::S("b".into()));
    let element = TransactWriteItem::builder().put(element.build().unwrap());
    let write = client
        .transact_write_items()
        .transact_items(element.build());
    let denied = write.send().await.unwrap_err();
    assert_eq!(denied.code(), Some("AccessDeniedException"));
}

#[tokio::test]
async fn a_function_without_a_policy_in_the_template_can_do_nothing() {
    let (store, _) = with_table().await;
    let client = TableGuard {
        policy: Some(Arc::default()),
        ..guard(&store)
    }
    .client();
    let denied = get(&client).await.unwrap_err();
    assert_eq!(denied.code(), Some("AccessDeniedException"));
}

/// A hook that interferes with the first attempt only, and records the answers.
#[derive(Debug)]
struct Once {
    first: Intervention,
    calls: AtomicUsize,
    answers: Mutex<Vec<(u16, String)>>,
}

impl Once {
    fn new(first: Intervention) -> Arc<Self> {
        Arc::new(Self {
            first,
            calls: AtomicUsize::new(0),
            answers: Mutex::default(),
        })
    }
}

impl CallHook for Once {
    fn before(&self, call: &Call<'_>) -> Intervention {
        assert_eq!((call.function, call.needs.len()), ("reader", 1));
        assert!(!String::from_utf8_lossy(call.body).contains("ReturnConsumedCapacity"));
        match self.calls.fetch_add(1, Ordering::Relaxed) {
            0 => self.first.clone(),
            _ => Intervention::Proceed,
        }
    }

    fn after(&self, _: &Call<'_>, answer: &AnswerView<'_>) {
        let body = String::from_utf8_lossy(answer.body).into_owned();
        self.answers.lock().unwrap().push((answer.status, body));
    }

    fn wants_capacity(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_hook_sees_every_attempt_and_can_interfere() {
    let (store, _) = with_table().await;
    let throttled = br#"{"__type":"x#ProvisionedThroughputExceededException","message":"m"}"#;
    for (first, attempts, answers) in [
        (Intervention::Proceed, 1, 1),
        (Intervention::FailBefore, 2, 1),
        (Intervention::FailAfter, 2, 2),
        (Intervention::AnswerInstead(400, throttled.to_vec()), 2, 2),
        (Intervention::Delay(Duration::from_millis(50)), 1, 1),
    ] {
        let hook = Once::new(first.clone());
        let client = TableGuard {
            hook: Some(hook.clone()),
            ..guard(&store)
        }
        .client();
        let started = Instant::now();
        let output = get(&client).await.unwrap();
        assert!(output.consumed_capacity.is_some(), "{first:?}");
        assert_eq!(hook.calls.load(Ordering::Relaxed), attempts, "{first:?}");
        assert_eq!(hook.answers.lock().unwrap().len(), answers, "{first:?}");
        if let Intervention::Delay(time) = first {
            assert!(started.elapsed() >= time);
        }
    }
}

/// Measures latency: `cargo test --release -p countersign-local --lib latency -- --ignored --nocapture`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
#[expect(clippy::print_stderr, reason = "a measurement is for reading")]
async fn latency() {
    let (store, client) = with_table().await;
    let policies = Policies::parse(TEMPLATE, "s").unwrap();
    let guarded = TableGuard {
        policy: policies.of("reader"),
        ..guard(&store)
    }
    .client();
    let body = br#"{"TableName":"s-things","Key":{"pk":{"S":"a"}}}"#;
    for (what, which) in [("store alone", 0), ("SDK", 1), ("SDK, policy", 2)] {
        let mut times = Vec::new();
        for _ in 0..20_000 {
            let started = Instant::now();
            match which {
                0 => drop(store.call("GetItem", body).await),
                1 => drop(get(&client).await.unwrap()),
                _ => drop(get(&guarded).await.unwrap()),
            }
            times.push(started.elapsed());
        }
        times.sort();
        eprintln!("{what}: p50 {:?}, p99 {:?}", times[10_000], times[19_800]);
    }
}
