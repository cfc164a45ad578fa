//! The bootstrap with data keys that KMS wraps, as a deployment on AWS has them.

use std::time::Duration;

use countersign_tests::call_hooks::KeyFault;
use countersign_tests::runtime_api::{Cloud, DynamoDb, Event, Function, Kms, Trouble};
use countersign_tests::{APPLICATION, Authenticator, Setup};
use serde_json::json;
use shared::{ApplicationId, ENCRYPTION_CONTEXT, Error, KeyWrapper};

use super::administration::{Person, code};
use super::{list, owner};
use crate::aws::measures::key_faults::assert_fault;

/// A deployment under this KMS, with people in it, and clients that may ask for tokens.
async fn on(kms: Kms) -> Cloud {
    let mut seed = Setup::with_people().seed;
    let application = &mut seed["applications"][0];
    application["modules"] = json!(["payments"]);
    application["clients"][0]["modules"] = json!({"payments": {}});
    Cloud::under(kms, DynamoDb::start().await, &seed).await
}

const TOKEN: [(&str, &str); 1] = [("grant_type", "client_credentials")];

fn add(description: &str) -> Event {
    owner("/clients/add", &[("description", description)])
}

#[tokio::test]
async fn what_one_function_seals_another_opens_under_kms() {
    let cloud = on(Kms::start().await).await;
    let added = cloud.call(&add("made under KMS")).await.ok();
    let id = added["client_id"].as_str().unwrap();
    let listed = list(&cloud).await;
    assert_eq!(listed[id]["client_secret"], added["client_secret"]);
    let ada = Person::sign_in(&cloud, "ada").await;
    let reveal = format!("/admin/clients/{id}/secret/reveal");
    let code = json!({"code": code(&Authenticator::of("ada"), 1)});
    let revealed = ada.send("POST", &reveal, &code).await.fine();
    assert_eq!(revealed["client_secret"], added["client_secret"]);
    cloud.call(&owner("/oauth2/token", &TOKEN)).await.fine();
}

#[tokio::test]
async fn a_process_asks_kms_once_and_says_for_whom() {
    let cloud = on(Kms::stand_in().await).await;
    let kms = cloud.kms();
    let made = kms.asked();
    let context = json!({ENCRYPTION_CONTEXT: APPLICATION});
    let made: Vec<_> = made
        .iter()
        .filter(|(action, _)| action == "GenerateDataKey")
        .collect();
    assert_eq!(made.len(), 2, "one for each application");
    assert!(
        made.iter()
            .any(|(_, asked)| asked["EncryptionContext"] == context)
    );
    for _ in 0..3 {
        list(&cloud).await;
    }
    let asked = kms.asked();
    let [(action, asked)] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert_eq!(action, "Decrypt");
    assert_eq!(asked["EncryptionContext"], context);
    assert_eq!(asked["KeyId"], kms.key());
    // What needs no plain text needs no KMS.
    let get = Event::get("/settings/get_default", &[("key", "minimum_age")]);
    cloud.call(&get.by("owner")).await.ok();
    assert!(kms.asked().is_empty());
}

#[tokio::test]
async fn a_data_key_opens_for_its_own_application_only() {
    let kms = Kms::start().await;
    let keys = kms.keys();
    let id = |text: &str| ApplicationId::try_from(text.to_owned()).unwrap();
    let (_, wrapped) = keys.make(&id("one")).await.unwrap();
    keys.unwrap(&id("one"), &wrapped).await.unwrap();
    let Err(Error::Unexpected(cause)) = keys.unwrap(&id("two"), &wrapped).await else {
        panic!("it opens for another application");
    };
    let words = cause.for_the_log();
    assert!(words.contains("InvalidCiphertextException"), "{words}");
}

/// The functions of four operations that need what is sealed, which have opened nothing yet, and what
/// each is asked.
async fn sealed_work(cloud: &Cloud) -> Vec<(Function, Event)> {
    let ada = Person::sign_in(cloud, "ada").await;
    let reveal = "/admin/clients/login_client/secret/reveal";
    let code = json!({"code": code(&Authenticator::of("ada"), 1)});
    let reveal = ada
        .signed(Event::json_body("POST", reveal, &code))
        .on_route("/admin/clients/{client_id}/secret/reveal");
    let mut work = Vec::new();
    for (operation, event) in [
        ("clients.list", owner("/clients/list", &[])),
        ("clients.add", add("not half done")),
        ("oauth2.token", owner("/oauth2/token", &TOKEN)),
        ("admin.clients.reveal_secret", reveal),
    ] {
        work.push((cloud.spawn(operation).await, event));
    }
    work
}

/// Nobody was created, and no secret was revealed.
async fn nothing_was_done(cloud: &Cloud) {
    let clients = list(cloud).await;
    assert!(
        clients
            .values()
            .all(|client| client["description"] != "not half done"),
        "a client was created"
    );
    let ben = Person::sign_in(cloud, "ben").await;
    let query = [("action", "admin.clients.reveal_secret")];
    let events = ben.get("/admin/audit", &query).await.fine();
    assert_eq!(events["items"], json!([]), "a secret was revealed");
}

/// Holds each answer to what such trouble is documented to look like.
async fn fails(work: &[(Function, Event)], by: KeyFault) {
    for (function, event) in work {
        let reply = function.call(event).await;
        assert_fault(event.json()["rawPath"].as_str().unwrap(), &reply, by);
    }
}

fn faults_in(function: &Function) -> Vec<String> {
    let lines = function.lines().into_iter();
    lines
        .filter(|line| line["level"] == "ERROR")
        .map(|line| line.to_string())
        .collect()
}

#[tokio::test]
async fn what_kms_refuses_is_a_fault_that_the_log_names_without_a_word_of_a_key() {
    let cloud = on(Kms::stand_in().await).await;
    let kms = cloud.kms();
    let work = sealed_work(&cloud).await;
    for code in ["AccessDeniedException", "DisabledException"] {
        kms.gets_into(Trouble::Refuses(code));
        fails(&work, KeyFault::Denied).await;
        for (function, _) in &work {
            let faults = faults_in(function).join("\n");
            assert!(faults.contains(code), "{code} is not in {faults}");
            assert!(faults.contains("4f1b6a3e-the-request"), "{faults}");
            let log = function.log();
            assert!(!kms.is_in(&log) && !log.contains("indiscreet"), "{log}");
        }
    }
    kms.recovers();
    nothing_was_done(&cloud).await;
    for (function, event) in &work {
        let status = function.call(event).await.status;
        assert_eq!(status, 200, "it works again: {}", function.log());
        assert!(!kms.is_in(&function.log()), "{}", function.log());
    }
}

#[tokio::test]
async fn throttling_is_waited_for_and_then_said() {
    let cloud = on(Kms::stand_in().await).await;
    let kms = cloud.kms();
    let work = sealed_work(&cloud).await;
    kms.gets_into(Trouble::Throttles(usize::MAX));
    fails(&work, KeyFault::Throttled).await;
    for (function, _) in &work {
        assert!(faults_in(function).is_empty(), "{}", function.log());
    }
    kms.recovers();
    nothing_was_done(&cloud).await;
    for (function, event) in &work {
        kms.gets_into(Trouble::Throttles(1));
        kms.asked();
        let status = function.call(event).await.status;
        assert_eq!(status, 200, "{}", function.log());
        assert_eq!(kms.asked().len(), 2, "asked again");
    }
}

#[tokio::test]
async fn a_kms_that_is_silent_is_given_up_in_time() {
    let cloud = on(Kms::stand_in().await).await;
    let function = cloud.spawn("clients.list").await;
    cloud.kms().gets_into(Trouble::IsSilent);
    let begun = std::time::Instant::now();
    let reply = function.call(&owner("/clients/list", &[])).await;
    reply.error(500, "unexpected_error");
    let taken = begun.elapsed();
    assert!(
        taken < Duration::from_secs(20),
        "Lambda ends it first: {taken:?}"
    );
    let faults = faults_in(&function).join("\n");
    assert!(faults.contains("KMS did not answer Decrypt"), "{faults}");
}

#[tokio::test]
async fn what_wraps_data_keys_is_said_once() {
    let cloud = Cloud::start().await;
    let environment = cloud.environment("clients.list");
    let both = environment.with("COUNTERSIGN_KMS_KEY", "a-key");
    let words = super::last_words(&both, &cloud).await;
    for name in ["COUNTERSIGN_KMS_KEY", "COUNTERSIGN_KEY_FILE", "both"] {
        assert!(words.contains(name), "{words}");
    }
}
