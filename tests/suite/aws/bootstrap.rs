//! The smoke part through the real bootstrap: each operation in its own process, as on Lambda.

mod administration;
mod kms;
mod provisioning;
mod telemetry;

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign_tests::runtime_api::{Cloud, DynamoDb, Environment, Event, Function};
use countersign_tests::{APPLICATION, Setup, secret_of};
use functions::OPERATIONS;
use serde_json::{Value, json};

fn owner(path: &str, arguments: &[(&str, &str)]) -> Event {
    Event::post(path, arguments).by("owner")
}

async fn list(cloud: &Cloud) -> BTreeMap<String, Value> {
    let reply = cloud.call(&owner("/clients/list", &[])).await.ok();
    let clients = reply["results"].as_array().unwrap().iter();
    clients
        .map(|client| {
            (
                client["client_id"].as_str().unwrap().to_owned(),
                client.clone(),
            )
        })
        .collect()
}

#[tokio::test]
async fn every_operation_works_in_a_process_of_its_own() {
    let mut seed = Setup::with_people().seed;
    // Two more who have not used up the codes that can be used just now.
    let people = &mut seed["applications"][0]["administrators"];
    people[3]["privileges"] = json!(["manage_users"]);
    people[2]["privileges"] = json!(["manage_users", "manage_modules"]);
    seed["applications"][0]["clients"][0]["modules"] = json!({"payments": {}});
    let cloud = Cloud::on(DynamoDb::start().await, &seed).await;
    let features = ("features", r#"["owner"]"#);
    let added = cloud
        .call(&owner(
            "/clients/add",
            &[("description", "made here"), features],
        ))
        .await
        .ok();
    let (id, secret) = (
        added["client_id"].as_str().unwrap(),
        added["client_secret"].as_str().unwrap(),
    );
    let client = ("for_client_id", id);
    assert_eq!(
        list(&cloud).await[id]["client_secret"],
        secret,
        "sealed in one process, opened in another"
    );

    let renamed = owner(
        "/clients/set_description",
        &[client, ("description", "renamed")],
    );
    assert_eq!(cloud.call(&renamed).await.body, r#"{"stat":"ok"}"#);
    cloud
        .call(&owner(
            "/clients/set_features",
            &[client, ("features", r#"["owner","login_client"]"#)],
        ))
        .await
        .ok();
    cloud
        .call(&owner(
            "/clients/set_whitelist",
            &[client, ("whitelist", r#"["127.0.0.0/8"]"#)],
        ))
        .await
        .ok();
    let listed = &list(&cloud).await[id];
    assert_eq!(listed["description"], "renamed");
    assert_eq!(listed["features"], json!(["login_client", "owner"]));
    assert_eq!(listed["whitelist"], json!(["127.0.0.0/8"]));
    cloud
        .call(&owner("/clients/clear_whitelist", &[client]))
        .await
        .ok();
    assert_eq!(list(&cloud).await[id]["whitelist"], json!(["0.0.0.0/0"]));

    let reset = owner("/clients/reset_secret", &[client, ("hours_to_live", "1")]);
    let reset = cloud.call(&reset).await.ok();
    let new_secret = reset["new_secret"].as_str().unwrap();
    assert_ne!(secret, new_secret);
    let asking = Event::get("/settings/get_default", &[("key", "minimum_age")]);
    for secret in [secret, new_secret] {
        let reply = cloud.call(&asking.clone().basic(id, secret)).await;
        assert_eq!(reply.body, r#"{"result":"13","stat":"ok"}"#);
    }

    cloud
        .call(&owner(
            "/clients/set_features",
            &[client, ("features", "[]")],
        ))
        .await
        .ok();
    cloud
        .call(&owner("/clients/delete", &[("client_id_for_deletion", id)]))
        .await
        .ok();
    assert!(!list(&cloud).await.contains_key(id));
    let dead = cloud.call(&asking.basic(id, new_secret)).await;
    dead.error(402, "invalid_client_credentials");

    let document = cloud.call(&Event::get("/openapi.json", &[])).await;
    assert_eq!(
        (document.status, document.json()),
        (200, functions::openapi_document())
    );

    settings(&cloud).await;
    tokens(&cloud).await;
    administration::tour(&cloud).await;
    let called: BTreeSet<_> = cloud.started().await.into_iter().collect();
    let all = OPERATIONS
        .iter()
        .map(|endpoint| endpoint.id.to_owned())
        .collect();
    assert_eq!(called, all, "an operation is not called here yet");
}

/// Follows an access token from beginning to end, with a new process for each step.
async fn tokens(cloud: &Cloud) {
    let given = [("grant_type", "client_credentials")];
    let issued = cloud.call(&owner("/oauth2/token", &given)).await.fine();
    assert_eq!(issued["scope"], "payments");
    let token = issued["access_token"].as_str().unwrap();
    let host = "https://api1234567.execute-api.us-east-1.amazonaws.com";
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap());
    let header: Value = serde_json::from_slice(&header.unwrap()).unwrap();
    let keys = cloud.call(&Event::get("/.well-known/jwks.json", &[])).await;
    let keys = keys.json()["keys"].as_array().unwrap().clone();
    assert!(keys.iter().any(|key| key["kid"] == header["kid"]));
    let path = "/.well-known/oauth-authorization-server";
    let metadata = cloud.call(&Event::get(path, &[])).await.json();
    assert_eq!(metadata["issuer"], host);

    let presented = [("token", token)];
    let introspect = owner("/oauth2/introspect", &presented);
    let told = cloud.call(&introspect).await.fine();
    assert_eq!(
        (&told["active"], &told["iss"]),
        (&json!(true), &json!(host))
    );
    let revoke = owner("/oauth2/revoke", &presented);
    cloud.call(&revoke).await.fine();
    let told = cloud.call(&introspect).await;
    assert_eq!(told.body, r#"{"active":false}"#);
}

/// A path, arguments, and the `result` that they lead to.
type Expected<'a> = (&'a str, &'a [(&'a str, &'a str)], Value);

/// Every operation of settings and published settings, each with what the others left.
async fn settings(cloud: &Cloud) {
    let client = ("for_client_id", "login_client");
    let calls: &[Expected<'_>] = &[
        (
            "/settings/set_default",
            &[("key", "a"), ("value", "1")],
            json!(false),
        ),
        (
            "/settings/set_default_multi",
            &[("items", r#"{"b":"2"}"#)],
            json!({"b": false}),
        ),
        ("/settings/delete_default", &[("key", "b")], json!(true)),
        (
            "/settings/set",
            &[client, ("key", "a"), ("value", "3")],
            json!(false),
        ),
        (
            "/settings/set_multi",
            &[
                client,
                ("items", r#"{"c":"4","jump_publish_settings":"a"}"#),
            ],
            json!({"c": false, "jump_publish_settings": false}),
        ),
        ("/settings/get", &[client, ("key", "a")], json!("3")),
        (
            "/settings/get_multi",
            &[client, ("keys", r#"["c","d"]"#)],
            json!({"c": "4", "d": null}),
        ),
        ("/settings/delete", &[client, ("key", "c")], json!(true)),
        (
            "/settings/restore",
            &[client, ("version", "2")],
            json!({"version": 4, "changed": 1}),
        ),
        (
            "/settings/delete_multi",
            &[client, ("keys", r#"["c"]"#)],
            json!({"c": true}),
        ),
        (
            "/settings/items",
            &[client],
            json!({"a": "3", "größe": "1.5", "jump_publish_settings": "a", "minimum_age": "13"}),
        ),
        (
            "/settings/keys",
            &[client],
            json!(["a", "größe", "jump_publish_settings", "minimum_age"]),
        ),
    ];
    for (path, arguments, result) in calls {
        assert_eq!(
            cloud.call(&owner(path, arguments)).await.ok()["result"],
            *result,
            "{path}"
        );
    }
    let dump = cloud.call(&owner("/settings/get_all", &[])).await.ok();
    assert_eq!(dump["client_settings"]["login_client"]["a"], "3");
    let explained = cloud
        .call(&owner("/settings/explain", &[client]))
        .await
        .ok();
    assert_eq!(explained["result"]["a"]["layer"], "client");
    let history = cloud
        .call(&owner("/settings/history", &[client]))
        .await
        .ok();
    assert_eq!(history["result"].as_array().unwrap().len(), 5);

    let published = cloud
        .call(&owner("/settings/widget/publish", &[client]))
        .await
        .ok();
    let version = published["results"]["janrain_settings_version"]
        .as_str()
        .unwrap();
    let got = cloud
        .call(&owner("/settings/widget/get", &[client]))
        .await
        .ok();
    assert_eq!(
        got["results"],
        json!({"janrain_settings_version": version, "a": "3"})
    );
    let files = cloud.call(&owner("/settings/widget/list", &[])).await.ok();
    for file in files["results"].as_array().unwrap() {
        let file = cloud.call(&Event::get(file.as_str().unwrap(), &[])).await;
        assert_eq!(file.status, 200);
        assert!(file.body.contains(version), "{}", file.body);
    }
    cloud
        .call(&owner(
            "/settings/widget/delete",
            &[client, ("commit", "true")],
        ))
        .await
        .ok();
    let path = format!("/widget_data/settings/{APPLICATION}/login_client.json");
    assert_eq!(cloud.call(&Event::get(&path, &[])).await.status, 404);
}

#[tokio::test]
async fn arguments_come_in_the_query_in_text_and_in_base64() {
    let cloud = Cloud::start().await;
    let arguments = [("key", "größe")];
    let path = "/settings/get_default";
    let get = Event::get(path, &arguments);
    let base64 = Event::post(path, &arguments);
    assert_eq!(base64.json()["isBase64Encoded"], true);
    let text = base64.clone().text("key=gr%C3%B6%C3%9Fe");
    for event in [get, base64, text] {
        let reply = cloud.call(&event.by("login_client")).await;
        assert_eq!(reply.body, r#"{"result":"1.5","stat":"ok"}"#);
    }
}

#[tokio::test]
async fn errors_are_answers() {
    let cloud = Cloud::start().await;
    let path = "/settings/get_default";
    let wrong = Event::get(path, &[("key", "minimum_age")]).basic("owner", &secret_of("foreigner"));
    cloud
        .call(&wrong)
        .await
        .error(402, "invalid_client_credentials");
    let stranger = Event::get(path, &[("key", "minimum_age")]);
    cloud
        .call(&stranger)
        .await
        .error(402, "invalid_client_credentials");
    let nothing = Event::get(path, &[]).by("owner");
    let words = cloud.call(&nothing).await.error(100, "missing_argument");
    assert_eq!(words, "missing required argument: key");
    let lesser = Event::post("/clients/list", &[]).by("login_client");
    cloud
        .call(&lesser)
        .await
        .error(403, "client_permission_error");
    let features = owner(
        "/clients/set_features",
        &[("for_client_id", "login_client"), ("features", "[")],
    );
    cloud.call(&features).await.invalid("features");
}

#[tokio::test]
async fn the_address_is_the_gateways_and_no_headers() {
    let cloud = Cloud::start().await;
    let whitelist = [
        ("for_client_id", "direct_access"),
        ("whitelist", r#"["198.51.100.0/24"]"#),
    ];
    cloud
        .call(&owner("/clients/set_whitelist", &whitelist))
        .await
        .ok();
    let event = Event::get("/settings/get_default", &[("key", "minimum_age")]).by("direct_access");
    let forged = event
        .clone()
        .from("203.0.113.9")
        .header("x-forwarded-for", "198.51.100.7");
    let forged = forged
        .header("forwarded", "for=198.51.100.7")
        .header("x-real-ip", "198.51.100.7");
    cloud
        .call(&forged)
        .await
        .error(403, "client_permission_error");
    let true_one = event
        .clone()
        .from("198.51.100.7")
        .header("x-forwarded-for", "203.0.113.9");
    cloud.call(&true_one).await.ok();
    for no_address in ["", "198.51.100", "198.51.100.7, 203.0.113.9"] {
        cloud
            .call(&event.clone().from(no_address))
            .await
            .error(403, "client_permission_error");
    }
}

#[tokio::test]
async fn what_is_no_event_does_not_end_the_process() {
    let cloud = Cloud::start().await;
    let function = cloud.function("settings.get_default").await;
    let sound = Event::get("/settings/get_default", &[("key", "minimum_age")]).by("owner");
    let secret = STANDARD.encode(format!("owner:{}", secret_of("owner")));
    let mut body_of_no_base64 = owner("/settings/get_default", &[("key", "minimum_age")]).json();
    body_of_no_base64["body"] = "no base64!".into();
    let mut without_context = sound.json();
    without_context
        .as_object_mut()
        .unwrap()
        .remove("requestContext");
    let strange_host = sound.clone().header("host", "no host {}").json();
    for spoilt in [
        json!({}),
        json!([1, "two"]),
        json!("text"),
        body_of_no_base64,
        without_context,
        strange_host,
    ] {
        let error = function.invoke(&spoilt).await.unwrap_err().to_string();
        assert!(error.contains("errorMessage"), "{error}");
        assert!(!error.contains(&secret), "{error}");
        function.call(&sound).await.ok();
    }
    function
        .invoke_raw(r#"{"version":"2.0","#)
        .await
        .unwrap_err();
    function.call(&sound).await.ok();
    assert!(!function.log().contains(&secret), "{}", function.log());
}

#[tokio::test]
async fn log_lines_are_json_and_tell_no_secrets() {
    let cloud = Cloud::start().await;
    let function = cloud.function("clients.add").await;
    let arguments = [
        ("description", "a.most.private.name"),
        ("unknown", "another.private.thing"),
    ];
    let added = function.call(&owner("/clients/add", &arguments)).await;
    let secret = added.ok()["client_secret"].as_str().unwrap().to_owned();
    let in_query = Event::get(
        "/clients/add",
        &[("client_id", "owner"), ("client_secret", &secret)],
    );
    let refused = function.call(&in_query).await;
    refused.error(402, "invalid_client_credentials");
    let log = function.log();
    let lines = function.lines();
    for (reply, method, code) in [(&added, "POST", 0), (&refused, "GET", 402)] {
        let id = reply.header("x-request-id");
        let mut of_request = lines.iter().filter(|line| line.to_string().contains(id));
        let line = of_request
            .next()
            .unwrap_or_else(|| panic!("{id} is not in {log}"));
        assert!(of_request.next().is_none(), "one line a request: {log}");
        assert_eq!(line["span"]["request_id"], id, "{line}");
        assert_eq!(line["path"], "/clients/add", "{line}");
        assert_eq!(line["method"], method, "{line}");
        assert_eq!(
            (&line["status"], &line["code"]),
            (&json!(200), &json!(code)),
            "{line}"
        );
        assert!(line["milliseconds"].as_f64().unwrap() > 0.0, "{line}");
    }
    let basic = STANDARD.encode(format!("owner:{}", secret_of("owner")));
    for private in [
        "private",
        &secret,
        &secret_of("owner"),
        &basic,
        "client_secret",
        "authorization",
    ] {
        assert!(!log.contains(private), "{private} is in {log}");
    }
}

/// Returns the output of a function that ends without asking for an event.
async fn last_words(environment: &Environment, cloud: &Cloud) -> String {
    let function: Function = cloud.spawn_with(environment).await;
    let status = function.ended().await;
    assert!(!status.success(), "{status}: {}", function.log());
    function.log()
}

#[tokio::test]
async fn a_handler_that_is_no_operation_is_told_all_that_are() {
    let cloud = Cloud::start().await;
    for handler in ["clients.lst", "", "bootstrap"] {
        let words = last_words(&cloud.environment(handler), &cloud).await;
        assert!(words.contains(handler), "{words}");
        assert!(words.contains(functions::PROVISION.id), "{words}");
        for endpoint in OPERATIONS {
            assert!(words.contains(endpoint.id), "{words}");
        }
    }
}

#[tokio::test]
async fn a_variable_that_is_missing_is_named() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("clients.list");
    for name in [
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "COUNTERSIGN_KEY_FILE",
    ] {
        for environment in [
            environment.clone().without(name),
            environment.clone().with(name, ""),
        ] {
            let words = last_words(&environment, &cloud).await;
            assert!(words.contains(name), "{words}");
            let line: Value = serde_json::from_str(words.trim()).expect(&words);
            assert_eq!(line["level"], "ERROR");
        }
    }
}
