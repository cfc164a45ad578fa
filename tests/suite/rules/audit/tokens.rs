//! Tokens in the audit: how many were issued to whom with which secret, what was refused, and what was
//! revoked.

mod counted;
mod refused;

use std::time::Duration;

use countersign_tests::admin_clients::regenerate;
use countersign_tests::audit::event_of;
use countersign_tests::signing_keys::{self, GRANT, TOKEN, part, token, token_in};
use countersign_tests::{Caller, Person, Reply, form};
use reqwest::Method;
use serde_json::{Value, json};
use shared::store::Table;

use super::{AGENT, known, now};

const MINUTE: Duration = Duration::from_mins(1);
const ISSUES: &str = "action=oauth2.token&outcome=applied";

/// Asks for a token, and says by which program.
async fn ask_by(client: &Caller, agent: &str) -> Reply {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("user-agent", agent),
    ];
    let body = form(&[GRANT]);
    client
        .send(Method::POST, TOKEN, &headers, body.into())
        .await
}

/// The present secret's number of times, by client, secret and source.
async fn told(reader: &Person) -> Value {
    let events = reader.audit(ISSUES).await;
    let mut told: Vec<_> = events
        .iter()
        .map(|event| {
            let serial = &event["changes"]["secret_serial"]["after"];
            json!([
                event["object"]["id"],
                serial,
                event["source_ip"],
                event["count"]
            ])
        })
        .collect();
    told.sort_by_key(Value::to_string);
    told.into()
}

#[tokio::test]
async fn an_issue_is_told_with_all_that_there_is_to_say() {
    let app = signing_keys::app().await;
    let dora = app.sign_in("dora").await;
    let first = now(&app);
    let reply = ask_by(&app.client("login_client"), AGENT).await;
    token_in(&reply);
    app.advance(Duration::from_secs(9));
    token_in(&ask_by(&app.client("login_client"), "another/2.0").await);
    let client = known("api_client", "login_client", "the login_client");
    assert_eq!(
        dora.audit(ISSUES).await,
        [json!({
            "time": first, "actor": client, "source_ip": "127.0.0.1", "user_agent": AGENT,
            "action": "oauth2.token", "object": client, "outcome": "applied", "reason": null,
            "count": 2, "last_time": now(&app), "change_request": null,
            "request_id": reply.header("x-request-id"),
            "changes": {"secret_serial": {"before": null, "after": 1}}
        })]
    );
}

#[tokio::test]
async fn each_client_secret_source_and_minute_has_an_event_of_its_own() {
    let app = signing_keys::app().await;
    let ben = app.sign_in("ben").await;
    let old = app.client("login_client");
    let more = json!({"hours_to_live": 1});
    let new = regenerate(&ben, "login_client", &ben.next_code(), &more)
        .await
        .fine();
    let new = app.caller("login_client", new["client_secret"].as_str().unwrap());
    for _ in 0..2 {
        token(&old).await;
        for _ in 0..3 {
            token(&new).await;
        }
        token(&old.clone().from("127.0.0.2")).await;
        token(&app.owner()).await;
    }
    let wanted = json!([
        ["login_client", 1, "127.0.0.1", 2],
        ["login_client", 1, "127.0.0.2", 2],
        ["login_client", 2, "127.0.0.1", 6],
        ["owner", 1, "127.0.0.1", 2],
    ]);
    assert_eq!(told(&ben).await, wanted);
    app.advance(MINUTE);
    token(&new).await;
    let ben = app.sign_in("ben").await;
    assert_eq!(ben.audit(ISSUES).await.len(), 5);
    assert_eq!(ben.audit(ISSUES).await[0]["count"], 1);
    // Nobody else's audit tells it.
    token(&app.client("foreigner")).await;
    let fay = app.sign_in("fay").await;
    assert_eq!(told(&fay).await, json!([["foreigner", 1, "127.0.0.1", 1]]));
}

#[tokio::test]
async fn the_events_of_tokens_are_found_and_exported_as_any_other() {
    let app = signing_keys::app().await;
    let dora = app.sign_in("dora").await;
    for _ in 0..3 {
        token(&app.client("login_client")).await;
    }
    for query in [
        "actor=login_client",
        "object=login_client",
        "action=oauth2",
        "outcome=applied",
    ] {
        let mut events = dora.audit(query).await;
        events.retain(|event| event["action"] == "oauth2.token");
        assert_eq!(events.len(), 1, "{query}");
        assert_eq!(events[0]["count"], 3, "{query}");
    }
    assert!(dora.audit("action=oauth2&outcome=refused").await.is_empty());
    let export = dora
        .get("/admin/audit/export?format=csv&action=oauth2.token")
        .await;
    let line = export.body.lines().nth(1).expect("a line of the tokens");
    assert!(
        line.contains(",oauth2.token,api_client,login_client,"),
        "{line}"
    );
    assert!(line.contains(",applied,,3,"), "{line}");
}

#[tokio::test]
async fn a_revocation_names_the_token_once() {
    let app = signing_keys::app().await;
    let dora = app.sign_in("dora").await;
    let client = app.client("login_client");
    let (revoked, other) = (token(&client).await, token(&client).await);
    let given = [("token", revoked.as_str())];
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("user-agent", AGENT),
    ];
    let body = form(&given);
    let reply = client
        .send(Method::POST, "/oauth2/revoke", &headers, body.into())
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    // Again, and what is no token: nothing happens that there were to tell.
    for given in [revoked.as_str(), "none", ""] {
        client.post("/oauth2/revoke", &[("token", given)]).await;
    }
    let name = part(&revoked, 1)["jti"].as_str().unwrap().to_owned();
    let event = event_of(&dora, &reply).await;
    assert_eq!(
        event,
        json!({
            "time": now(&app), "actor": known("api_client", "login_client", "the login_client"),
            "source_ip": "127.0.0.1", "user_agent": AGENT, "action": "oauth2.revoke",
            "object": known("access_token", &name, &name), "outcome": "applied", "reason": null,
            "count": 1, "last_time": now(&app), "change_request": null,
            "request_id": reply.header("x-request-id"), "changes": {}
        })
    );
    let all = dora.audit("action=oauth2.revoke&outcome=applied").await;
    assert_eq!(all, [event]);
    assert!(!signing_keys::is_active(&app, &revoked).await);
    assert!(signing_keys::is_active(&app, &other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_revocations_of_one_token_at_once_one_is_told() {
    let app = signing_keys::app().await;
    let dora = app.sign_in("dora").await;
    let client = app.client("login_client");
    let revoked = token(&client).await;
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (client, revoked) = (client.clone(), revoked.clone());
            tokio::spawn(async move {
                client
                    .post("/oauth2/revoke", &[("token", &revoked)])
                    .await
                    .status
            })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(dora.audit("action=oauth2.revoke").await.len(), 1);
}

#[tokio::test]
async fn no_event_and_no_table_holds_a_token_or_a_secret() {
    let app = signing_keys::app().await;
    let ben = app.sign_in("ben").await;
    let client = app.client("login_client");
    let more = json!({"hours_to_live": 1});
    let new = regenerate(&ben, "login_client", &ben.next_code(), &more)
        .await
        .fine();
    let new = new["client_secret"].as_str().unwrap().to_owned();
    let mut tokens = vec![token(&client).await, token(&app.owner()).await];
    tokens.push(token(&app.caller("login_client", &new)).await);
    client
        .post("/oauth2/revoke", &[("token", &tokens[0])])
        .await;
    client
        .post("/oauth2/revoke", &[("token", &tokens[1])])
        .await;
    client.post(TOKEN, &[("grant_type", &tokens[1])]).await;
    client.post(TOKEN, &[GRANT, ("scope", &tokens[1])]).await;
    client.post(TOKEN, &[GRANT, ("audience", &tokens[1])]).await;
    client
        .post(
            "/oauth2/introspect",
            &[("token", &tokens[2]), ("token", &tokens[2])],
        )
        .await;
    app.caller(&tokens[1][..200], "x")
        .post(TOKEN, &[GRANT])
        .await;
    app.caller("login_client", &tokens[1])
        .post(TOKEN, &[GRANT])
        .await;
    assert!(!signing_keys::is_active(&app, &tokens[0]).await);
    let secrets = [new, countersign_tests::secret_of("login_client")];
    let mut texts = vec![json!(ben.audit("limit=200").await).to_string()];
    texts.push(ben.get("/admin/audit/export?format=csv").await.body);
    texts.push(ben.get("/admin/audit/export?format=ndjson").await.body);
    assert!(
        texts[0].matches("oauth2.").count() > 5,
        "the audit is not whole"
    );
    for table in Table::ALL {
        texts.push(json!(app.dump(table.suffix()).await).to_string());
    }
    for text in &texts {
        for token in &tokens {
            for part in token.split('.').skip(1) {
                assert!(!text.contains(&part[..40]), "a token is told");
            }
        }
        assert!(
            secrets.iter().all(|secret| !text.contains(secret)),
            "a secret is told"
        );
    }
}
