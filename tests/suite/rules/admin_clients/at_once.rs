//! Two at once: neither undoes the other, and what is checked is still true when it is written.

use std::sync::Arc;

use countersign_tests::admin_clients::{id_of, of_client, view};
use countersign_tests::interleaving::Interleaving;
use countersign_tests::{App, Person, Setup};
use serde_json::{Value, json};

const CREATE: &str = "admin.clients.create";
const UPDATE: &str = "admin.clients.update";
const REPLACE: &str = "admin.modules.replace";

async fn app() -> (App, Arc<Interleaving>) {
    let interleaving = Arc::<Interleaving>::default();
    let hook = interleaving.clone();
    let setup = Setup {
        hook: Some(hook),
        ..Setup::with_people()
    };
    (App::with(setup).await, interleaving)
}

/// The modules `collections` alone.
async fn remove_payments(person: &Person) -> countersign_tests::Reply {
    let body = json!({"modules": [{"key": "collections", "name": "collections"}]});
    person.put("/admin/modules", &body).await
}

/// Makes sure that every module that a client is let into is there.
async fn assert_grants_lead_somewhere(person: &Person) {
    let modules = person.get("/admin/modules").await.fine();
    let keys: Vec<_> = modules["modules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|module| module["key"].as_str().unwrap().to_owned())
        .collect();
    for client in person.all("/admin/clients", "").await {
        for module in client["modules"].as_object().unwrap().keys() {
            assert!(
                keys.contains(module),
                "{client} is let into a module of {keys:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_edits_at_once_none_is_lost() {
    let (app, interleaving) = app().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let path = of_client("login_client", "");
    let other = path.clone();
    interleaving.expect(UPDATE, async move {
        let change = json!({"features": ["owner"], "modules": {"payments": {}}});
        ada.patch(&other, &change).await.fine();
    });
    let change = json!({"name": "renamed", "enabled": false});
    let answered = ben.patch(&path, &change).await.fine();
    assert!(interleaving.has_happened());
    let seen = view(&ben, "login_client").await;
    assert_eq!(answered, seen);
    for (field, value) in [
        ("name", json!("renamed")),
        ("enabled", json!(false)),
        ("features", json!(["owner"])),
        ("modules", json!({"payments": {"administrator": false}})),
    ] {
        assert_eq!(seen[field], value);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_edits_at_once_none_is_lost() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let path = of_client("login_client", "");
    let changes = [
        json!({"name": "renamed"}),
        json!({"enabled": false}),
        json!({"features": ["owner"]}),
        json!({"allow_list": ["10.0.0.0/8"]}),
        json!({"modules": {"payments": {"administrator": true}}}),
    ];
    let calls: Vec<_> = changes
        .iter()
        .cloned()
        .map(|change| {
            let (ada, path) = (ada.clone(), path.clone());
            tokio::spawn(async move { ada.patch(&path, &change).await.fine() })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    let seen = view(&ada, "login_client").await;
    for change in &changes {
        let (field, value) = change.as_object().unwrap().iter().next().unwrap();
        assert_eq!(seen[field], *value);
    }
    let etag = format!("\"{}\"", changes.len() + 1);
    assert_eq!(ada.get(&path).await.header("etag"), etag);
    assert_eq!(
        ada.audit("action=admin.clients.update").await.len(),
        changes.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_creations_of_one_name_one_wins() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let calls: Vec<_> = (0..8)
        .map(|number| {
            let ben = ben.clone();
            let name = if number % 2 == 0 { "Wanted" } else { "WANTED" };
            tokio::spawn(async move { ben.post("/admin/clients", &json!({"name": name})).await })
        })
        .collect();
    let mut made = 0;
    for call in calls {
        let reply = call.await.unwrap();
        if reply.status == 201 {
            made += 1;
        } else {
            reply.problem(409, "taken");
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_is_removed_meanwhile_is_not_granted() {
    let (app, interleaving) = app().await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let grant = json!({"name": "new", "modules": {"payments": {}}});
    let remover = cleo.clone();
    interleaving.expect(UPDATE, async move {
        remove_payments(&remover).await.fine();
    });
    let refused = ada.patch(&of_client("login_client", ""), &grant).await;
    assert_eq!(refused.faults()[0].0, "/modules");
    assert!(interleaving.has_happened());
    let again = json!({"modules": [{"key": "payments", "name": "p"}]});
    cleo.put("/admin/modules", &again).await.fine();
    interleaving.expect(CREATE, async move {
        remove_payments(&cleo).await.fine();
    });
    let refused = ada.post("/admin/clients", &grant).await;
    assert_eq!(refused.faults()[0].0, "/modules");
    assert!(interleaving.has_happened());
    assert_grants_lead_somewhere(&ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_is_granted_meanwhile_is_not_removed() {
    let (app, interleaving) = app().await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let path = of_client("login_client", "");
    let grant = json!({"modules": {"payments": {}}});
    let (granter, granted, other) = (ada.clone(), grant.clone(), path.clone());
    interleaving.expect(REPLACE, async move {
        granter.patch(&other, &granted).await.fine();
    });
    remove_payments(&cleo).await.problem(409, "module-in-use");
    assert!(interleaving.has_happened());
    assert_grants_lead_somewhere(&ada).await;

    ada.patch(&path, &json!({"modules": {}})).await.fine();
    let granter = ada.clone();
    interleaving.expect(REPLACE, async move {
        let new = json!({"name": "new", "modules": {"payments": {}}});
        granter.new_client(&new).await;
    });
    remove_payments(&cleo).await.problem(409, "module-in-use");
    assert!(interleaving.has_happened());
    assert_grants_lead_somewhere(&ada).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_client_is_not_brought_back_by_an_edit_at_the_same_time() {
    let (app, interleaving) = app().await;
    let ben = app.sign_in("ben").await;
    let id = id_of(&ben.new_client(&json!({"name": "new"})).await);
    let path = of_client(&id, "");
    let (deleter, other) = (ben.clone(), path.clone());
    interleaving.expect(UPDATE, async move {
        deleter.delete(&other).await.nothing();
    });
    let body = json!({"name": "renamed"});
    ben.patch(&path, &body).await.problem(404, "not-found");
    assert!(interleaving.has_happened());
    let left = app.dump("clients").await;
    assert!(!Value::from(left).to_string().contains(&id));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_the_privilege_meanwhile_changes_nothing() {
    let (app, interleaving) = app().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let person = format!("/admin/administrators/{}", ben.id);
    let before = view(&ada, "login_client").await;
    let demoter = ada.clone();
    interleaving.expect(UPDATE, async move {
        let less = json!({"privileges": []});
        demoter.patch(&person, &less).await.fine();
    });
    let body = json!({"name": "renamed"});
    let late = ben.patch(&of_client("login_client", ""), &body).await;
    late.problem(401, "not-signed-in");
    assert!(interleaving.has_happened());
    assert_eq!(view(&ada, "login_client").await, before);
}
