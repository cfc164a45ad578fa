//! The local binary as a Lambda service: it copes with functions that misbehave.
//!
//! The real bootstrap has the same rights there as on AWS.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::time::Duration;

use countersign_tests::binary::{Local, built, example};
use countersign_tests::{App, Caller, Reply, Setup, secret_of};
use local::Bootstrap;

/// Two functions without rights.
const TEMPLATE: &str = "
Globals: {Function: {Timeout: 20}}
Resources:
  List: {Type: AWS::Serverless::Function, Properties: {Handler: clients.list}}
  Export: {Type: AWS::Serverless::Function, Properties: {Handler: admin.audit.export}}
";

/// A server whose functions do this, and its log.
async fn whose_functions(misbehaviour: &str) -> (App, File) {
    let log = tempfile::tempfile().unwrap();
    // Nothing else waits for the limit, and a busy machine may take its time.
    let template = match misbehaviour {
        "hangs" => TEMPLATE.replace("20", "1"),
        _ => TEMPLATE.to_owned(),
    };
    let setup = Setup {
        bootstrap: Some(Bootstrap {
            program: example("misbehaving"),
            environment: vec![("MISBEHAVIOUR".to_owned(), misbehaviour.to_owned())],
            log: Some(log.try_clone().unwrap()),
            clock_file: None,
        }),
        template: Some(template),
        embedded: true,
        ..Setup::default()
    };
    (App::with(setup).await, log)
}

async fn list(app: &App) -> Reply {
    app.stranger()
        .of_a_stand_in()
        .get("/clients/list", &[])
        .await
}

#[tokio::test]
async fn a_function_that_does_not_answer_is_a_fault_of_the_gateway() {
    for misbehaviour in [
        "ends at its start",
        "reports that it cannot start",
        "ends with an event",
        "hangs",
        "asks for the next event",
        "answers with an error",
        "answers with more than 6 MB",
        "this is no JSON",
        r#"{"statusCode":"200"}"#,
        r#"{"statusCode":99}"#,
        r#"{"statusCode":200,"body":{"no":"text"}}"#,
        r#"{"statusCode":200,"headers":{"no name":"x"}}"#,
        r#"{"statusCode":200,"headers":{"x":"a\nb"}}"#,
        r#"{"statusCode":200,"body":"no base64!","isBase64Encoded":true}"#,
        "[1",
    ] {
        let (app, _log) = whose_functions(misbehaviour).await;
        for _ in 0..2 {
            let reply = list(&app).await;
            assert_eq!(
                (reply.status, &*reply.body),
                (500, r#"{"message":"Internal Server Error"}"#),
                "{misbehaviour}"
            );
        }
    }
}

#[tokio::test]
async fn a_process_that_is_never_ready_is_given_up() {
    let (app, _log) = whose_functions("is never ready").await;
    assert_eq!(list(&app).await.status, 500);
}

#[tokio::test]
async fn an_answer_without_a_status_is_the_body_of_a_success() {
    for (answer, body) in [
        (r#"{"a": 1}"#, r#"{"a":1}"#),
        (r#""text""#, "text"),
        ("[1, 2]", "[1,2]"),
    ] {
        let (app, _log) = whose_functions(answer).await;
        let reply = list(&app).await;
        assert_eq!((reply.status, &*reply.body), (200, body));
        assert_eq!(reply.header("content-type"), "application/json");
    }
}

#[tokio::test]
async fn an_answer_has_a_status_headers_cookies_and_a_body() {
    let answer = r#"{"statusCode":201,"headers":{"x-a":"b","x-n":1,"content-length":"7"},"cookies":["c=1","d=2"],"body":"aMO8","isBase64Encoded":true}"#;
    let (app, _log) = whose_functions(answer).await;
    let reply = list(&app).await;
    assert_eq!((reply.status, &*reply.body), (201, "hü"));
    assert_eq!((reply.header("x-a"), reply.header("x-n")), ("b", "1"));
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["c=1", "d=2"]);
}

#[tokio::test]
async fn only_the_event_at_work_can_be_answered() {
    let (app, _log) = whose_functions("answers another event").await;
    assert_eq!(list(&app).await.body, "done");
}

#[tokio::test]
async fn a_stream_that_breaks_off_does_so_for_its_reader() {
    let (app, _log) = whose_functions("breaks off a stream").await;
    let url = format!("{}/admin/audit/export", app.url());
    let mut response = reqwest::get(url).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut received = Vec::new();
    let broke_off = loop {
        match response.chunk().await {
            Ok(Some(piece)) => received.extend_from_slice(&piece),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broke_off, "it ended well, with {received:?}");
}

#[tokio::test]
async fn a_process_takes_one_event_after_the_other_and_a_dead_one_is_replaced() {
    let (app, _log) = whose_functions("does well").await;
    let first = list(&app).await;
    for number in 2..5 {
        // One that has answered may still be at work.
        until(|| state(first.header("x-pid")) == Some('T')).await;
        let next = list(&app).await;
        assert_eq!(next.header("x-pid"), first.header("x-pid"));
        assert_eq!(next.header("x-number"), number.to_string());
    }
    kill("-KILL", first.header("x-pid"));
    until(|| state(first.header("x-pid")).is_none_or(|state| state == 'Z')).await;
    let next = list(&app).await;
    assert_ne!(next.header("x-pid"), first.header("x-pid"));
    assert_eq!(next.header("x-number"), "1");

    let (app, _log) = whose_functions("answers and ends").await;
    let (first, second) = (list(&app).await, list(&app).await);
    assert_ne!(first.header("x-pid"), second.header("x-pid"));
}

#[tokio::test]
async fn events_at_once_go_to_several_processes_and_each_has_one_at_a_time() {
    let (app, _log) = whose_functions("takes its time").await;
    let app = std::sync::Arc::new(app);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let app = std::sync::Arc::clone(&app);
            tokio::spawn(async move { list(&app).await })
        })
        .collect();
    let mut events: BTreeMap<String, usize> = BTreeMap::new();
    for call in calls {
        let reply = call.await.unwrap();
        assert_eq!(reply.body, "done");
        *events.entry(reply.header("x-pid").to_owned()).or_default() += 1;
    }
    assert!((2..=8).contains(&events.len()), "{events:?}");
}

#[tokio::test]
async fn a_process_is_frozen_between_events_and_ends_with_the_server() {
    let (app, _log) = whose_functions("does well").await;
    let reply = list(&app).await;
    let pid = reply.header("x-pid").to_owned();
    until(|| state(&pid) == Some('T')).await;
    assert_eq!(list(&app).await.header("x-number"), "2");
    app.running.stop().await;
    until(|| state(&pid).is_none_or(|state| state == 'Z')).await;
}

#[tokio::test]
async fn who_reaches_the_ports_of_processes_gets_no_events_and_no_store() {
    let (app, _log) = whose_functions("does well").await;
    let reply = list(&app).await;
    let environment = std::fs::read(format!("/proc/{}/environ", reply.header("x-pid"))).unwrap();
    let environment = String::from_utf8(environment).unwrap();
    let variable = |name: &str| {
        let mut all = environment
            .split('\0')
            .filter_map(|line| line.split_once('='));
        all.find(|(known, _)| *known == name).unwrap().1.to_owned()
    };
    let api = variable("AWS_LAMBDA_RUNTIME_API");
    let (address, _) = api.rsplit_once('/').unwrap();
    for prefix in ["", "/", "/wrong"] {
        let url = format!("{address}{prefix}/2018-06-01/runtime/invocation/next");
        assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
    }
    for token in ["", "local"] {
        let scan = reqwest::Client::new()
            .post(variable("AWS_ENDPOINT_URL"))
            .header("x-amz-target", "DynamoDB_20120810.Scan")
            .header("x-amz-security-token", token)
            .body(r#"{"TableName":"countersign-clients"}"#);
        let refused = scan.send().await.unwrap();
        assert_eq!(refused.status(), 400);
        let said = refused.text().await.unwrap();
        assert!(said.contains("UnrecognizedClientException"), "{said}");
    }
}

#[tokio::test]
async fn what_a_function_says_of_an_error_does_not_reach_its_caller() {
    for misbehaviour in ["answers with an error", "reports that it cannot start"] {
        let (app, mut log) = whose_functions(misbehaviour).await;
        let reply = list(&app).await;
        assert!(!reply.body.contains("swordfish"), "{}", reply.body);
        let mut said = String::new();
        log.rewind().unwrap();
        log.read_to_string(&mut said).unwrap();
        assert!(!said.contains("swordfish"), "{said}");
    }
}

/// The real bootstrap, as the suite's binaries are built.
fn real(template: Option<String>) -> Setup {
    Setup {
        bootstrap: Some(Bootstrap {
            program: built("bootstrap"),
            environment: Vec::new(),
            log: Some(tempfile::tempfile().unwrap()),
            clock_file: None,
        }),
        template,
        embedded: true,
        ..Setup::default()
    }
}

#[tokio::test]
async fn a_process_may_do_what_its_function_is_granted_and_nothing_else() {
    let app = App::with(real(None)).await;
    let listed = app.owner().post("/clients/list", &[]).await.ok();
    let secrets: Vec<_> = listed["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|client| client["client_secret"].as_str().unwrap())
        .collect();
    assert!(secrets.contains(&&*secret_of("owner")), "KMS opened them");
    let add = [("description", "new"), ("features", "[]")];
    app.owner().post("/clients/add", &add).await.ok();

    // The same, without one grant each.
    for (taken, path, arguments) in [
        ("Action: [kms:Decrypt]", "/clients/list", &[][..]),
        ("Resource: !GetAtt AuditTable.Arn", "/clients/add", &add[..]),
    ] {
        let crippled = local::TEMPLATE.replace(taken, "Action: [s3:GetObject]");
        let crippled = if taken.starts_with("Action") {
            crippled
        } else {
            local::TEMPLATE.replace(taken, "Resource: !GetAtt TokensTable.Arn")
        };
        let app = App::with(real(Some(crippled))).await;
        let refused = app.owner().post(path, arguments).await;
        assert!(
            refused.body.contains(r#""code":500"#),
            "{taken}: {}",
            refused.body
        );
    }
}

#[tokio::test]
async fn the_local_binary_runs_the_real_bootstrap_and_leaves_nothing_behind() {
    let bootstrap = built("bootstrap");
    let arguments = ["--memory", "--bootstrap", bootstrap.to_str().unwrap()];
    for signal in ["-TERM", "-KILL"] {
        let local = Local::start(&arguments, Some(&Setup::with_people().seed)).await;
        let owner = Caller::at(&local.url).basic("owner", &secret_of("owner"));
        let set = [("key", "k"), ("value", "v")];
        owner.post("/settings/set_default", &set).await.ok();
        let got = owner.post("/settings/get_default", &[("key", "k")]).await;
        assert_eq!(got.ok()["result"], "v");
        let document = format!("{}/openapi.json", local.url);
        assert_eq!(reqwest::get(document).await.unwrap().status(), 200);
        let processes = children(local.id());
        assert_eq!(processes.len(), 3, "one for each function");
        match signal {
            "-TERM" => drop(local.stop().await),
            _ => drop(local.kill().await),
        }
        for pid in processes {
            until(|| state(&pid).is_none_or(|state| state == 'Z')).await;
        }
    }
}

#[tokio::test]
async fn a_bootstrap_that_is_no_file_is_said_in_one_sentence() {
    let folder = tempfile::TempDir::new().unwrap();
    for (program, why) in [("nowhere", "No such file"), (".", "it is no file")] {
        let arguments = [
            "--memory",
            "--listen",
            "127.0.0.1:0",
            "--bootstrap",
            program,
        ];
        let output = Local::command(&folder, &arguments).output().await.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let wanted = format!("cannot run functions with the file of --bootstrap, {program}: {why}");
        assert!(said.contains(&wanted), "{said}");
    }
}

/// The letter of a process's state: `T` for a frozen one, `Z` for one that has ended.
fn state(pid: &str) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after) = stat.rsplit_once(") ")?;
    after.chars().next()
}

/// The processes that a process has started.
fn children(pid: u32) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let id = entry.file_name().into_string().unwrap();
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        let parent = stat
            .rsplit_once(") ")
            .and_then(|(_, after)| after.split(' ').nth(1));
        if parent == Some(&pid.to_string()) {
            found.push(id);
        }
    }
    found
}

fn kill(signal: &str, pid: &str) {
    let killed = std::process::Command::new("kill")
        .args([signal, pid])
        .status();
    assert!(killed.unwrap().success());
}

async fn until(is_so: impl Fn() -> bool) {
    let wait = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .expect("it did not happen");
}
