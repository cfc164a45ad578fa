//! Secrecy: no secret and no input of a caller appears in tables, logs or errors where it does not
//! belong.

mod administration;

use countersign_tests::binary::Local;
use countersign_tests::{APPLICATION, App, Caller, Setup, secret_of};
use serde_json::json;

#[tokio::test]
async fn no_table_holds_a_secret_in_the_clear() {
    let mut setup = Setup::default();
    setup.seed["applications"][0]["clients"][5]["client_secret"] = json!("a person chose this");
    let app = App::with(setup).await;
    let created = app
        .owner()
        .post("/clients/add", &[("description", "new")])
        .await
        .ok();
    let id = created["client_id"].as_str().unwrap();
    let reset = app
        .owner()
        .post(
            "/clients/reset_secret",
            &[("for_client_id", id), ("hours_to_live", "5")],
        )
        .await
        .ok();
    let secrets = [
        secret_of("owner"),
        "a person chose this".to_owned(),
        created["client_secret"].as_str().unwrap().to_owned(),
        reset["new_secret"].as_str().unwrap().to_owned(),
    ];
    let mut items = 0;
    for table in ["clients", "settings", "audit"] {
        for item in app.dump(table).await {
            items += 1;
            let text = item.to_string();
            for secret in &secrets {
                assert!(!text.contains(secret), "a secret stands in {table}");
            }
        }
    }
    assert!(items > 20, "{items} items: the dump is not whole");
}

#[tokio::test]
async fn the_log_has_the_line_of_each_request_and_nothing_that_was_sent() {
    let seed = Setup::default().seed;
    let local = Local::start(&["--memory", "--log", "json"], Some(&seed)).await;
    let owner = Caller::at(&local.url).basic("owner", &secret_of("owner"));
    let created = owner
        .post("/clients/add", &[("description", "TELLTALE-description")])
        .await
        .ok();
    let refused = owner
        .get(
            "/clients/set_features",
            &[("features", "TELLTALE-features")],
        )
        .await;
    refused.invalid("features");
    let wrong = Caller::at(&local.url).basic("TELLTALE-id", "TELLTALE-secret");
    wrong
        .get("/clients/list", &[("client_secret", "TELLTALE-other")])
        .await
        .error(201, "duplicate_argument");
    wrong
        .post("/clients/list", &[])
        .await
        .error(402, "invalid_client_credentials");
    owner
        .get("/no/such/path", &[("client_secret", "TELLTALE-query")])
        .await;
    let agent = [("user-agent", "TELLTALE-agent")];
    owner
        .send(
            reqwest::Method::POST,
            "/clients/list",
            &agent,
            "TELLTALE=%zz".into(),
        )
        .await;
    let log = local.stop().await;

    for telltale in [
        "TELLTALE",
        &secret_of("owner"),
        created["client_secret"].as_str().unwrap(),
    ] {
        assert!(
            !log.contains(telltale),
            "the log holds what was sent:\n{log}"
        );
    }
    let line = log
        .lines()
        .find(|line| line.contains(refused.header("x-request-id")))
        .expect("a line of the request");
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        (&line["method"], &line["path"]),
        (&json!("GET"), &json!("/clients/set_features"))
    );
    assert_eq!((&line["status"], &line["code"]), (&json!(200), &json!(200)));
    assert!(line["milliseconds"].is_number(), "{line}");
    let span = &line["span"];
    assert_eq!(
        (&span["operation"], &span["application"]),
        (&json!("clients.set_features"), &json!(APPLICATION))
    );
    assert!(!log.contains("_aws"), "metrics are for Lambda: {log}");
}
