//! `ETag` and `If-Match`: nobody changes what they have not seen (administration contract, section 8).

mod at_once;

use std::collections::BTreeSet;

use countersign_tests::admin_clients::of_client;
use countersign_tests::{App, Person, Reply};
use functions::OPERATIONS;
use reqwest::Method;
use serde_json::{Value, json};

/// Returns the paths of the four kinds of resources with a version, each with a repeatable change.
async fn resources(app: &App) -> [(String, Method, Value); 4] {
    let ben = app.sign_in("ben").await.id;
    [
        (
            of_client("login_client", ""),
            Method::PATCH,
            json!({"name": "x"}),
        ),
        (
            format!("/admin/administrators/{ben}"),
            Method::PATCH,
            json!({"name": "x"}),
        ),
        (
            "/admin/modules".to_owned(),
            Method::PUT,
            json!({"modules": []}),
        ),
        (
            "/admin/token-policy".to_owned(),
            Method::PUT,
            json!({"audiences": ["reports"]}),
        ),
    ]
}

/// The version of what is at a path.
async fn etag(person: &Person, path: &str) -> String {
    let reply = person.get(path).await;
    reply.fine();
    reply.header("etag").to_owned()
}

/// Every call that changes something with a version: its method, where that is, its path and its body.
async fn changes(app: &App, person: &Person) -> Vec<(Method, String, String, Value)> {
    let cleo = app.sign_in("cleo").await.id;
    let dora = app.sign_in("dora").await.id;
    let of = |id: &str, rest: &str| format!("/admin/administrators/{id}{rest}");
    let client = |rest: &str| of_client("login_client", rest);
    let code = json!({"code": person.next_code()});
    let modules = "/admin/modules".to_owned();
    let policy = "/admin/token-policy".to_owned();
    let reset = [("for_client_id", "login_client"), ("hours_to_live", "1")];
    app.owner().post("/clients/reset_secret", &reset).await.ok();
    vec![
        (
            Method::PATCH,
            client(""),
            client(""),
            json!({"name": "new", "enabled": false}),
        ),
        (
            Method::POST,
            client(""),
            client("/secret/retire"),
            json!({}),
        ),
        (Method::POST, client(""), client("/secret/regenerate"), code),
        (Method::DELETE, client(""), client(""), Value::Null),
        (
            Method::PUT,
            modules.clone(),
            modules,
            json!({"modules": []}),
        ),
        (
            Method::PUT,
            policy.clone(),
            policy,
            json!({"audiences": ["reports"]}),
        ),
        (
            Method::PATCH,
            of(&cleo, ""),
            of(&cleo, ""),
            json!({"name": "new"}),
        ),
        (
            Method::POST,
            of(&cleo, ""),
            of(&cleo, "/reset-mfa"),
            json!({}),
        ),
        (
            Method::POST,
            of(&cleo, ""),
            of(&cleo, "/reset-password"),
            json!({}),
        ),
        (Method::DELETE, of(&dora, ""), of(&dora, ""), Value::Null),
    ]
}

#[tokio::test]
async fn no_change_that_takes_a_precondition_is_left_out_here() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let mut tried = BTreeSet::new();
    for (method, resource, path, _) in changes(&app, &ada).await {
        let rest = path.strip_prefix(&resource).unwrap();
        let place = if resource.starts_with("/admin/clients/") {
            "/admin/clients/{client_id}"
        } else if resource.starts_with("/admin/administrators/") {
            "/admin/administrators/{id}"
        } else {
            &resource
        };
        tried.insert(format!("{method} {place}{rest}"));
    }
    // Change requests and the policy have tests of their own.
    tried.extend(
        [
            "POST /admin/change-requests/{id}/approve",
            "POST /admin/change-requests/{id}/reject",
            "PUT /admin/multi-admin",
        ]
        .map(str::to_owned),
    );
    // Seeing a secret is no change, but takes one too.
    tried.insert("POST /admin/clients/{client_id}/secret/reveal".to_owned());
    let declared: BTreeSet<_> = OPERATIONS
        .iter()
        .filter(|endpoint| endpoint.changes_a_version())
        .map(|endpoint| format!("{} {}", endpoint.route.methods[0], endpoint.route.path))
        .collect();
    assert_eq!(tried, declared);
}

async fn send(person: &Person, method: &Method, path: &str, body: &Value) -> Reply {
    let body = (!body.is_null()).then_some(body);
    person.send(method.clone(), path, body).await
}

#[tokio::test]
async fn every_change_is_refused_when_its_caller_has_seen_another_version() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let everything = async || {
        let tables = [
            app.dump("clients").await,
            app.dump("administrators").await,
            app.dump("tokens").await,
        ];
        // That a session is in use is noted there, and is no change.
        Value::from(tables.concat()).to_string()
    };
    for (method, resource, path, body) in changes(&app, &ada).await {
        let present = etag(&ada, &resource).await;
        let before = everything().await;
        for stale in [
            r#""0""#,
            r#""77""#,
            "",
            "1",
            &format!("W/{present}"),
            r#""2", "3""#,
            "\"*\"",
        ] {
            if stale.contains(&present) && !stale.starts_with("W/") {
                continue;
            }
            let careful = ada.clone().with("if-match", stale);
            let reply = send(&careful, &method, &path, &body).await;
            let words = reply.problem(412, "stale");
            assert!(words.contains("read it again"), "{words}");
        }
        assert!(
            everything().await == before,
            "{method} {path} has changed something"
        );
        assert_eq!(etag(&ada, &resource).await, present);
    }
    let refused = ada.audit("outcome=refused").await;
    assert!(!refused.is_empty());
    assert!(
        refused.iter().all(|event| event["reason"] == "stale"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn every_change_is_made_when_its_caller_has_seen_the_present_version() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    for (method, resource, path, body) in changes(&app, &ada).await {
        let present = etag(&ada, &resource).await;
        let careful = ada.clone().with("if-match", &format!("\"0\", {present}"));
        let reply = send(&careful, &method, &path, &body).await;
        if method == Method::DELETE {
            reply.nothing();
            ada.get(&resource).await.problem(404, "not-found");
        } else {
            reply.fine();
            assert_ne!(etag(&ada, &resource).await, present, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn any_version_will_do_where_the_caller_says_so_or_nothing() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = of_client("login_client", "");
    for careless in [ada.clone().with("if-match", "*"), ada.clone()] {
        careless.patch(&path, &json!({"name": "x"})).await.fine();
    }
    ada.clone()
        .with("if-match", "*")
        .delete(&path)
        .await
        .nothing();
    // What is not there has no version.
    let gone = ada.with("if-match", "*").delete(&path).await;
    gone.problem(404, "not-found");
}

#[tokio::test]
async fn the_etags_of_looking_creating_and_changing_agree_and_each_change_has_another() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let created = ada.post("/admin/clients", &json!({"name": "new"})).await;
    created.created();
    let person = json!({"email": "new@example.com", "name": "New"});
    let invited = ada.post("/admin/administrators", &person).await;
    invited.created();
    for reply in [created, invited] {
        let path = reply.header("location");
        let mut seen = vec![reply.header("etag").to_owned()];
        assert_eq!(etag(&ada, path).await, seen[0], "{path}");
        for name in ["one", "two", "three"] {
            let changed = ada.patch(path, &json!({"name": name})).await;
            changed.fine();
            let tag = changed.header("etag").to_owned();
            assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
            assert!(!seen.contains(&tag), "{path}: {tag} again");
            assert_eq!(etag(&ada, path).await, tag, "{path}");
            seen.push(tag);
        }
    }
    for (path, method, body) in resources(&app).await {
        let before = etag(&ada, &path).await;
        let changed = send(&ada, &method, &path, &body).await;
        changed.fine();
        assert_ne!(changed.header("etag"), before, "{path}");
        assert_eq!(changed.header("etag"), etag(&ada, &path).await, "{path}");
    }
}

#[tokio::test]
async fn signing_in_and_failing_to_are_no_changes_of_an_administrator() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let ben = app.sign_in("ben").await;
    let path = format!("/admin/administrators/{}", ben.id);
    let before = etag(&ada, &path).await;
    app.sign_in("ben").await;
    let mut wrong = app.credentials("ben");
    wrong["password"] = "wrong horse battery".into();
    app.ask_for_session(&wrong)
        .await
        .problem(401, "sign-in-failed");
    ben.secret_of("owner").await;
    ben.delete("/admin/sessions/current").await.nothing();
    assert_eq!(etag(&ada, &path).await, before);
    let careful = ada.with("if-match", &before);
    careful
        .patch(&path, &json!({"name": "Benjamin"}))
        .await
        .fine();
}
