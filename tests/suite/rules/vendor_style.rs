//! A shell script in the style of the vendor's documentation runs as it is.

use countersign_tests::derived::repository;
use countersign_tests::{App, secret_of};
use functions::OPERATIONS;
use tokio::process::Command;

const SCRIPT: &str = "tests/vendor-style.sh";
/// Operations of the machine API that the vendor did not have.
const OURS: [&str; 3] = [
    "/settings/explain",
    "/settings/history",
    "/settings/restore",
];

/// Runs it; gives what it says, or why it failed.
async fn run(url: &str, secret: &str) -> Result<String, String> {
    let output = Command::new("sh")
        .arg(repository(SCRIPT))
        .env("COUNTERSIGN_URL", url)
        .env("COUNTERSIGN_CLIENT_ID", "owner")
        .env("COUNTERSIGN_CLIENT_SECRET", secret)
        .output()
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_for_the_vendor_s_cloud_runs_against_another_host_name() {
    let app = App::start().await;
    let before = app.dump("clients").await.len();
    // Twice: it leaves nothing behind that is in its own way.
    for _ in 0..2 {
        let said = run(app.url(), &secret_of("owner")).await.unwrap();
        let calls: u32 = said.split(' ').next().unwrap().parse().unwrap();
        assert!(calls >= 30, "{said}");
    }
    assert_eq!(app.dump("clients").await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_at_the_first_reply_that_is_not_as_it_should_be_and_says_which() {
    let app = App::start().await;
    let said = run(app.url(), "wrong").await.unwrap_err();
    assert!(said.contains("/settings/"), "{said}");
    assert!(said.contains("invalid_client_credentials"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    let nobody = run("http://127.0.0.1:1", "wrong").await.unwrap_err();
    assert!(nobody.contains("/settings/"), "{nobody}");
}

#[test]
fn it_calls_every_operation_that_the_vendor_had() {
    let script = std::fs::read_to_string(repository(SCRIPT)).unwrap();
    let machine = OPERATIONS.iter().map(|operation| operation.route);
    let machine = machine.filter(|route| route.envelope == shared::Envelope::Machine);
    let wanted: Vec<_> = machine
        .map(|route| route.path)
        .filter(|path| !OURS.contains(path))
        .collect();
    assert_eq!(wanted.len(), 23 + 2);
    for path in wanted {
        let called = ["ok", "gives", "refused 200", "refused 402", "refused 403"];
        let is_called = called
            .iter()
            .any(|way| script.contains(&format!("\n{way} {path} ")));
        let alone = script.contains(&format!("\nok {path}\n"));
        assert!(is_called || alone, "{path} is not called");
    }
}
