//! The line of a request, however the request ends.

use std::sync::Arc;
use std::time::Duration;

use countersign_tests::call_hooks::Breakage;
use countersign_tests::captured_log::CapturedLog;
use countersign_tests::{APPLICATION, App, Setup, http_from};
use local::dynamodb::{AnswerView, Call, CallHook, Intervention};
use serde_json::{Value, json};

/// Panics in one function, in the middle of its work.
#[derive(Debug)]
struct Panicking;

impl CallHook for Panicking {
    fn before(&self, call: &Call<'_>) -> Intervention {
        assert!(call.function != "settings.keys", "on purpose");
        Intervention::Proceed
    }

    fn after(&self, _: &Call<'_>, _: &AnswerView<'_>) {}
}

#[tokio::test]
async fn an_operation_that_panics_has_its_line() {
    let setup = Setup {
        hook: Some(Arc::new(Panicking)),
        ..Setup::default()
    };
    let app = App::with(setup).await;
    let captured = CapturedLog::begin();
    let reply = app.owner().get("/settings/keys", &[]).await;
    assert_eq!(reply.status, 500);
    let lines = captured.lines("answered");
    let [line] = lines.as_slice() else {
        panic!("{lines:?}");
    };
    assert_eq!(line["path"], "/settings/keys");
    assert_eq!((&line["status"], &line["code"]), (&json!(500), &json!(500)));
    assert_eq!(line["span"]["operation"], "settings.keys");
}

#[tokio::test]
async fn an_export_has_its_line_when_its_last_piece_has_left() {
    let mut setup = Setup::with_people();
    let breakage = Arc::new(Breakage::default());
    setup.hook = Some(breakage.clone());
    let app = App::with(setup).await;
    let ada = app.sign_in("ada").await;
    for (spared, code) in [(usize::MAX, 0), (0, 500)] {
        let captured = CapturedLog::begin();
        let place = ["admin.audit.export", "Query"];
        breakage.begin(place, Intervention::FailBefore, spared, usize::MAX);
        let url = format!("{}/admin/audit/export?format=ndjson", app.url());
        let request = http_from("127.0.0.1").get(url).bearer_auth(&ada.token);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "it had begun well");
        let id = response.headers()["x-request-id"]
            .to_str()
            .unwrap()
            .to_owned();
        assert_eq!(response.bytes().await.is_err(), code == 500);
        breakage.end();
        let line = the_one(&captured, "answered");
        assert_eq!(
            (&line["status"], &line["code"]),
            (&json!(200), &json!(code))
        );
        let span = &line["span"];
        assert_eq!(span["request_id"], *id);
        assert_eq!(span["application"], APPLICATION);
        if code == 500 {
            assert_eq!(the_one(&captured, "an answer was cut off")["span"], *span);
        }
    }
}

fn the_one(captured: &CapturedLog, message: &str) -> Value {
    let mut lines = captured.lines(message);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[tokio::test]
async fn an_export_whose_reader_goes_away_has_its_line_too() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let captured = CapturedLog::begin();
    let url = format!("{}/admin/audit/export?format=csv", app.url());
    let request = http_from("127.0.0.1").get(url).bearer_auth(&ada.token);
    drop(request.send().await.unwrap());
    let logged = async {
        while captured.lines("answered").is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, logged).await.unwrap();
}

#[tokio::test]
async fn a_wrong_code_is_a_failure_of_authentication_and_a_lacking_privilege_is_none() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let path = "/admin/clients/owner/secret/reveal";
    let captured = CapturedLog::begin();
    let wrong = ben.post(path, &json!({"code": ben.wrong_code()})).await;
    wrong.problem(401, "wrong-code");
    let line = the_one(&captured, "answered");
    assert_eq!(line["authentication_failure"], true, "{line}");
    assert_eq!(line["span"]["application"], APPLICATION);
    let captured = CapturedLog::begin();
    let refused = app.client("login_client").get("/clients/list", &[]).await;
    refused.error(403, "client_permission_error");
    let line = the_one(&captured, "answered");
    assert_eq!(line["authentication_failure"], Value::Null, "{line}");
}
