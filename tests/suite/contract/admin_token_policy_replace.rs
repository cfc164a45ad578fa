//! Replace the Token Policy.

use countersign_tests::signing_keys::{self, GRANT, TOKEN, is_active, part, rotate, token_in};
use countersign_tests::{App, Caller, Person, Reply};
use serde_json::{Value, json};

const POLICY: &str = "/admin/token-policy";

async fn ask_for(client: &Caller, audience: &str) -> Reply {
    client.post(TOKEN, &[GRANT, ("audience", audience)]).await
}

/// Makes sure that nothing of the policy has changed since the seed.
async fn assert_as_seeded(person: &Person) {
    let reply = person.get(POLICY).await;
    let wanted = json!({"audiences": [countersign_tests::APPLICATION], "key_rotation_days": 90});
    assert_eq!(reply.fine(), wanted);
    assert_eq!(reply.header("etag"), r#""1""#);
}

#[tokio::test]
async fn what_is_said_is_what_there_is() {
    let app = App::with_people().await;
    let cleo = app.sign_in("cleo").await;
    let body = json!({"audiences": ["https://b.example.com", "a"], "key_rotation_days": 7});
    let reply = cleo.put(POLICY, &body).await;
    reply.fine();
    let wanted = r#"{"audiences":["https://b.example.com","a"],"key_rotation_days":7}"#;
    assert_eq!(reply.body, wanted);
    assert_eq!(reply.header("etag"), r#""2""#);
    let seen = cleo.get(POLICY).await;
    assert_eq!(
        (seen.body.as_str(), seen.header("etag")),
        (wanted, r#""2""#)
    );
    // Without days, they are ninety.
    let reply = cleo.put(POLICY, &json!({"audiences": ["a"]})).await;
    reply.fine();
    assert_eq!(reply.body, r#"{"audiences":["a"],"key_rotation_days":90}"#);
    assert_eq!(reply.header("etag"), r#""3""#);
    let fay = app.sign_in("fay").await;
    assert_as_foreign(&fay).await;
}

async fn assert_as_foreign(fay: &Person) {
    let foreign = fay.get(POLICY).await;
    assert_eq!(
        foreign.fine()["audiences"],
        json!(["app2bbbbbbbbbbbbbbbbbbbbbb"])
    );
    assert_eq!(foreign.header("etag"), r#""1""#);
}

#[tokio::test]
async fn the_next_token_is_for_whom_it_says_and_those_there_are_live_on() {
    let app = signing_keys::app().await;
    let cleo = app.sign_in("cleo").await;
    let old = signing_keys::token(&app.owner()).await;
    assert_eq!(part(&old, 1)["aud"], countersign_tests::APPLICATION);
    let refused = ask_for(&app.owner(), "reports").await;
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (400, &json!("invalid_target"))
    );
    let body = json!({"audiences": ["shop", "reports"]});
    cleo.put(POLICY, &body).await.fine();
    // Nobody said whom it is for: the first one.
    let new = signing_keys::token(&app.owner()).await;
    assert_eq!(part(&new, 1)["aud"], "shop");
    let chosen = token_in(&ask_for(&app.owner(), "reports").await);
    assert_eq!(part(&chosen, 1)["aud"], "reports");
    let refused = ask_for(&app.owner(), countersign_tests::APPLICATION).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (400, &json!("invalid_target"))
    );
    for token in [&old, &new, &chosen] {
        assert!(is_active(&app, token).await);
    }
    let foreign = signing_keys::token(&app.client("foreigner")).await;
    assert_eq!(part(&foreign, 1)["aud"], "app2bbbbbbbbbbbbbbbbbbbbbb");
}

#[tokio::test]
async fn who_has_seen_another_version_changes_nothing() {
    let app = App::with_people().await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let body = json!({"audiences": ["shop"]});
    for stale in [r#""0""#, r#""2""#, r#"W/"1""#] {
        let careful = cleo.clone().with("if-match", stale);
        let words = careful.put(POLICY, &body).await.problem(412, "stale");
        assert!(words.contains("read it again"), "{words}");
    }
    assert_as_seeded(&cleo).await;
    let careful = cleo.clone().with("if-match", r#""1""#);
    careful.put(POLICY, &body).await.fine();
    careful.put(POLICY, &body).await.problem(412, "stale");
    // So is one that was overtaken by a rotation.
    let careful = cleo.clone().with("if-match", r#""2""#);
    rotate(&ada).await.fine();
    careful.put(POLICY, &body).await.problem(412, "stale");
    let any = cleo.clone().with("if-match", "*");
    let reply = any.put(POLICY, &body).await;
    reply.fine();
    assert_eq!(reply.header("etag"), r#""4""#);
    let refused = cleo
        .audit("action=admin.token_policy.replace&outcome=refused")
        .await;
    assert!(!refused.is_empty());
    assert!(
        refused.iter().all(|event| event["reason"] == "stale"),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_who_have_seen_the_same_version_one_changes_it() {
    let app = App::with_people().await;
    let cleo = app.sign_in("cleo").await;
    let careful = cleo.clone().with("if-match", r#""1""#);
    let calls: Vec<_> = (1..=8)
        .map(|days| {
            let careful = careful.clone();
            let body = json!({"audiences": ["shop"], "key_rotation_days": days});
            tokio::spawn(async move { (careful.put(POLICY, &body).await, body) })
        })
        .collect();
    let mut won = Vec::new();
    for call in calls {
        let (reply, body) = call.await.unwrap();
        if reply.status == 200 {
            won.push(body);
        } else {
            reply.problem(412, "stale");
        }
    }
    assert_eq!(won.len(), 1);
    assert_eq!(cleo.get(POLICY).await.fine(), won[0]);
}

#[tokio::test]
async fn a_change_of_the_policy_and_a_rotation_at_once_are_both_made() {
    let app = App::with_people().await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let body = json!({"audiences": ["shop"], "key_rotation_days": 3});
    let (said, rotated) = tokio::join!(cleo.put(POLICY, &body), rotate(&ada));
    said.fine();
    rotated.fine();
    let seen = cleo.get(POLICY).await;
    assert_eq!((seen.fine(), seen.header("etag")), (body, r#""3""#));
    assert_eq!(signing_keys::listed(&ada).await.len(), 3);
}

const AUDIENCE: &str = "an audience has 1 to 200 printable characters of ASCII, without spaces, quotation marks and backslashes";
const DAYS: &str = "it takes a whole number of days from 1 to 365";

#[tokio::test]
async fn what_does_not_fit_is_named_and_changes_nothing() {
    let app = App::with_people().await;
    let cleo = app.sign_in("cleo").await;
    let many: Vec<_> = (0..21).map(|number| format!("a{number}")).collect();
    let put = async |body: &Value| {
        let faults = cleo.put(POLICY, body).await.faults();
        assert_eq!(faults.len(), 1, "{body}: {faults:?}");
        faults.into_iter().next().unwrap()
    };
    for (audiences, pointer, words) in [
        (json!([""]), "/audiences/0", AUDIENCE),
        (json!(["a", "b c"]), "/audiences/1", AUDIENCE),
        (json!(["a\"b"]), "/audiences/0", AUDIENCE),
        (json!(["a\\b"]), "/audiences/0", AUDIENCE),
        (json!(["größe"]), "/audiences/0", AUDIENCE),
        (json!(["a\n"]), "/audiences/0", AUDIENCE),
        (json!(["a".repeat(201)]), "/audiences/0", AUDIENCE),
        (json!([]), "/audiences", "there are 1 to 20 audiences"),
        (json!(many), "/audiences", "there are 1 to 20 audiences"),
        (
            json!(["a", "b", "a"]),
            "/audiences",
            "an audience stands there twice",
        ),
    ] {
        let fault = put(&json!({"audiences": audiences})).await;
        assert_eq!(fault, (pointer.to_owned(), words.to_owned()), "{audiences}");
    }
    for audiences in [json!("a"), json!({"a": 1}), Value::Null] {
        let fault = put(&json!({"audiences": audiences})).await;
        assert_eq!(fault.0, "/audiences", "{audiences}: {fault:?}");
    }
    for days in [json!(0), json!(366), json!(65_537)] {
        let fault = put(&json!({"audiences": ["a"], "key_rotation_days": days})).await;
        assert_eq!(
            fault,
            ("/key_rotation_days".to_owned(), DAYS.to_owned()),
            "{days}"
        );
    }
    for days in [json!(-1), json!(1.5), json!("7"), Value::Null] {
        let fault = put(&json!({"audiences": ["a"], "key_rotation_days": days})).await;
        assert_eq!(fault.0, "/key_rotation_days", "{days}: {fault:?}");
    }
    let missing = put(&json!({"key_rotation_days": 7})).await;
    assert_eq!(
        missing,
        ("/audiences".to_owned(), "it is missing".to_owned())
    );
    let unknown = put(&json!({"audiences": ["a"], "issuer": "me"})).await;
    assert_eq!(unknown.0, "/issuer");
    assert_as_seeded(&cleo).await;
}

#[tokio::test]
async fn twenty_audiences_of_two_hundred_characters_are_not_too_many() {
    let app = signing_keys::app().await;
    let cleo = app.sign_in("cleo").await;
    let audiences: Vec<_> = (0..20).map(|number| format!("{number:!>200}")).collect();
    let body = json!({"audiences": audiences, "key_rotation_days": 365});
    assert_eq!(cleo.put(POLICY, &body).await.fine(), body);
    let all = audiences.join(" ");
    let token = token_in(&ask_for(&app.owner(), &all).await);
    assert_eq!(part(&token, 1)["aud"], json!(audiences));
    assert!(is_active(&app, &token).await);
}

#[tokio::test]
async fn a_change_is_an_event() {
    let app = App::with_people().await;
    let cleo = app.sign_in("cleo").await;
    let body = json!({"audiences": ["shop"], "key_rotation_days": 7});
    cleo.put(POLICY, &body).await.fine();
    // Events of one millisecond stand in any order.
    app.advance(std::time::Duration::from_millis(1));
    cleo.put(
        POLICY,
        &json!({"audiences": ["shop"], "key_rotation_days": 8}),
    )
    .await
    .fine();
    let events = cleo.audit("action=admin.token_policy.replace").await;
    assert_eq!(events.len(), 2, "{events:?}");
    let id = countersign_tests::APPLICATION;
    for event in &events {
        assert_eq!(event["actor"]["id"], *cleo.id);
        assert_eq!(event["outcome"], "applied");
        assert_eq!(
            event["object"],
            json!({"kind": "token_policy", "id": id, "name": id})
        );
    }
    assert_eq!(
        events[1]["changes"],
        json!({
            "audiences": {"before": [id], "after": ["shop"]},
            "key_rotation_days": {"before": 90, "after": 7}
        })
    );
    let days = json!({"key_rotation_days": {"before": 7, "after": 8}});
    assert_eq!(events[0]["changes"], days);
}

#[tokio::test]
async fn it_takes_manage_modules() {
    let app = App::with_people().await;
    let body = json!({"audiences": ["shop"]});
    for nobody in [app.stranger(), app.owner()] {
        let json = [("content-type", "application/json")];
        let put = reqwest::Method::PUT;
        let reply = nobody
            .send(put, POLICY, &json, body.to_string().into())
            .await;
        reply.problem(401, "not-signed-in");
    }
    for lesser in ["ben", "dora"] {
        let lesser = app.sign_in(lesser).await;
        lesser
            .put(POLICY, &body)
            .await
            .problem(403, "not-permitted");
        assert_as_seeded(&lesser).await;
        let refused = lesser.audit("action=admin.token_policy.replace").await;
        assert_eq!(refused[0]["reason"], "not-permitted");
    }
}
