//! Signed requests: what a correct signature is, and whose.

mod last_use;
mod refusals;

use std::time::Duration;

use countersign_tests::machine_api::{DONE, assert_not_authorized};
use countersign_tests::signatures::{Signer, Transport};
use countersign_tests::{App, Caller, Setup, secret_of};
use serde_json::{Value, json};

const GET: &str = "/settings/get_default";
const KEYS: &str = "/settings/keys";
const LIST: &str = "/clients/list";
/// The secret of a client that came in from outside.
const IMPORTED: &str = "s3crét: =";

/// A server with an application that takes signatures, and a foreign one that does not.
async fn app() -> App {
    let mut setup = Setup::default();
    let application = &mut setup.seed["applications"][0];
    application["signatures"] = json!(true);
    let clients = application["clients"].as_array_mut().unwrap();
    let imported = json!({
        "client_id": "imported:1", "client_secret": IMPORTED, "description": "from outside",
        "features": ["owner"]
    });
    let elsewhere = json!({
        "client_id": "elsewhere", "client_secret": secret_of("elsewhere"), "features": ["owner"],
        "description": "calls from elsewhere", "whitelist": ["127.0.0.2"]
    });
    clients.extend([imported, elsewhere]);
    App::with(setup).await
}

fn owner(app: &App) -> Signer {
    Signer::new(app, "owner", &secret_of("owner"))
}

#[tokio::test]
async fn a_signature_is_as_good_as_a_secret_however_the_arguments_travel() {
    let app = app().await;
    for transport in Transport::ALL {
        let signed = owner(&app).request(GET, &[("key", "minimum_age")]);
        let reply = signed.by(transport).send().await;
        assert_eq!(
            reply.body, r#"{"result":"13","stat":"ok"}"#,
            "{transport:?}"
        );
    }
    let with_secret = app.owner().get(GET, &[("key", "minimum_age")]).await;
    assert_eq!(with_secret.body, r#"{"result":"13","stat":"ok"}"#);
}

#[tokio::test]
async fn without_parameters_both_ends_of_the_text_are_understood() {
    let app = app().await;
    for transport in Transport::ALL {
        for end in ["", "\n"] {
            let signed = owner(&app).request(KEYS, &[]).by(transport);
            let text = format!("{KEYS}\n{}\n{end}", signed.date);
            let reply = signed.signing(&text).send().await;
            assert_eq!(reply.ok()["result"], json!(["größe", "minimum_age"]));
        }
    }
}

#[tokio::test]
async fn values_are_signed_raw_and_lines_sorted() {
    let app = app().await;
    let values = [
        "one=1\ntwo=2,three=3",
        "größe 🔑",
        "a+b%20c&d;e",
        "",
        " x ",
        "\r\n\0",
        r#"{"a":"b"}"#,
    ];
    for value in values {
        for transport in Transport::ALL {
            let given = [
                ("value", value),
                ("key", "k=1\n2"),
                ("for_client_id", "owner"),
            ];
            let signed = owner(&app).request("/settings/set", &given);
            signed.by(transport).send().await.ok();
        }
        let reply = app
            .owner()
            .post("/settings/get", &[("key", "k=1\n2")])
            .await;
        assert_eq!(reply.ok()["result"], value);
    }
}

#[tokio::test]
async fn unknown_parameters_are_signed_too_and_sorted_as_lines() {
    let app = app().await;
    let given = [
        ("b", "2"),
        ("key", "größe"),
        ("a-b", "1"),
        ("a", "3"),
        ("B", ""),
        ("ö", "ö"),
    ];
    let signed = owner(&app).request(GET, &given);
    let lines = "B=\na-b=1\na=3\nb=2\nkey=größe\nö=ö\n";
    assert_eq!(signed.text(), format!("{GET}\n{}\n{lines}", signed.date));
    assert_eq!(signed.send().await.ok()["result"], "1.5");
}

#[tokio::test]
async fn credentials_and_access_tokens_among_the_parameters_are_not_signed() {
    let app = app().await;
    let credentials = [
        ("client_id", "owner"),
        ("client_secret", "anything"),
        ("access_token", "anything"),
    ];
    for credential in credentials {
        for transport in Transport::ALL {
            let given = [("key", "minimum_age"), credential];
            let signed = owner(&app).request(GET, &given).by(transport);
            let text = format!("{GET}\n{}\nkey=minimum_age\n", signed.date);
            assert_eq!(signed.text(), text);
            assert_eq!(signed.send().await.ok()["result"], "13", "{credential:?}");
        }
    }
    // With nothing else, there are no parameters.
    let signed = owner(&app).request(KEYS, &[("client_id", "owner")]);
    signed.send().await.ok();
}

#[tokio::test]
async fn a_client_id_among_the_parameters_has_to_agree() {
    let app = app().await;
    let given = [("key", "any"), ("client_id", "login_client")];
    let reply = owner(&app).request(GET, &given).send().await;
    reply.error(201, "duplicate_argument");
}

#[tokio::test]
async fn clients_of_the_seed_and_clients_made_later_can_sign() {
    let app = app().await;
    let imported = Signer::new(&app, "imported:1", IMPORTED);
    imported.request(LIST, &[]).send().await.ok();
    let given = [
        ("description", "new"),
        ("features", r#"["direct_read_access"]"#),
    ];
    let added = owner(&app).request("/clients/add", &given).send().await;
    let new = signer_of(&app, &added.ok());
    new.request(GET, &[("key", "any")]).send().await.ok();
    let reply = new.request(LIST, &[]).send().await;
    assert_not_authorized(&reply);
}

fn signer_of(app: &App, client: &Value) -> Signer {
    let field = |name: &str| client[name].as_str().unwrap();
    Signer::new(app, field("client_id"), field("client_secret"))
}

#[tokio::test]
async fn a_client_that_was_changed_can_still_sign() {
    let app = app().await;
    let given = [("description", "x")];
    let added = app.owner().post("/clients/add", &given).await;
    let client = signer_of(&app, &added.ok());
    let changes: [(&str, &[(&str, &str)]); 5] = [
        ("/clients/set_features", &[("features", r#"["owner"]"#)]),
        ("/clients/set_description", &[("description", "y")]),
        (
            "/clients/set_whitelist",
            &[("whitelist", r#"["127.0.0.0/8"]"#)],
        ),
        ("/clients/clear_whitelist", &[]),
        ("/settings/set", &[("key", "k"), ("value", "v")]),
    ];
    for (path, change) in changes {
        let given = [change, &[("for_client_id", &*client.id)]].concat();
        app.owner().post(path, &given).await.ok();
        client.request(LIST, &[]).send().await.ok();
    }
}

#[tokio::test]
async fn either_secret_signs_until_the_grace_period_ends() {
    let app = app().await;
    let old = Signer::new(&app, "login_client", &secret_of("login_client"));
    let given = [("for_client_id", "login_client"), ("hours_to_live", "1")];
    let reset = app.owner().post("/clients/reset_secret", &given).await.ok();
    let secret = reset["new_secret"].as_str().unwrap();
    let new = Signer::new(&app, "login_client", secret);
    let works = async |signer: &Signer| {
        let reply = signer.request(GET, &[("key", "any")]).send().await;
        reply.json()["stat"] == "ok"
    };
    assert!(works(&old).await && works(&new).await);
    app.advance(Duration::from_secs(3_599));
    assert!(works(&old).await && works(&new).await);
    app.advance(Duration::from_secs(2));
    assert!(!works(&old).await);
    assert!(works(&new).await);
}

#[tokio::test]
async fn a_reset_without_grace_ends_the_old_secret_s_signatures_at_once() {
    let app = app().await;
    let old = Signer::new(&app, "login_client", &secret_of("login_client"));
    let given = [("for_client_id", "login_client")];
    let reset = app.owner().post("/clients/reset_secret", &given).await.ok();
    let new = Signer::new(&app, "login_client", reset["new_secret"].as_str().unwrap());
    new.request(GET, &[("key", "any")]).send().await.ok();
    let refused = old.request(GET, &[("key", "any")]).send().await;
    refused.error(402, "invalid_client_credentials");
}

#[tokio::test]
async fn the_date_may_be_five_minutes_off_either_way() {
    let app = app().await;
    app.advance(Duration::from_hours(24));
    for (seconds, fits) in [
        (-301, false),
        (-300, true),
        (-1, true),
        (0, true),
        (299, true),
        (300, true),
        (301, false),
        (86_400, false),
        (-86_400, false),
    ] {
        let signed = owner(&app).request(GET, &[("key", "any")]);
        let reply = signed.dated(seconds).send().await;
        assert_eq!(reply.json()["stat"] == "ok", fits, "{seconds}");
    }
}

#[tokio::test]
async fn a_recorded_request_is_accepted_again_for_five_minutes_and_then_no_more() {
    let app = app().await;
    let given = [("key", "k"), ("value", "v")];
    let recorded = owner(&app).request("/settings/set", &given);
    for existed in [false, true, true] {
        assert_eq!(recorded.clone().send().await.ok()["result"], existed);
        app.advance(Duration::from_secs(150));
    }
    let refused = recorded.send().await;
    refused.error(402, "invalid_client_credentials");
}

#[tokio::test]
async fn features_and_allow_lists_hold_for_signed_requests() {
    let app = app().await;
    let lesser = Signer::new(&app, "login_client", &secret_of("login_client"));
    assert_not_authorized(&lesser.request(LIST, &[]).send().await);
    lesser.request(GET, &[("key", "any")]).send().await.ok();
    let none = Signer::new(&app, "featureless", &secret_of("featureless"));
    let reply = none.request(GET, &[("key", "any")]).send().await;
    assert_not_authorized(&reply);
    let elsewhere = Signer::new(&app, "elsewhere", &secret_of("elsewhere"));
    let signed = elsewhere.request(GET, &[("key", "minimum_age")]);
    assert_not_authorized(&signed.clone().send().await);
    assert_eq!(signed.from("127.0.0.2").send().await.ok()["result"], "13");
}

#[tokio::test]
async fn a_signed_change_is_made_by_the_client_that_signed() {
    let app = app().await;
    let imported = Signer::new(&app, "imported:1", IMPORTED);
    let given = [("key", "k"), ("value", "v")];
    imported.request("/settings/set", &given).send().await.ok();
    let all = imported.request("/settings/get_all", &[]).send().await.ok();
    assert_eq!(all["client_settings"], json!({"imported:1": {"k": "v"}}));
    let given = [("for_client_id", "owner"), ("description", "renamed")];
    let reply = imported.request("/clients/set_description", &given);
    assert_eq!(reply.send().await.body, DONE);
}

/// A caller without credentials, to put a header on.
fn nobody(app: &App) -> Caller {
    app.stranger()
}
