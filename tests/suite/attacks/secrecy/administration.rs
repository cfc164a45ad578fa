//! Secrecy of the admin API: a tour of it leaves no secret in a table or in the log.
//!
//! Secrets are what a person keeps private, or was shown once.

mod log;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use countersign_tests::administrators::{authenticator_of, link, post_without_session};
use countersign_tests::{App, Authenticator, PASSWORD, base32, email_of, from_base32};
use serde_json::json;
use shared::store::Table;

/// The secrets that may appear nowhere, each with its name.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn keep(&mut self, what: &'static str, secret: &str) {
        assert!(secret.len() >= 6, "a {what} is no secret");
        self.0.push((what, secret.to_owned()));
    }

    /// Keeps the token of a link.
    fn keep_link(&mut self, path: &str) {
        self.keep("link", path.rsplit('/').next().unwrap());
    }

    /// The key of an authenticator, as it was shown and as bytes.
    fn keep_key(&mut self, secret: &str) {
        self.keep("key", secret);
        let bytes = STANDARD_NO_PAD.encode(from_base32(secret));
        self.keep("key in base 64", &bytes[..bytes.len() - 2]);
    }

    /// Makes sure that none of them is in a text, neither as it is nor in base 64.
    #[track_caller]
    fn assert_none_in(&self, text: &str, place: &str) {
        for (what, secret) in &self.0 {
            let is_there = if *what == "code" {
                stands_alone(text, secret)
            } else {
                let encoded = STANDARD_NO_PAD.encode(secret);
                // The last characters depend on what follows.
                text.contains(secret) || text.contains(&encoded[..encoded.len() - 2])
            };
            assert!(!is_there, "a {what} stands in {place}");
        }
    }
}

/// Six digits are within longer numbers by chance; a code stands by itself.
fn stands_alone(text: &str, code: &str) -> bool {
    let is_part = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    text.match_indices(code).any(|(at, _)| {
        let before = at.checked_sub(1).map(|at| text.as_bytes()[at]);
        let after = text.as_bytes().get(at + code.len()).copied();
        !is_part(before) && !is_part(after)
    })
}

#[tokio::test]
async fn after_a_tour_of_the_admin_api_no_table_holds_a_secret() {
    let app = App::with_people().await;
    let mut secrets = Secrets::default();
    secrets.keep("password", PASSWORD);
    let mut code_of = |authenticator: &Authenticator| {
        let code = authenticator.next_code(&app.clock);
        secrets.keep("code", &code);
        code
    };

    // Signing in, right and wrong.
    let of_ada = Authenticator::of("ada");
    let code = code_of(&of_ada);
    let body = json!({"email": email_of("ada"), "password": PASSWORD, "code": code});
    let ada = app.person(&app.ask_for_session(&body).await, of_ada.clone());
    let wrong =
        json!({"email": email_of("ada"), "password": "TELLTALE-wrong", "code": "TELLTALE-code"});
    app.ask_for_session(&wrong)
        .await
        .problem(401, "sign-in-failed");

    // A client's secret, revealed and regenerated.
    let made = ada.clone().with("idempotency-key", "client");
    let client = made.new_client(&json!({"name": "Till"})).await;
    let path = format!(
        "/admin/clients/{}/secret",
        client["client_id"].as_str().unwrap()
    );
    let mut shown = Vec::new();
    for what in ["reveal", "regenerate"] {
        let body = json!({"code": code_of(&of_ada), "hours_to_live": 1});
        let body = if what == "reveal" {
            json!({"code": body["code"]})
        } else {
            body
        };
        let reply = ada.post(&format!("{path}/{what}"), &body).await.fine();
        shown.push(reply["client_secret"].as_str().unwrap().to_owned());
    }

    // Somebody new, with a key that makes the answer be kept, and a reset of each kind.
    let once = ada.clone().with("idempotency-key", "person");
    let body = json!({"email": "eve@example.com", "name": "Eve", "privileges": ["manage_users"]});
    let invited = once.post("/admin/administrators", &body).await.created();
    assert_eq!(
        once.post("/admin/administrators", &body).await.created(),
        invited
    );
    let person = format!(
        "/admin/administrators/{}",
        invited["administrator"]["id"].as_str().unwrap()
    );
    let (mut links, mut keys, mut codes) = (vec![link(&invited)], Vec::new(), Vec::new());
    let mut enrol = async |link: String, password: &'static str, code: Option<String>| {
        let asked = app.stranger().get(&link, &[]).await.fine();
        keys.extend(asked["totp"]["secret"].as_str().map(str::to_owned));
        let code = match code {
            Some(code) => code,
            None => authenticator_of(&app, &link).await.next_code(&app.clock),
        };
        let body = json!({"password": password, "code": code});
        let enrolled = post_without_session(&app, &link, &body).await.fine();
        let shown = enrolled["recovery_codes"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        codes.extend(shown.iter().map(|code| code.as_str().unwrap().to_owned()));
    };
    enrol(links[0].clone(), "the first words of Eve", None).await;
    let reset = ada
        .post(&format!("{person}/reset-mfa"), &json!({}))
        .await
        .fine();
    links.push(link(&reset));
    enrol(links[1].clone(), "the first words of Eve", None).await;
    let reset = ada
        .post(&format!("{person}/reset-password"), &json!({}))
        .await
        .fine();
    links.push(link(&reset));
    let (key, recovery) = (keys[1].clone(), codes.last().unwrap().clone());
    let code = Authenticator::with(&key).next_code(&app.clock);
    let body = json!({"password": "the second words of Eve", "code": code});
    post_without_session(&app, &links[2], &body).await.fine();
    // One more link that nobody uses, and a session by recovery code.
    let reset = ada
        .post(&format!("{person}/reset-password"), &json!({}))
        .await
        .fine();
    links.push(link(&reset));
    let body = json!({
        "email": email_of("ben"), "password": PASSWORD, "recovery_code": recovery
    });
    app.ask_for_session(&body)
        .await
        .problem(401, "sign-in-failed");

    for name in ["ada", "ben", "cleo", "dora"] {
        secrets.keep_key(&base32(format!("the key of {name:.<9}").as_bytes()));
    }
    secrets.keep("code", &code);
    secrets.keep("session", &ada.token);
    secrets.keep("session's random part", &ada.token[36..]);
    assert_eq!(
        (shown.len(), links.len(), keys.len(), codes.len()),
        (2, 4, 2, 20)
    );
    for telltale in [
        "TELLTALE",
        "the first words of Eve",
        "the second words of Eve",
    ] {
        secrets.keep("password", telltale);
    }
    for secret in &shown {
        secrets.keep("client secret", secret);
    }
    for link in &links {
        secrets.keep_link(link);
    }
    for key in &keys {
        secrets.keep_key(key);
    }
    for code in &codes {
        secrets.keep("recovery code", code);
        secrets.keep("recovery code", &code.replace('-', ""));
    }
    let mut items = 0;
    for table in Table::ALL {
        for item in app.dump(table.suffix()).await {
            items += 1;
            secrets.assert_none_in(&item.to_string(), table.suffix());
        }
    }
    assert!(items > 60, "{items} items: the dump is not whole");
    let mut told = json!(ada.audit("limit=200").await).to_string();
    told.push_str(&ada.get("/admin/audit/export?format=csv").await.body);
    told.push_str(&json!(ada.all("/admin/clients", "").await).to_string());
    told.push_str(&json!(ada.all("/admin/administrators", "").await).to_string());
    secrets.assert_none_in(&told, "what everyone sees");
}
