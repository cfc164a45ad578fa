//! Our own work: the CPU time of a warm read without DynamoDB, whose answers are played back.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::config::{Credentials, Region};
use aws_sdk_dynamodb::{Client, Config};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use countersign_tests::Setup;
use countersign_tests::measure::{Exchange, Recorder, get_item, microseconds, thread_cpu};
use countersign_tests::runtime_api::Event;
use functions::OPERATIONS;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context as Invocation, LambdaEvent, Service, service_fn};
use local::Embedded;
use local::dynamodb::{Backend, TableGuard};
use shared::seed::{Planter, Seed};
use shared::store::tuned;
use shared::{Clock, Context, Endpoint, Housekeeping, KeyFile, Parts, Random, WarmSecrets};

const BATCHES: usize = 15;
/// Linux brings a thread's CPU time up to date every few milliseconds; a batch takes hundreds.
const BATCH: u32 = 5_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // As in the bootstrap, but the lines lead nowhere.
    let id = "settings.get_default";
    functions::log_as_on_lambda(id, "countersign", io::sink);
    let endpoint = OPERATIONS.iter().find(|known| known.id == id).unwrap();
    let event = Event::get(endpoint.route.path, &[("key", "minimum_age")]).by("login_client");
    let event = event.json().to_string();
    let exchanges = recorded(endpoint, &event).await;
    // That the secret was used is noted once a minute, and not measured.
    let mut reads = exchanges.clone();
    reads.retain(|exchange| exchange.operation == "GetItem");
    let player = player(exchanges);
    let housekeeping = housekeeping(player.clone());
    let cx = housekeeping.context();

    let mut whole = Vec::new();
    let mut by_sdk = Vec::new();
    let mut event_alone = Vec::new();
    for batch in 0..=BATCHES {
        let rounds = [
            measure(async || drop(invoke(endpoint, cx, &event).await)).await,
            measure(async || {
                for exchange in &reads {
                    assert!(
                        get_item(&player, exchange)
                            .send()
                            .await
                            .unwrap()
                            .item
                            .is_some()
                    );
                }
            })
            .await,
            measure(async || drop(request(&event))).await,
        ];
        // The first warms up.
        if batch > 0 {
            whole.push(rounds[0]);
            by_sdk.push(rounds[1]);
            event_alone.push(rounds[2]);
        }
    }
    let [whole, by_sdk, event_alone] = [whole, by_sdk, event_alone].map(median);
    println!(
        "\nOwn work of a warm {}, CPU time, medians of {BATCHES} batches of {BATCH}",
        endpoint.id
    );
    let row = |what: &str, time: Duration| {
        let share = time.as_secs_f64() / whole.as_secs_f64();
        println!("  {what:<58}{:>8.1} us{share:>7.2}", microseconds(time));
    };
    row(
        "event in, response out, DynamoDB's answers played back",
        whole,
    );
    row(
        "of it: the same two GetItem calls by the SDK alone, signed",
        by_sdk,
    );
    row(
        "of it: API Gateway's event read into a request",
        event_alone,
    );
    row(
        "what is left: authentication, the operation, the log line",
        whole.saturating_sub(by_sdk + event_alone),
    );
}

/// CPU time of one round, in a batch of them.
async fn measure(round: impl AsyncFn()) -> Duration {
    let before = thread_cpu();
    for _ in 0..BATCH {
        round().await;
    }
    thread_cpu().saturating_sub(before) / BATCH
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn request(event: &str) -> LambdaRequest {
    serde_json::from_str(event).unwrap()
}

/// Handles an event as the bootstrap does, between the Runtime API's request and its answer.
async fn invoke(endpoint: &'static Endpoint, cx: &Context, event: &str) -> Vec<u8> {
    let mut adapter = Adapter::from(service_fn(|request: lambda_http::Request| async move {
        Ok::<_, Infallible>(
            functions::answer(endpoint, cx, request)
                .await
                .map(functions::AnswerBody::whole),
        )
    }));
    let event = LambdaEvent::new(request(event), Invocation::default());
    let response = adapter.call(event).await.unwrap();
    serde_json::to_vec(&response).unwrap()
}

/// Records the calls between an operation and a real store.
async fn recorded(endpoint: &'static Endpoint, event: &str) -> Vec<Exchange> {
    let recorder = Arc::new(Recorder::default());
    let guard = TableGuard {
        function: "benchmark".into(),
        backend: Backend::Embedded(Embedded::memory().unwrap()),
        policy: None,
        hook: Some(recorder.clone()),
    };
    let housekeeping = housekeeping(guard.client());
    housekeeping.create_missing_tables().await.unwrap();
    let seed = Seed::parse(&Setup::default().seed.to_string()).unwrap();
    seed.plant(&housekeeping, &Planter::Start).await.unwrap();
    recorder.take();
    let response =
        String::from_utf8(invoke(endpoint, housekeeping.context(), event).await).unwrap();
    assert!(
        response.contains(r#"{\"result\":\"13\",\"stat\":\"ok\"}"#),
        "{response}"
    );
    recorder.take()
}

fn housekeeping(dynamodb: Client) -> Housekeeping {
    let random = Random::default();
    Housekeeping::new(Parts {
        dynamodb,
        table_prefix: "countersign".to_owned(),
        keys: Arc::new(KeyFile::ephemeral(&random).unwrap()),
        warm: WarmSecrets::new(&random).unwrap(),
        clock: Clock::System,
        random,
        public_url: None,
    })
}

/// A client as the bootstrap has it, with a connector that has every answer already.
fn player(exchanges: Vec<Exchange>) -> Client {
    let answers = exchanges.into_iter().map(|exchange| {
        let request: serde_json::Value = serde_json::from_slice(&exchange.request).unwrap();
        (
            format!("\"TableName\":{}", request["TableName"]),
            exchange.answer,
        )
    });
    let player = SharedHttpConnector::new(Player(Arc::new(answers.collect())));
    let config = tuned(Config::builder())
        .region(Region::from_static(local::iam::REGION))
        .credentials_provider(Credentials::new("local", "local", None, None, "benchmark"))
        .endpoint_url("http://dynamodb.invalid")
        .http_client(http_client_fn(move |_, _| player.clone()));
    Client::from_conf(config.build())
}

/// A connector that replays recorded answers, found by the bodies of their requests.
#[derive(Clone, Debug)]
struct Player(Arc<Vec<(String, Vec<u8>)>>);

impl HttpConnector for Player {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = std::str::from_utf8(request.body().bytes().unwrap()).unwrap();
        let (_, answer) = self.0.iter().find(|(mark, _)| body.contains(mark)).unwrap();
        let body = SdkBody::from(answer.clone());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), body)))
    }
}
