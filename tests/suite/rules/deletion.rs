//! Deleting a client with all that belongs to it: at once for everyone, and in the end for good.

use std::sync::Arc;

use countersign_tests::call_hooks::Breakage;
use countersign_tests::published::{assert_not_found, newest_file, version_file};
use countersign_tests::{App, Caller, Setup, random_name};
use local::Options;
use local::dynamodb::Intervention;
use serde_json::{Value, json};
use shared::seed::Seed;

const ID: &str = "client_id_for_deletion";
const DOOMED: &str = "direct_access";

async fn app_that_breaks() -> (App, Arc<Breakage>) {
    let breakage = Arc::new(Breakage::default());
    let setup = Setup {
        hook: Some(breakage.clone()),
        // For a second server on the same store.
        embedded: true,
        ..Setup::default()
    };
    (App::with(setup).await, breakage)
}

/// Gives a client a layer, a history and published versions.
async fn furnish(app: &App, id: &str, versions: usize) -> Vec<String> {
    app.choose(id, &["k", "minimum_age"], &json!({"k": "a value"}))
        .await;
    app.give(id, &json!({"k": "another value"})).await;
    app.publish_times(id, versions).await
}

async fn delete(app: &App, id: &str) {
    let given = [(ID, id)];
    app.owner().post("/clients/delete", &given).await.ok();
}

/// Makes sure that the client and its files are no longer there for anyone.
async fn assert_dead(app: &App, caller: &Caller, id: &str, versions: &[String]) {
    caller
        .post("/settings/get_default", &[("key", "k")])
        .await
        .error(402, "invalid_client_credentials");
    let files = versions.iter().map(|version| version_file(id, version));
    let newest = ["json", "js"].map(|kind| newest_file(id, kind));
    for path in files.chain(newest) {
        assert_not_found(&app.read(&path).await, &path);
    }
    assert_eq!(app.listed(id).await, None);
    assert_eq!(app.files(&[]).await, Vec::<String>::new());
    let all = app.owner().post("/settings/get_all", &[]).await.ok();
    assert_eq!(all["client_settings"].get(id), None);
    for path in [
        "/settings/items",
        "/settings/history",
        "/settings/widget/get",
    ] {
        let reply = app.owner().post(path, &[("for_client_id", id)]).await;
        let why = reply.invalid("for_client_id");
        assert_eq!(why, "for_client_id is not a valid id", "{path}");
    }
}

/// The tables that hold something of a client.
async fn tables_with(app: &App, id: &str) -> Vec<&'static str> {
    let mut tables = Vec::new();
    for table in ["clients", "settings", "published", "audit"] {
        let items = Value::from(app.dump(table).await).to_string();
        if items.contains(id) {
            tables.push(table);
        }
    }
    tables
}

#[tokio::test]
async fn nothing_is_left_of_a_client_but_what_the_audit_tells() {
    let app = App::start().await;
    let (caller, id) = app.new_client(&["owner"]).await;
    let versions = furnish(&app, &id, 3).await;
    caller
        .post("/settings/set", &[("key", "own"), ("value", "1")])
        .await
        .ok();
    let features = [("for_client_id", id.as_str()), ("features", "[]")];
    app.owner()
        .post("/clients/set_features", &features)
        .await
        .ok();
    let all = ["clients", "settings", "published", "audit"];
    assert_eq!(tables_with(&app, &id).await, all);
    delete(&app, &id).await;
    assert_dead(&app, &caller, &id, &versions).await;
    assert_eq!(tables_with(&app, &id).await, ["audit"]);
}

#[tokio::test]
async fn others_keep_what_is_theirs() {
    // One ID begins as the other does.
    let mut setup = Setup::default();
    let clients = setup.seed["applications"][0]["clients"].as_array_mut();
    clients.unwrap().push(json!({
        "client_id": "direct_access2", "description": "the like", "settings": {"k": "kept"}
    }));
    let app = App::with(setup).await;
    furnish(&app, DOOMED, 3).await;
    let kept = furnish(&app, "direct_access2", 3).await;
    delete(&app, DOOMED).await;
    assert_eq!(app.files(&[]).await.len(), 2 + 3);
    for version in kept {
        let path = version_file("direct_access2", &version);
        assert_eq!(app.read(&path).await.status, 200);
    }
    let given = [("for_client_id", "direct_access2")];
    let history = app.owner().post("/settings/history", &given).await.ok();
    assert_eq!(history["result"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn thirty_versions_and_a_hundred_changes_are_cleared() {
    let app = App::start().await;
    let (caller, id) = app.new_client(&["direct_access"]).await;
    let versions = furnish(&app, &id, 30).await;
    for number in 0..100 {
        app.give(&id, &json!({ "k": number.to_string() })).await;
    }
    delete(&app, &id).await;
    assert_dead(&app, &caller, &id, &versions).await;
    assert_eq!(tables_with(&app, &id).await, ["audit"]);
}

#[tokio::test]
async fn an_interrupted_clearing_is_not_seen_and_is_finished_by_the_next_deletion() {
    for (operation, spared) in [
        ("BatchWriteItem", 0),
        ("BatchWriteItem", 1),
        ("Query", 0),
        ("Query", 1),
        ("Query", 2),
        ("BatchGetItem", 1),
    ] {
        let about = format!("{operation} after {spared}");
        let (app, breakage) = app_that_breaks().await;
        let (caller, id) = app.new_client(&["direct_access"]).await;
        let versions = furnish(&app, &id, 30).await;
        let broken = ["clients.delete", operation];
        breakage.begin(broken, Intervention::FailBefore, spared, usize::MAX);
        delete(&app, &id).await;
        assert!(breakage.end() >= 1, "{about}");
        assert_dead(&app, &caller, &id, &versions).await;
        assert!(tables_with(&app, &id).await.len() > 1, "{about}");
        delete(&app, "featureless").await;
        assert_eq!(tables_with(&app, &id).await, ["audit"], "{about}");
        assert_dead(&app, &caller, &id, &versions).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_races_with_publications_and_settings_leaves_nothing_behind() {
    let app = Arc::new(App::start().await);
    for round in 0..8 {
        let (caller, id) = app.new_client(&["direct_access"]).await;
        if round % 2 == 0 {
            furnish(&app, &id, 2).await;
        } else {
            let choice = json!({"jump_publish_settings": "minimum_age"});
            app.give(&id, &choice).await;
        }
        let mut calls = Vec::new();
        for number in 0..6 {
            let (app, id) = (Arc::clone(&app), id.clone());
            calls.push(tokio::spawn(async move {
                let of_client = ("for_client_id", id.as_str());
                let setting = [of_client, ("key", "k"), ("value", &random_name())];
                let reply = match number % 3 {
                    _ if number == 3 => return delete(&app, &id).await,
                    0 => app.owner().post("/settings/set", &setting).await,
                    _ => app.try_publish(&id).await,
                };
                if reply.json()["stat"] != "ok" {
                    let why = reply.invalid("for_client_id");
                    assert_eq!(why, "for_client_id is not a valid id");
                }
            }));
        }
        for call in calls {
            call.await.unwrap();
        }
        assert_dead(&app, &caller, &id, &[]).await;
        assert_eq!(tables_with(&app, &id).await, ["audit"]);
    }
}

#[tokio::test]
async fn a_publication_that_reads_a_client_just_before_its_deletion_and_its_settings_after_it_says_that_it_is_gone()
 {
    let (app, breakage) = app_that_breaks().await;
    let (_, id) = app.new_client(&["direct_access"]).await;
    furnish(&app, &id, 0).await;
    let clients = app.dump("clients").await;
    let sort_key = json!({"S": format!("client#{id}")});
    let record = clients.iter().find(|item| item["sk"] == sort_key);
    let torn =
        json!({"Responses": {"countersign-clients": [record.unwrap()]}, "UnprocessedKeys": {}});
    delete(&app, &id).await;
    let torn = Intervention::AnswerInstead(200, torn.to_string().into_bytes());
    breakage.begin(["settings.widget.publish", "BatchGetItem"], torn, 0, 1);
    let why = app.try_publish(&id).await.invalid("for_client_id");
    assert_eq!(breakage.end(), 1);
    assert_eq!(why, "for_client_id is not a valid id");
}

/// Has `held` wait at its transaction until `first` is done.
async fn overtake(
    breakage: &Breakage,
    function: &'static str,
    held: impl Future<Output = ()> + Send + 'static,
    first: impl AsyncFnOnce(),
) {
    let late = Intervention::Delay(std::time::Duration::from_millis(500));
    breakage.begin([function, "TransactWriteItems"], late, 0, 1);
    let held = tokio::spawn(held);
    while breakage.struck() == 0 {
        tokio::task::yield_now().await;
    }
    first().await;
    held.await.unwrap();
    breakage.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_publishes_for_the_first_time_while_it_is_deleted_leaves_nothing_behind() {
    let (app, breakage) = app_that_breaks().await;
    let app = Arc::new(app);
    let (caller, id) = app.new_client(&["direct_access"]).await;
    furnish(&app, &id, 0).await;
    let mut versions = Vec::new();
    let deletion = {
        let (app, id) = (Arc::clone(&app), id.clone());
        async move { delete(&app, &id).await }
    };
    overtake(&breakage, "clients.delete", deletion, async || {
        versions.push(app.publish(&id).await);
        app.give(&id, &json!({"k": "late"})).await;
    })
    .await;
    assert_dead(&app, &caller, &id, &versions).await;
    assert_eq!(tables_with(&app, &id).await, ["audit"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_too_late_for_a_deleted_client_leaves_nothing_behind() {
    for function in ["settings.widget.publish", "settings.set"] {
        let (app, breakage) = app_that_breaks().await;
        let app = Arc::new(app);
        let (caller, id) = app.new_client(&["direct_access"]).await;
        furnish(&app, &id, 1).await;
        let late = {
            let (app, id) = (Arc::clone(&app), id.clone());
            async move {
                let setting = [
                    ("for_client_id", id.as_str()),
                    ("key", "k"),
                    ("value", "late"),
                ];
                let reply = match function {
                    "settings.set" => app.owner().post("/settings/set", &setting).await,
                    _ => app.try_publish(&id).await,
                };
                reply.invalid("for_client_id");
            }
        };
        overtake(&breakage, function, late, async || delete(&app, &id).await).await;
        assert_dead(&app, &caller, &id, &[]).await;
        assert_eq!(tables_with(&app, &id).await, ["audit"], "{function}");
    }
}

/// Another server on the same store, started with the usual seed.
async fn import_again(app: &App) -> App {
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        storage: app.running.shared_storage().unwrap(),
        table_prefix: app.table_prefix.clone(),
        seed: Some(Seed::parse(&Setup::default().seed.to_string()).unwrap()),
        demo: false,
        clock: app.clock.clone(),
        hook: None,
        bootstrap: None,
        template: None,
    };
    let running = local::start(options).await.unwrap();
    App {
        running,
        clock: app.clock.clone(),
        table_prefix: app.table_prefix.clone(),
    }
}

#[tokio::test]
async fn a_client_that_is_imported_again_under_the_same_id_starts_empty() {
    for interrupted in [false, true] {
        let (app, breakage) = app_that_breaks().await;
        let old = furnish(&app, DOOMED, 3).await;
        if interrupted {
            let broken = ["clients.delete", "BatchWriteItem"];
            breakage.begin(broken, Intervention::FailBefore, 0, usize::MAX);
        }
        delete(&app, DOOMED).await;
        assert_eq!(breakage.end() > 0, interrupted);
        assert_dead(&app, &app.client(DOOMED), DOOMED, &old).await;

        let app = import_again(&app).await;
        let of_client = [("for_client_id", DOOMED)];
        let owner = app.owner();
        let items = owner.post("/settings/items", &of_client).await.ok();
        assert_eq!(
            items["result"],
            json!({"minimum_age": "13", "größe": "1.5"})
        );
        let history = owner.post("/settings/history", &of_client).await.ok();
        assert_eq!(history["result"], json!([]));
        let why = app.try_publish(DOOMED).await.invalid("for_client_id");
        assert!(why.contains("jump_publish_settings"), "{why}");
        assert_eq!(app.files(&[]).await, Vec::<String>::new());

        // Its own settings are the first, also after the next deletion of another.
        let new = furnish(&app, DOOMED, 1).await;
        delete(&app, "featureless").await;
        let history = owner.post("/settings/history", &of_client).await.ok();
        assert_eq!(history["result"].as_array().unwrap().len(), 3);
        assert_eq!(app.files(&of_client).await.len(), 3);
        for version in &old {
            let path = version_file(DOOMED, version);
            assert_not_found(&app.read(&path).await, "of its former life");
        }
        delete(&app, DOOMED).await;
        assert_dead(&app, &app.client(DOOMED), DOOMED, &new).await;
        for table in ["settings", "published"] {
            let left = Value::from(app.dump(table).await).to_string();
            assert!(!left.contains(DOOMED), "{table}: {left}");
        }
    }
}
