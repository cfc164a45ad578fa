//! Tokens of unusual clients are tokens like others.

use std::collections::BTreeSet;

use countersign_tests::access_tokens::{
    INACTIVE, REVOKE, ask, claims_of, granted, introspect, is_active, setup, token_in, token_of,
};
use countersign_tests::{App, secret_of};
use serde_json::{Value, json};

#[tokio::test]
async fn whatever_is_in_a_client_s_id_is_in_its_token() {
    let ids = [
        "größe 🐎",
        "a\"b\\c",
        "line\nend\ttab",
        "nul\u{0}",
        "a.b.c",
        "{\"sub\":\"owner\"}",
        "owner\",\"client_id\":\"owner",
        "\u{2028}\u{feff}",
        "<script>",
    ];
    let mut setup = setup();
    let clients = setup.seed["applications"][0]["clients"].as_array_mut();
    clients
        .unwrap()
        .extend(ids.iter().enumerate().map(|(number, id)| {
        json!({
            "client_id": id, "client_secret": secret_of(id), "description": format!("odd {number}"),
            "modules": {"payments": {}}
        })
    }));
    let app = App::with(setup).await;
    for id in ids {
        let secret = secret_of(id);
        let credentials = [("client_id", id), ("client_secret", secret.as_str())];
        let token = token_in(&ask(&app.stranger(), &credentials).await);
        let told = granted(&introspect(&app.owner(), &token).await);
        for said in [&claims_of(&token), &told] {
            assert_eq!(said["client_id"], id);
            assert_eq!(said["sub"], id);
        }
        let given = [&credentials[..], &[("token", &token)]].concat();
        granted(&app.stranger().post(REVOKE, &given).await);
        assert!(!is_active(&app, &token).await);
    }
}

/// The largest token that there can be fits into what is read of one.
#[tokio::test]
async fn a_client_of_a_hundred_modules_and_twenty_audiences_has_an_active_token() {
    let numbered = |what: &str, count: usize, length: usize| -> Vec<String> {
        let filler = what.repeat(length - 3);
        (0..count)
            .map(|number| format!("{number:03}{filler}"))
            .collect()
    };
    let (modules, audiences) = (numbered("m", 100, 64), numbered("a", 20, 200));
    // Each of these characters takes six in JSON, and the ID stands there twice.
    let id = "\u{1}".repeat(255);
    let grants: Value = modules
        .iter()
        .map(|module| (module.clone(), json!({"administrator": true})))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let mut setup = setup();
    let application = &mut setup.seed["applications"][1];
    application["modules"] = json!(modules);
    application["audiences"] = json!(audiences);
    application["clients"] = json!([
        {"client_id": id, "client_secret": secret_of("large"), "description": "large", "modules": grants},
        {"client_id": "foreigner", "client_secret": secret_of("foreigner"), "description": "f"}
    ]);
    let app = App::with(setup).await;
    let secret = secret_of("large");
    let credentials = [("client_id", id.as_str()), ("client_secret", &secret)];
    let wanted: Vec<_> = audiences
        .iter()
        .map(|one| ("resource", one.as_str()))
        .collect();
    let reply = ask(&app.stranger(), &[&credentials[..], &wanted].concat()).await;
    let token = token_in(&reply);
    assert!(token.len() > 25_000, "{}", token.len());
    let told = granted(&introspect(&app.client("foreigner"), &token).await);
    assert_eq!(told["active"], true);
    assert_eq!(told["aud"], json!(audiences));
    let scopes: BTreeSet<_> = told["scope"].as_str().unwrap().split(' ').collect();
    assert_eq!(scopes.len(), 200);
}

/// Modules of two applications are different, even under the same name.
#[tokio::test]
async fn a_module_of_the_same_name_elsewhere_is_another_one() {
    let app = App::with(setup()).await;
    let there = token_of(&app, "foreigner").await;
    assert_eq!(claims_of(&there)["scope"], "payments");
    let reply = introspect(&app.client("direct_access"), &there).await;
    granted(&reply);
    assert_eq!(reply.body, INACTIVE);
}
