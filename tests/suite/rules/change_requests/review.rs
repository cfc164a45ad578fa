//! The view of reviewers: requester, times, and each field before and after, without secrets.

use std::time::Duration;

use countersign_tests::Person;
use countersign_tests::admin_clients::{of_client, regenerate, view};
use countersign_tests::administrators::at as of_person;
use countersign_tests::change_requests::{
    app, approve_with_code, at, count, field, held, id_of, pending, reject, see, somebody,
};
use countersign_tests::machine_api::is_id;
use serde_json::{Value, json};

/// A request as it waits, but for what it proposes.
fn waiting(operation: &str, object: Value, requester: Value, changes: Value) -> Value {
    let mut request = json!({
        "state": "pending", "operation": operation, "needs_code": false, "approvals": [],
        "approvals_needed": 1, "decided_by": null, "decided_at": null, "reason": null
    });
    request["object"] = object;
    request["requester"] = requester;
    request["changes"] = changes;
    request
}

/// Makes sure that a request is as it should be, but for its ID and times.
async fn assert_seen(person: &Person, id: &str, wanted: &Value) {
    let mut seen = see(person, id).await;
    for field in ["id", "created_at", "expires_at"] {
        let removed = seen.as_object_mut().unwrap().remove(field).unwrap();
        assert!(removed.is_string(), "{removed}");
    }
    assert_eq!(seen, *wanted);
}

#[tokio::test]
async fn a_creation_and_a_deletion_show_all_that_there_will_be_or_was() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let body = json!({"name": "New", "features": ["login_client"], "enabled": false});
    let id = id_of(&held(&ada.post("/admin/clients", &body).await));
    let object = see(&ben, &id).await["object"].clone();
    assert!(is_id(object["id"].as_str().unwrap()));
    assert_eq!(
        (&object["kind"], &object["name"]),
        (&json!("api_client"), &json!("New"))
    );
    let made = json!([
        field("allow_list", Value::Null, json!(["0.0.0.0/0"]), false),
        field("description", Value::Null, json!("New"), false),
        field("enabled", Value::Null, json!(false), false),
        field("features", Value::Null, json!(["login_client"]), false),
        field("modules", Value::Null, json!({}), false),
    ]);
    let by = somebody(&ada, "ada");
    assert_seen(
        &ben,
        &id,
        &waiting("admin.clients.create", object, by.clone(), made),
    )
    .await;
    // It is in no list and has no credentials.
    assert_eq!(ada.all("/admin/clients", "").await.len(), 7);
    let id = id_of(&held(&ada.delete(&of_client("owner", "")).await));
    let object = json!({"kind": "api_client", "id": "owner", "name": "the owner"});
    let gone = json!([
        field("allow_list", json!(["0.0.0.0/0"]), Value::Null, false),
        field("description", json!("the owner"), Value::Null, false),
        field("enabled", json!(true), Value::Null, false),
        field("features", json!(["owner"]), Value::Null, false),
        field("modules", json!({}), Value::Null, false),
    ]);
    assert_seen(
        &ben,
        &id,
        &waiting("admin.clients.delete", object, by, gone),
    )
    .await;
}

#[tokio::test]
async fn what_is_asked_for_an_administrator_is_shown_like_it() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let (cleo, dora) = (app.sign_in("cleo").await.id, app.sign_in("dora").await.id);
    let by = somebody(&ada, "ada");
    let body = json!({"email": "New@example.com", "name": "New", "privileges": ["manage_users"]});
    let id = id_of(&held(&ada.post("/admin/administrators", &body).await));
    let object = see(&ben, &id).await["object"].clone();
    assert_eq!(object["name"], "New@example.com");
    let made = json!([
        field("privileges", Value::Null, json!(["manage_users"]), true),
        field("email", Value::Null, json!("New@example.com"), false),
        field("has_mfa", Value::Null, json!(false), false),
        field("has_password", Value::Null, json!(false), false),
        field("name", Value::Null, json!("New"), false),
    ]);
    let wanted = waiting("admin.administrators.invite", object, by.clone(), made);
    assert_seen(&ben, &id, &wanted).await;
    let body = json!({"name": "Dorothea", "privileges": ["manage_modules"]});
    let id = id_of(&held(&ada.patch(&of_person(&dora), &body).await));
    let object = json!({"kind": "administrator", "id": dora, "name": "dora@example.com"});
    let changed = json!([
        field("privileges", json!([]), json!(["manage_modules"]), true),
        field("name", json!("dora"), json!("Dorothea"), false),
    ]);
    let wanted = waiting("admin.administrators.update", object, by.clone(), changed);
    assert_seen(&ben, &id, &wanted).await;
    let id = id_of(&held(&ada.delete(&of_person(&cleo)).await));
    let object = json!({"kind": "administrator", "id": cleo, "name": "cleo@example.com"});
    let gone = json!([
        field("email", json!("cleo@example.com"), Value::Null, false),
        field("has_mfa", json!(true), Value::Null, false),
        field("has_password", json!(true), Value::Null, false),
        field("name", json!("cleo"), Value::Null, false),
        field(
            "privileges",
            json!(["manage_modules", "manage_users"]),
            Value::Null,
            false
        ),
    ]);
    let wanted = waiting("admin.administrators.delete", object, by, gone);
    assert_seen(&ben, &id, &wanted).await;
}

#[tokio::test]
async fn of_a_secret_it_says_that_it_will_be_replaced_and_nothing_secret_stands_anywhere() {
    let app = app(&["cleo"]).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let old = ada.secret_of("login_client").await;
    let more = json!({"hours_to_live": 24});
    let asked = regenerate(&ada, "login_client", &ada.next_code(), &more).await;
    let id = id_of(&held(&asked));
    let object = json!({"kind": "api_client", "id": "login_client", "name": "the login_client"});
    let changes = json!([
        field("secret", Value::Null, json!("will be replaced"), false),
        field("hours_to_live", Value::Null, json!(24), false),
    ]);
    let by = somebody(&ada, "ada");
    let mut wanted = waiting("admin.clients.regenerate_secret", object, by, changes);
    wanted["needs_code"] = json!(true);
    assert_seen(&ben, &id, &wanted).await;
    assert!(
        ada.secret_of("login_client").await == old,
        "it is replaced already"
    );
    let waiting = ben.get(&at(&id, "")).await;
    let body = json!({"email": "new@example.com", "name": "New", "privileges": ["manage_users"]});
    let invitation = ada.post("/admin/administrators", &body).await;
    let given = [("for_client_id", "owner")];
    let reset = app.owner().post("/clients/reset_secret", &given).await;
    pending(&reset);
    let approved = approve_with_code(&ben, &id).await;
    let new = ada.secret_of("login_client").await;
    assert!(new != old, "it is not replaced");
    let mut everything = vec![
        asked.body,
        waiting.body,
        approved.body,
        invitation.body,
        reset.body,
        ada.get("/admin/change-requests").await.body,
        json!(ada.audit("").await).to_string(),
    ];
    for table in ["change-requests", "audit"] {
        everything.extend(app.dump(table).await.iter().map(ToString::to_string));
    }
    for text in everything {
        for secret in [
            &old, &new, "csk_", "cin_", "sealed", "digest", "totp", "argon2",
        ] {
            assert!(!text.contains(secret), "a secret stands in a review");
        }
    }
}

#[tokio::test]
async fn it_says_since_when_it_waits_and_for_how_long_and_ends_at_that_moment() {
    let app = app(&["cleo"]).await;
    let ada = app.sign_in("ada").await;
    app.advance(Duration::from_millis(250));
    let path = of_client("login_client", "");
    let asked = held(&ada.patch(&path, &json!({"name": "x"})).await);
    let id = id_of(&asked);
    assert_eq!(asked["created_at"], "2036-11-21T00:00:30.25Z");
    // A whole second, as what it holds has.
    assert_eq!(asked["expires_at"], "2036-12-05T00:00:31Z");
    // A sign-in takes 30 seconds.
    app.advance(Duration::from_millis(14 * 24 * 3_600_000 + 750 - 30_001));
    let ben = app.sign_in("ben").await;
    assert_eq!(see(&ben, &id).await, asked);
    app.advance(Duration::from_millis(1));
    let mut expired = asked;
    expired["state"] = json!("expired");
    expired["approvals_needed"] = json!(0);
    assert_eq!(see(&ben, &id).await, expired);
    for late in [
        ben.post(&at(&id, "/approve"), &json!({})).await,
        reject(&ben, &id).await,
    ] {
        let words = late.problem(409, "already-decided");
        assert_eq!(words, "it is expired since 2036-12-05T00:00:31Z");
    }
    assert_eq!(see(&ben, &id).await, expired);
    assert_eq!(view(&ben, "login_client").await["name"], "the login_client");
    held(&ben.patch(&path, &json!({"name": "x"})).await);
}

#[tokio::test]
async fn a_change_that_is_refused_is_no_request() {
    let app = app(&["cleo"]).await;
    let ben = app.sign_in("ben").await;
    let path = of_client("login_client", "");
    let modules = json!({"modules": {"payments": {}}});
    ben.patch(&path, &modules)
        .await
        .problem(403, "not-permitted");
    let ada = app.sign_in("ada").await;
    let unknown = json!({"modules": {"loans": {}}});
    assert_eq!(ada.patch(&path, &unknown).await.faults()[0].0, "/modules");
    let taken = json!({"email": "BEN@example.com", "name": "Ben"});
    ada.post("/admin/administrators", &taken)
        .await
        .problem(409, "taken");
    let own = json!({"privileges": ["manage_users"]});
    ada.patch(&of_person(&ada.id), &own)
        .await
        .problem(409, "own-privileges");
    let wrong = regenerate(&ada, "owner", &ada.wrong_code(), &json!({})).await;
    wrong.problem(401, "wrong-code");
    assert_eq!(count(&ada).await, 0);
}
