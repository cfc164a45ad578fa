//! Provisioning as it is invoked: through Lambda's Runtime API, on a deployment with nothing in it.

use countersign_tests::runtime_api::{Cloud, DynamoDb, Event, Function, Kms, Trouble};
use countersign_tests::{Authenticator, PASSWORD};
use serde_json::{Value, json};

use super::administration::code;

/// The URL of the links.
const URL: &str = "https://keys.example.com";

async fn empty() -> Cloud {
    let nothing = json!({"applications": []});
    Cloud::under(Kms::stand_in().await, DynamoDb::start().await, &nothing).await
}

async fn provision(cloud: &Cloud) -> Function {
    let environment = cloud.environment("provision");
    cloud
        .spawn_with(&environment.with("COUNTERSIGN_PUBLIC_URL", URL))
        .await
}

fn acme() -> Value {
    json!({
        "application": {"name": "Acme", "modules": ["payments"]},
        "administrator": {"email": "ada@example.com", "name": "Ada"}
    })
}

/// The path of the one link in a reply.
fn invitation(reply: &Value) -> &str {
    let [invited] = reply["invitations"].as_array().unwrap().as_slice() else {
        panic!("there is one invitation");
    };
    assert_eq!(invited["email"], "ada@example.com");
    assert!(invited["expires_at"].as_str().unwrap().ends_with('Z'));
    let link = invited["link"].as_str().unwrap();
    link.strip_prefix(URL).expect(link)
}

/// Takes up an invitation and signs in; what the session says of itself.
async fn sign_in(cloud: &Cloud, invitation: &str) -> Value {
    let setup = cloud.call(&Event::get(invitation, &[])).await.fine();
    let authenticator = Authenticator::with(setup["totp"]["secret"].as_str().unwrap());
    let chosen = json!({"password": PASSWORD, "code": code(&authenticator, -1)});
    let taken = Event::json_body("POST", invitation, &chosen);
    assert!(cloud.call(&taken).await.status < 300);
    let body = json!({
        "email": "ada@example.com", "password": PASSWORD, "code": code(&authenticator, 0)
    });
    let session = Event::json_body("POST", "/admin/sessions", &body);
    cloud.call(&session).await.created()
}

async fn events(cloud: &Cloud, session: &Value) -> Vec<Value> {
    let bearer = format!("Bearer {}", session["token"].as_str().unwrap());
    let query = [("action", "provision")];
    let audit = Event::get("/admin/audit", &query).header("authorization", &bearer);
    let events = cloud.call(&audit).await.fine();
    events["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_first_application_leads_to_a_session_and_to_calls_of_its_owner() {
    let cloud = empty().await;
    let function = provision(&cloud).await;
    let made = function.invoke(&acme()).await.unwrap();
    for (what, count) in [
        ("applications", 1),
        ("clients", 1),
        ("administrators", 1),
        ("kept", 0),
    ] {
        assert_eq!(made[what], count, "{made}");
    }
    let (id, secret) = (
        made["client_id"].as_str().unwrap(),
        made["client_secret"].as_str().unwrap(),
    );
    let list = Event::post("/clients/list", &[]).basic(id, secret);
    let listed = cloud.call(&list).await.ok();
    assert_eq!(listed["results"].as_array().unwrap().len(), 1);
    assert_eq!(listed["results"][0]["client_secret"], secret);

    let session = sign_in(&cloud, invitation(&made)).await;
    let mut privileges = session["administrator"]["privileges"].clone();
    privileges
        .as_array_mut()
        .unwrap()
        .sort_by_key(Value::to_string);
    assert_eq!(privileges, json!(["manage_modules", "manage_users"]));
    let events = events(&cloud, &session).await;
    let mut objects: Vec<_> = events
        .iter()
        .map(|event| &event["object"]["kind"])
        .collect();
    objects.sort_by_key(ToString::to_string);
    assert_eq!(objects, ["administrator", "api_client", "application"]);
    for event in &events {
        let actor = json!({"kind": "system", "id": null, "name": "provisioning"});
        assert_eq!(event["actor"], actor);
        let request = event["request_id"].as_str().unwrap();
        assert!(request.starts_with("8476a536-e9f4-11e8-9739-"), "{request}");
        assert!(function.log().contains(request), "{}", function.log());
    }
    let log = function.log();
    let link = invitation(&made).rsplit('/').next().unwrap();
    assert!(!log.contains(secret) && !log.contains(link), "{log}");
    assert!(!log.contains("ada@example.com") && !cloud.kms().is_in(&log));
}

#[tokio::test]
async fn the_same_call_again_changes_nothing_and_tells_no_secret() {
    let cloud = empty().await;
    let function = provision(&cloud).await;
    let made = function.invoke(&acme()).await.unwrap();
    let application = &made["application_id"];
    let mut named = acme();
    named["application"]["application_id"] = application.clone();
    named["administrator"]["email"] = "eve@example.com".into();
    for again in [acme(), named] {
        let kept = function.invoke(&again).await.unwrap();
        let nothing = json!({
            "applications": 0, "clients": 0, "administrators": 0, "kept": 1,
            "application_id": application, "invitations": []
        });
        assert_eq!(kept, nothing);
    }
    // The first link is still the one.
    let session = sign_in(&cloud, invitation(&made)).await;
    assert_eq!(events(&cloud, &session).await.len(), 3);

    let mut other = acme();
    other["application"]["name"] = "Acme Europe".into();
    let other = function.invoke(&other).await.unwrap();
    assert_ne!(other["application_id"], *application);
    assert_ne!(other["client_secret"], made["client_secret"]);
}

#[tokio::test]
async fn a_company_moves_its_clients_secrets_and_settings_in_one_call() {
    let cloud = empty().await;
    let function = provision(&cloud).await;
    let seed = json!({"applications": [{
        "application_id": "moved", "name": "Moved", "settings": {"minimum_age": "13"},
        "clients": [
            {"client_id": "shop", "client_secret": "chosen long ago", "description": "shop",
             "features": ["login_client"], "settings": {"colour": "red"}},
            {"client_id": "office", "client_secret": "also chosen", "description": "office",
             "features": ["owner"]}
        ],
        "administrators": [
            {"email": "ada@example.com", "privileges": ["manage_users", "manage_modules"]},
            {"email": "ben@example.com", "password": "a password from elsewhere",
             "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "privileges": ["manage_users"]}
        ]
    }]});
    let moved = function.invoke(&seed).await.unwrap();
    assert_eq!(
        (
            &moved["applications"],
            &moved["clients"],
            &moved["administrators"],
            &moved["kept"]
        ),
        (&json!(1), &json!(2), &json!(2), &json!(0))
    );
    assert!(moved.get("client_secret").is_none(), "{moved}");
    let colour = Event::post("/settings/get_default", &[("key", "minimum_age")]);
    let colour = colour.basic("shop", "chosen long ago");
    assert_eq!(cloud.call(&colour).await.ok()["result"], "13");
    let office = Event::post(
        "/settings/get",
        &[("for_client_id", "shop"), ("key", "colour")],
    );
    let office = office.basic("office", "also chosen");
    assert_eq!(cloud.call(&office).await.ok()["result"], "red");
    sign_in(&cloud, invitation(&moved)).await;

    let again = function.invoke(&seed).await.unwrap();
    let nothing = json!({
        "applications": 0, "clients": 0, "administrators": 0, "kept": 5, "invitations": []
    });
    assert_eq!(again, nothing);
    let log = function.log();
    for secret in [
        "chosen long ago",
        "also chosen",
        "a password from elsewhere",
        "JBSWY3DPEHPK3PXP",
        "cin_",
    ] {
        assert!(!log.contains(secret), "{log}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_whole_with_its_place_and_no_value() {
    let cloud = empty().await;
    let function = provision(&cloud).await;
    let client = |client: Value| {
        json!({"applications": [
            {"application_id": "a", "name": "A", "clients": [
                {"client_id": "fine", "client_secret": "s3cret-1", "description": "fine"}, client
            ]}
        ]})
    };
    let mut strange = acme();
    strange["seed"] = "s3cret-2".into();
    let wrong = [
        (json!({}), "missing field `applications`"),
        (json!("s3cret-3"), "invalid type"),
        (
            json!({"application": {"name": "A"}}),
            "missing field `administrator`",
        ),
        (
            json!({"application": {"name": "A"}, "administrator": {"email": "s3cret-4"}}),
            "administrator.email",
        ),
        (strange, "unknown field `seed`"),
        (
            client(json!({"client_secret": "s3cret-5"})),
            "applications[0].clients[1]",
        ),
        (
            client(json!({"description": "d", "client_secret": ["s3cret-6"]})),
            "applications[0].clients[1].client_secret",
        ),
        (
            client(json!({"description": "d", "features": ["s3cret-7"]})),
            "applications[0].clients[1].features",
        ),
        (
            client(json!({"description": "d", "whitelist": ["s3cret-8"]})),
            "applications[0].clients[1].whitelist",
        ),
        (
            client(json!({"description": "FINE"})),
            "applications[0].clients[1].description",
        ),
    ];
    for (event, place) in wrong {
        let error = function.invoke(&event).await.unwrap_err();
        assert_eq!(error["errorType"], "InvalidEvent", "{error}");
        let words = error["errorMessage"].as_str().unwrap();
        assert!(words.contains(place), "{place} is not in {words}");
        assert!(!words.contains("s3cret"), "{words}");
    }
    for raw in ["", "s3cret-9", r#"{"application":{"name":"s3cret-10""#] {
        function.invoke_raw(raw).await.unwrap_err();
    }
    let log = function.log();
    assert!(!log.contains("s3cret"), "{log}");
    // Nothing of it is there, and the function goes on.
    let fine = client(json!({"description": "d"}));
    let planted = function.invoke(&fine).await.unwrap();
    assert_eq!(
        (&planted["clients"], &planted["kept"]),
        (&json!(2), &json!(0))
    );
}

#[tokio::test]
async fn what_is_taken_is_said_before_anything_is_written() {
    let cloud = empty().await;
    let function = provision(&cloud).await;
    let one = |application: &str, client: &str| {
        json!({
            "application_id": application, "name": "N",
            "clients": [{"client_id": client, "description": "d"}]
        })
    };
    let first = json!({"applications": [one("first", "taken")]});
    function.invoke(&first).await.unwrap();
    let second = json!({"applications": [one("other", "free"), one("second", "taken")]});
    let error = function.invoke(&second).await.unwrap_err();
    assert_eq!(error["errorType"], "InvalidEvent");
    let words = error["errorMessage"].as_str().unwrap();
    assert!(
        words.starts_with("at applications[1]: client \"d\""),
        "{words}"
    );
    let third = json!({"applications": [one("other", "free")]});
    let planted = function.invoke(&third).await.unwrap();
    assert_eq!(planted["kept"], 0, "nothing was there: {planted}");

    let mut audience = acme();
    audience["application"]["audiences"] = json!(["first"]);
    let error = function.invoke(&audience).await.unwrap_err();
    let words = error["errorMessage"].as_str().unwrap();
    assert!(words.contains("belongs to another application"), "{words}");
    function.invoke(&acme()).await.unwrap();
}

#[tokio::test]
async fn while_kms_refuses_nothing_is_founded_and_afterwards_the_same_call_works() {
    let cloud = empty().await;
    let function = provision(&cloud).await;
    let kms = cloud.kms();
    for (trouble, kind) in [
        (Trouble::Refuses("AccessDeniedException"), "Unexpected"),
        (Trouble::Throttles(usize::MAX), "Busy"),
    ] {
        kms.gets_into(trouble);
        let error = function.invoke(&acme()).await.unwrap_err();
        assert_eq!(error["errorType"], kind, "{error}");
        let words = error["errorMessage"].as_str().unwrap();
        assert!(words.starts_with("at application: "), "{words}");
        assert!(!words.contains("KMS refuses"), "{words}");
    }
    let log = function.log();
    for told in ["KMS refuses GenerateDataKey", "AccessDeniedException"] {
        assert!(log.contains(told), "{log}");
    }
    assert!(!log.contains("indiscreet"), "{log}");
    kms.recovers();
    let made = function.invoke(&acme()).await.unwrap();
    assert_eq!(made["applications"], 1);
}
