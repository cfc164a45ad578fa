//! Text that is to become something else: a header, a line, a formula, an address.

use std::time::Duration;

use countersign_tests::administrators::link;
use countersign_tests::{App, http_from};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

/// Control characters, and what ends a line somewhere.
fn controls() -> Vec<char> {
    let mut controls: Vec<_> = ('\u{0}'..='\u{1f}').collect();
    controls.extend('\u{7f}'..='\u{9f}');
    controls
}

#[tokio::test]
async fn names_and_addresses_hold_no_control_characters() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let me = format!("/admin/administrators/{}", ada.id);
    for control in controls() {
        let name = format!("a{control}Set-Cookie: b=c");
        let email = format!("a{control}b@example.com");
        for (method, path, body, pointer) in [
            (
                Method::POST,
                "/admin/clients",
                json!({"name": name}),
                "/name",
            ),
            (
                Method::PATCH,
                "/admin/clients/owner",
                json!({"name": name}),
                "/name",
            ),
            (
                Method::POST,
                "/admin/administrators",
                json!({"email": email, "name": "A"}),
                "/email",
            ),
            (
                Method::POST,
                "/admin/administrators",
                json!({"email": "a@example.com", "name": name}),
                "/name",
            ),
            (Method::PATCH, &me, json!({"name": name}), "/name"),
            (
                Method::PUT,
                "/admin/modules",
                json!({"modules": [{"key": "k", "name": name}]}),
                "/modules/0/name",
            ),
            (
                Method::PUT,
                "/admin/modules",
                json!({"modules": [{"key": name, "name": "n"}]}),
                "/modules/0/key",
            ),
        ] {
            let faults = ada.send(method, path, Some(&body)).await.faults();
            assert_eq!(faults[0].0, pointer, "{control:?}");
        }
    }
    assert_eq!(
        ada.get("/admin/clients/owner").await.fine()["name"],
        "the owner"
    );
}

#[tokio::test]
async fn a_hostile_host_or_forwarded_header_leads_no_link_and_no_event_astray() {
    let app = App::with_people().await;
    let mut ada = app.sign_in("ada").await;
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-port", "6666"),
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-server", "evil.example"),
        ("x-real-ip", "6.6.6.6"),
        ("x-client-ip", "6.6.6.6"),
        ("true-client-ip", "6.6.6.6"),
        ("cf-connecting-ip", "6.6.6.6"),
        ("forwarded", "for=6.6.6.6;host=evil.example;proto=https"),
        ("x-original-url", "/admin/me"),
        ("x-rewrite-url", "/admin/me"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example/"),
    ] {
        ada = ada.with(name, value);
    }
    let body = json!({"email": "eve@example.com", "name": "Eve"});
    let invited = ada.post("/admin/administrators", &body).await;
    let path = format!(
        "/admin/administrators/{}",
        invited.created()["administrator"]["id"].as_str().unwrap()
    );
    let mut links = vec![invited.clone()];
    for what in ["mfa", "password"] {
        links.push(ada.post(&format!("{path}/reset-{what}"), &json!({})).await);
    }
    for reply in &links {
        let answer = reply.json();
        let link = answer["invitation_url"].as_str().unwrap();
        let own = format!("{}/admin/invitations/cin_", app.url());
        assert!(link.starts_with(&own), "a link leads elsewhere");
        assert!(!reply.body.contains("evil.example"));
        for (name, value) in &reply.headers {
            assert!(!value.to_str().unwrap().contains("evil"), "{name}");
        }
    }
    for event in ada.audit("actor=ada").await {
        assert_eq!(event["source_ip"], "127.0.0.1");
        assert!(!event.to_string().contains("6.6.6.6"));
    }
}

#[tokio::test]
async fn a_forwarded_header_makes_no_new_source_of_an_old_one() {
    let app = App::with_people().await;
    let mut last = 0;
    for number in 0..61 {
        let from = format!("10.0.0.{number}");
        let headers = [
            ("x-forwarded-for", from.as_str()),
            ("x-real-ip", from.as_str()),
            ("forwarded", "for=10.0.0.1"),
        ];
        let path = format!("/admin/invitations/guess-{number}");
        let reply = app
            .stranger()
            .send(Method::GET, &path, &headers, "".into())
            .await;
        last = reply.status;
        assert_eq!(last, if number < 60 { 404 } else { 429 });
    }
    assert_eq!(last, 429);
    let other = app.stranger().from("127.0.0.2");
    other
        .get("/admin/invitations/guess", &[])
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn a_hostile_user_agent_is_kept_short_and_as_text() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let long = "ä".repeat(2_000);
    let agents: [&[u8]; 6] = [
        b"\xff\xfe\x80",
        b"a\tb",
        long.as_bytes(),
        b"\"},{\"actor\":\"forged",
        b"<script>alert(1)</script>",
        b"${jndi:ldap://evil.example}",
    ];
    for (number, agent) in agents.iter().enumerate() {
        app.advance(Duration::from_secs(1));
        let url = format!("{}/admin/clients", app.url());
        let request = http_from("127.0.0.1")
            .post(url)
            .bearer_auth(&ada.token)
            .header("user-agent", HeaderValue::from_bytes(agent).unwrap())
            .header("content-type", "application/json")
            .body(json!({"name": format!("client {number}")}).to_string());
        assert_eq!(request.send().await.unwrap().status(), 201);
        let event = ada
            .audit("action=admin.clients.create&limit=1")
            .await
            .remove(0);
        let told = event["user_agent"].as_str().unwrap();
        let wanted: String = String::from_utf8_lossy(agent).chars().take(256).collect();
        assert_eq!(told, wanted);
        assert_eq!(event["actor"]["name"], "ada");
    }
}

#[tokio::test]
async fn a_hostile_address_stays_inside_its_link_and_its_picture() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for email in [
        "a&secret=AAAAAAAA&issuer=Bank@example.com",
        "a?b#c%00d@example.com",
        "'onload='alert`1`'@example.com",
        "../../x@example.com",
        "a`b$id{{7*7}}|x@example.com",
        "ä😀@example.com",
        &format!("{}@example.com", "&".repeat(242)),
    ] {
        let body = json!({"email": email, "name": "</svg><script>"});
        let invited = ada.post("/admin/administrators", &body).await.created();
        let shown = app.stranger().get(&link(&invited), &[]).await.fine();
        let link = shown["totp"]["otpauth_uri"].as_str().unwrap();
        let secret = shown["totp"]["secret"].as_str().unwrap();
        assert!(link.is_ascii(), "{email}");
        for (part, times) in [("secret=", 1), ("issuer=", 1), ("?", 1), ("#", 0), ("&", 4)] {
            assert_eq!(link.matches(part).count(), times, "{email}: {part}");
        }
        assert!(link.contains(&format!("?secret={secret}&")), "{email}");
        let picture = shown["totp"]["qr_svg"].as_str().unwrap();
        assert!(picture.trim_end().ends_with("</svg>"), "{email}");
        for word in ["script", "onload", "example.com", "&", "href", secret] {
            assert!(!picture.contains(word), "{email}: {word} is in the picture");
        }
        assert_eq!(picture.matches("<svg").count(), 1);
        assert_eq!(shown["email"], email);
    }
}

#[tokio::test]
async fn a_key_with_anything_unprintable_names_no_creation() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let long = "k".repeat(256);
    let keys: [&[u8]; 4] = [b"", b"a\tb", b"\xe4", long.as_bytes()];
    for key in keys {
        let url = format!("{}/admin/clients", app.url());
        let request = http_from("127.0.0.1")
            .post(url)
            .bearer_auth(&ada.token)
            .header("idempotency-key", HeaderValue::from_bytes(key).unwrap())
            .header("content-type", "application/json")
            .body(json!({"name": "never"}).to_string());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 422);
        let problem: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        assert_eq!(problem["errors"][0]["pointer"], "/Idempotency-Key");
    }
    let clients = ada.all("/admin/clients", "").await;
    assert!(clients.iter().all(|client| client["name"] != "never"));
}
