//! Secrets in the hands of administrators: a fresh code for each, and nowhere else to be seen.

use countersign_tests::admin_clients::{
    assert_tells_no_secret, id_of, of_client, regenerate, reveal,
};
use countersign_tests::machine_api::{assert_unchanged, assert_unknown, assert_works, clients};
use countersign_tests::{App, secret_of};
use serde_json::json;

#[tokio::test]
async fn each_secret_takes_a_code_that_was_used_for_nothing_else() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    // The code that signed him in is still on the display.
    let used = ben.authenticator.code(&app.clock);
    reveal(&ben, "owner", &used)
        .await
        .problem(401, "wrong-code");
    regenerate(&ben, "owner", &used, &json!({}))
        .await
        .problem(401, "wrong-code");
    // One that revealed does not regenerate, nor reveal again.
    let used = ben.next_code();
    reveal(&ben, "owner", &used).await.fine();
    reveal(&ben, "login_client", &used)
        .await
        .problem(401, "wrong-code");
    regenerate(&ben, "owner", &used, &json!({}))
        .await
        .problem(401, "wrong-code");
    assert_unchanged(&app, &before).await;
    // One that regenerated does not reveal what it made.
    let used = ben.next_code();
    regenerate(&ben, "owner", &used, &json!({})).await.fine();
    reveal(&ben, "owner", &used)
        .await
        .problem(401, "wrong-code");
}

#[tokio::test]
async fn a_wrong_a_used_and_another_persons_code_are_refused_in_the_same_words() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let of_ada = app.sign_in("ada").await.next_code();
    let used = ben.next_code();
    reveal(&ben, "owner", &used).await.fine();
    let mut words = Vec::new();
    for code in [ben.wrong_code(), used, of_ada] {
        words.push(
            reveal(&ben, "owner", &code)
                .await
                .problem(401, "wrong-code"),
        );
    }
    assert!(words.iter().all(|said| *said == words[0]), "{words:?}");
}

#[tokio::test]
async fn what_is_no_code_is_a_wrong_one() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    let code = ben.next_code();
    for text in ["", &code[..5], &format!("{code}0")] {
        reveal(&ben, "owner", text).await.problem(401, "wrong-code");
    }
    assert_unchanged(&app, &before).await;
    // As authenticators show it.
    reveal(&ben, "owner", &format!("{} {}", &code[..3], &code[3..]))
        .await
        .fine();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_with_one_code_one_sees_the_secret() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let code = ben.next_code();
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let (ben, code) = (ben.clone(), code.clone());
            tokio::spawn(async move { reveal(&ben, "owner", &code).await })
        })
        .collect();
    let mut seen = 0;
    for call in calls {
        let reply = call.await.unwrap();
        if reply.status == 200 {
            seen += 1;
        } else {
            reply.problem(401, "wrong-code");
        }
    }
    assert_eq!(seen, 1);
    assert_eq!(
        ben.audit("action=admin.clients.reveal_secret&outcome=applied")
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn a_stale_view_spends_no_code_and_shows_no_secret() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let code = ben.next_code();
    let stale = ben.clone().with("if-match", r#""7""#);
    reveal(&stale, "owner", &code).await.problem(412, "stale");
    regenerate(&stale, "owner", &code, &json!({}))
        .await
        .problem(412, "stale");
    let reply = reveal(&ben, "owner", &code).await.fine();
    assert!(reply["client_secret"] == secret_of("owner"));
}

#[tokio::test]
async fn a_secret_stands_in_no_other_answer_and_no_table() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let created = ada
        .clone()
        .with("idempotency-key", "k")
        .post(
            "/admin/clients",
            &json!({"name": "new", "features": ["owner"]}),
        )
        .await;
    let id = id_of(&created.created());
    let path = of_client(&id, "");
    let first = ada.secret_of(&id).await;
    let more = json!({"hours_to_live": 5});
    let second = regenerate(&ada, &id, &ada.next_code(), &more).await.fine();
    let second = second["client_secret"].as_str().unwrap().to_owned();
    // Both are secrets that work, one of them in its grace period.
    for secret in [&first, &second] {
        let caller = app.caller(&id, secret);
        caller.post("/clients/list", &[]).await.ok();
    }
    let replies = [
        created,
        ada.get("/admin/clients").await,
        ada.get(&path).await,
        ada.patch(&path, &json!({"name": "renamed"})).await,
        ada.get("/admin/audit?limit=200").await,
        ada.get("/admin/audit/export?format=csv").await,
        ada.get("/admin/audit/export?format=ndjson").await,
        ada.get("/admin/me").await,
        reveal(&ada, &id, &ada.wrong_code()).await,
        ada.delete(&path).await,
    ];
    for reply in replies {
        assert_tells_no_secret(&reply);
    }
    for table in ["clients", "audit", "administrators", "attempts"] {
        let items = app.dump(table).await;
        assert!(!items.is_empty(), "{table}");
        for item in items {
            let text = item.to_string();
            assert!(!text.contains(&first) && !text.contains(&second), "{table}");
        }
    }
}

#[tokio::test]
async fn the_regenerated_secret_is_the_clients_and_nobody_elses() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let new = regenerate(&ben, "login_client", &ben.next_code(), &json!({}))
        .await
        .fine();
    let new = new["client_secret"].as_str().unwrap();
    assert_works(&app.caller("login_client", new)).await;
    assert_unknown(&app.caller("owner", new)).await;
    for id in ["owner", "direct_access", "foreigner"] {
        assert_works(&app.client(id)).await;
    }
}
