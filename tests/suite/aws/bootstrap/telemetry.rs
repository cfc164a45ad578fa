//! Telemetry of a function: its log, its metrics, and the traces that it passes on.

mod emf;

use std::collections::BTreeMap;

use countersign_tests::runtime_api::{Cloud, DynamoDb, Event, Function, Kms, Trouble};
use countersign_tests::{APPLICATION, PASSWORD, Setup, email_of, secret_of};
use serde_json::{Value, json};

use self::emf::metrics_of;
use super::administration::Person;
use super::owner;

/// The trace of every event and invocation that is given no other.
const TRACE: &str = "1-5bef4de7-ad49b0e87f6ef6c87fc2e700";
const GET_DEFAULT: &str = "/settings/get_default";

async fn under_kms() -> Cloud {
    let seed = Setup::with_people().seed;
    Cloud::under(Kms::stand_in().await, DynamoDb::embedded().await, &seed).await
}

fn ask() -> Event {
    Event::get(GET_DEFAULT, &[("key", "minimum_age")])
}

/// The lines of the requests that a function answered.
fn answered(function: &Function) -> Vec<Value> {
    let mut lines = function.lines();
    lines.retain(|line| line["message"] == "answered");
    lines
}

/// The line of the last request, whose metrics must conform, and must be these.
fn measured(function: &Function, cloud: &Cloud, operation: &str, code: u16, failures: u8) -> Value {
    let line = answered(function).pop().unwrap();
    let dimensions = [
        ("Deployment", cloud.table_prefix().to_owned()),
        ("Operation", operation.to_owned()),
        ("Code", code.to_string()),
    ];
    let by = |count: usize| -> BTreeMap<_, _> {
        let first = dimensions.iter().take(count).cloned();
        first
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    };
    let milliseconds = line["milliseconds"].as_f64().unwrap();
    let expected = [
        ("AuthenticationFailures", vec![(f64::from(failures), by(1))]),
        ("Duration", vec![(milliseconds, by(2))]),
        ("Requests", vec![(1.0, by(3))]),
    ];
    let expected = expected.map(|(name, metrics)| (name.to_owned(), metrics));
    assert_eq!(metrics_of(&line), BTreeMap::from(expected), "{line}");
    assert_eq!(line["code"], code, "{line}");
    line
}

#[tokio::test]
async fn a_line_says_which_operation_for_whom_and_what_others_call_it() {
    let cloud = Cloud::start().await;
    let function = cloud.spawn("settings.get_default").await;
    let wrong = ask().basic("owner", &secret_of("foreigner"));
    let unknown = ask().basic("nobody-there", "nothing");
    let application = json!(APPLICATION);
    let calls = [
        (ask().by("owner"), &application),
        (wrong, &application),
        (ask(), &Value::Null),
        (unknown, &Value::Null),
    ];
    for (number, (event, of_application)) in calls.into_iter().enumerate() {
        let reply = function.call(&event).await;
        let lines = answered(&function);
        assert_eq!(lines.len(), number + 1);
        let line = &lines[number];
        let lambda = format!("8476a536-e9f4-11e8-9739-{number:012x}");
        let mut span = json!({
            "name": "request",
            "request_id": reply.header("x-request-id"),
            "operation": "settings.get_default",
            "gateway_request_id": "JKJaXmPLvHcESHA=",
            "lambda_request_id": lambda,
            "trace_id": TRACE,
        });
        if !of_application.is_null() {
            span["application"] = of_application.clone();
        }
        assert_eq!(line["span"], span, "{line}");
        let cold = if number == 0 {
            json!(true)
        } else {
            Value::Null
        };
        assert_eq!(line["cold_start"], cold, "{line}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_operation_and_code_and_refused_credentials_apart() {
    let cloud = Cloud::start().await;
    let operation = "settings.get_default";
    let function = cloud.spawn(operation).await;
    let scheme = ask().header("authorization", "Digest username=owner");
    let nothing = Event::get(GET_DEFAULT, &[]).by("owner");
    for (event, code, failures) in [
        (ask().by("owner"), 0, 0),
        (ask().basic("owner", &secret_of("foreigner")), 402, 1),
        (ask(), 402, 1),
        (scheme, 205, 1),
        (nothing, 100, 0),
    ] {
        function.call(&event).await;
        let line = measured(&function, &cloud, operation, code, failures);
        let failed = if failures == 1 {
            json!(true)
        } else {
            Value::Null
        };
        assert_eq!(line["authentication_failure"], failed, "{line}");
    }
    let function = cloud.spawn("clients.list").await;
    let lesser = Event::post("/clients/list", &[]).by("login_client");
    function.call(&lesser).await;
    measured(&function, &cloud, "clients.list", 403, 0);
    let function = cloud.spawn("oauth2.token").await;
    let stranger = Event::post("/oauth2/token", &[("grant_type", "client_credentials")]);
    function.call(&stranger).await;
    measured(&function, &cloud, "oauth2.token", 401, 1);
}

#[tokio::test]
async fn an_unexpected_error_has_all_of_it_in_each_line() {
    let cloud = under_kms().await;
    let function = cloud.spawn("clients.list").await;
    cloud.kms().gets_into(Trouble::Refuses("DisabledException"));
    let reply = function.call(&owner("/clients/list", &[])).await;
    reply.error(500, "unexpected_error");
    let line = measured(&function, &cloud, "clients.list", 500, 0);
    let lines = function.lines();
    let fault = lines.iter().find(|line| line["level"] == "ERROR").unwrap();
    assert_eq!(fault["message"], "unexpected error");
    assert_eq!(fault["span"], line["span"]);
    assert_eq!(fault["span"]["application"], APPLICATION);
    assert_eq!(fault["_aws"], Value::Null, "one line is measured");
}

#[tokio::test]
async fn administrators_and_their_exports_are_logged_and_measured_like_the_others() {
    let seed = Setup::with_people().seed;
    let cloud = Cloud::on(DynamoDb::start().await, &seed).await;
    let ada = Person::sign_in(&cloud, "ada").await;
    let function = cloud.function("admin.sessions.create").await;
    let line = measured(&function, &cloud, "admin.sessions.create", 0, 0);
    assert_eq!(line["span"]["application"], APPLICATION);
    let body = json!({"email": email_of("ben"), "password": PASSWORD, "code": "000000"});
    let wrong = Event::json_body("POST", "/admin/sessions", &body);
    cloud.call(&wrong).await.problem(401, "sign-in-failed");
    measured(&function, &cloud, "admin.sessions.create", 401, 1);
    for private in ["@", PASSWORD, "Ada"] {
        assert!(!function.log().contains(private), "{}", function.log());
    }

    let query = [("format", "ndjson")];
    let export = ada.get("/admin/audit/export", &query).await;
    assert!(export.body.lines().count() > 1);
    let function = cloud.function("admin.audit.export").await;
    let line = measured(&function, &cloud, "admin.audit.export", 0, 0);
    assert_eq!(line["span"]["request_id"], export.header("x-request-id"));
    assert_eq!(line["span"]["application"], APPLICATION);
    let stranger = Event::get("/admin/audit/export", &query);
    cloud.call(&stranger).await.problem(401, "not-signed-in");
    measured(&function, &cloud, "admin.audit.export", 401, 1);
    assert_eq!(answered(&function).len(), 2);
}

#[tokio::test]
async fn nobody_writes_into_the_log_by_ids_or_traces() {
    let cloud = Cloud::start().await;
    let function = cloud.spawn("settings.get_default").await;
    let hostile = r#"HOSTILE","level":"ERROR"#;
    let root = format!("Root=1-{hostile}-ad49b0e87f6ef6c87fc2e700");
    let others = "Root=1-00000000-0123456789abcdef01234567";
    function.trace_as(&root);
    let event = ask().by("owner").header("x-amzn-trace-id", others).header(
        "traceparent",
        "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
    );
    let mut event = event.json();
    event["requestContext"]["requestId"] = format!("{hostile}\n").into();
    function.invoke(&event).await.unwrap();
    let line = answered(&function).pop().unwrap();
    for absent in ["trace_id", "gateway_request_id"] {
        assert_eq!(line["span"][absent], Value::Null, "{line}");
    }
    for sent in ["HOSTILE", "0123456789abcdef"] {
        assert!(!function.log().contains(sent), "{}", function.log());
    }
}

#[tokio::test]
async fn a_panic_says_where_and_not_what() {
    let cloud = Cloud::start().await;
    let function = cloud.spawn("settings.get_default").await;
    // No gateway lets such a host through.
    let event = ask().by("owner").header("host", "TELLTALE host");
    function.invoke(&event.json()).await.unwrap_err();
    let lines = function.lines();
    let panicked = lines.iter().find(|line| line["message"] == "panicked");
    assert!(panicked.unwrap()["place"].is_string(), "{lines:?}");
    assert!(!function.log().contains("TELLTALE"), "{}", function.log());
    function.call(&ask().by("owner")).await.ok();
}

#[tokio::test]
async fn calls_to_dynamodb_and_kms_pass_the_trace_on() {
    let cloud = under_kms().await;
    let function = cloud.spawn("clients.list").await;
    let event = owner("/clients/list", &[]);
    let header = |number: u8| format!("Root={TRACE};Parent=9a9197af755a64{number:02};Sampled=1");
    for number in 0..2 {
        let header = header(number);
        function.trace_as(&header);
        cloud.dynamodb().traces();
        function.call(&event).await.ok();
        let traces = cloud.dynamodb().traces();
        assert!(traces.len() >= 2, "{traces:?}");
        // The connection that is opened before the first event belongs to no request.
        let of_request = traces.iter().flatten();
        assert!(of_request.clone().count() >= 2, "{traces:?}");
        assert!(
            of_request.clone().all(|trace| *trace == header),
            "{traces:?}"
        );
    }
    let traces = cloud.kms().traces();
    assert_eq!(traces.last(), Some(&Some(header(0))), "{traces:?}");
}
