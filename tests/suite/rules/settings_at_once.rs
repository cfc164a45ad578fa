//! Settings that many change at once: nothing is lost, nothing is done twice, nothing is left over.

use std::sync::Arc;

use countersign_tests::call_hooks::{Faults, cancelled};
use countersign_tests::settings::audit::events_of;
use countersign_tests::settings::changes::{empty, versions};
use countersign_tests::settings::{Layer, assert_same, stored};
use countersign_tests::{App, Setup};
use local::dynamodb::{Call, Intervention};
use serde_json::{Value, json};

async fn sixty_four_writers_of_different_keys(layer: Layer) {
    let app = Arc::new(empty().await);
    let calls = (0..64).map(|number| {
        let app = Arc::clone(&app);
        let write = async move {
            let key = format!("key {number}");
            layer.set(&app, &key, "v").await
        };
        tokio::spawn(write)
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap().ok()["result"], false);
    }
    let now = layer.now(&app).await;
    assert_eq!(now.as_object().unwrap().len(), 64);
    let history = layer.history(&app).await;
    assert_eq!(versions(&history), (1..=64).rev().collect::<Vec<_>>());
    let action = history[0]["action"].as_str().unwrap();
    assert_eq!(events(&app, action).await, 64);
}

async fn events(app: &App, action: &str) -> usize {
    let audit = app.dump("audit").await;
    let of_action = |event: &&Value| event["action"]["S"] == action;
    audit.iter().filter(of_action).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_of_the_application_s_layer_lose_nothing() {
    sixty_four_writers_of_different_keys(Layer::Application).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_of_a_client_s_layer_lose_nothing() {
    sixty_four_writers_of_different_keys(Layer::Client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_create_one_key_one_creates_it() {
    for layer in Layer::BOTH {
        let app = Arc::new(empty().await);
        let calls = (0..16).map(|number| {
            let app = Arc::clone(&app);
            tokio::spawn(async move { layer.set(&app, "k", &number.to_string()).await })
        });
        let mut created = 0;
        for call in calls.collect::<Vec<_>>() {
            created += usize::from(call.await.unwrap().ok()["result"] == json!(false));
        }
        assert_eq!(created, 1, "{layer:?}");
        assert_eq!(layer.history(&app).await.len(), 16);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_with_many_keys_do_not_mix() {
    for layer in Layer::BOTH {
        let app = Arc::new(empty().await);
        let calls = (0..12).map(|number| {
            let app = Arc::clone(&app);
            let items = json!({"a": number.to_string(), "b": number.to_string()}).to_string();
            tokio::spawn(async move { layer.set_multi(&app, &items).await.ok() })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
            let now = layer.now(&app).await;
            assert_eq!(now["a"], now["b"], "{layer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_race_with_the_client_s_deletion_leave_no_layer_behind() {
    let app = empty().await;
    for _ in 0..6 {
        let (_, id) = app.new_client(&[]).await;
        let given = [("for_client_id", &*id), ("key", "k"), ("value", "v")];
        app.owner().post("/settings/set", &given).await.ok();
        let calls = (0..10).map(|number| {
            let (owner, id) = (app.owner(), id.clone());
            tokio::spawn(async move {
                let key = format!("key {number}");
                if number == 4 {
                    let given = [("client_id_for_deletion", &*id)];
                    owner.post("/clients/delete", &given).await.ok();
                    return;
                }
                let given = [("for_client_id", &*id), ("key", &key), ("value", "v")];
                let reply = owner.post("/settings/set", &given).await;
                if reply.json()["stat"] != "ok" {
                    let why = reply.invalid("for_client_id");
                    assert_eq!(why, "for_client_id is not a valid id");
                }
            })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap();
        }
        let left = app.dump("settings").await;
        let left = left.iter().filter(|item| item.to_string().contains(&id));
        assert_eq!(left.collect::<Vec<_>>(), Vec::<&Value>::new());
    }
}

const WRITERS: [&str; 2] = ["settings.set_default", "settings.set"];

/// A server that breaks so many transactions of the two operations that set one value.
async fn app_with_faults(times: usize, with: Intervention) -> (App, Arc<Faults>) {
    let writes = |call: &Call<'_>| {
        WRITERS.contains(&call.function) && call.operation == "TransactWriteItems"
    };
    let faults = Arc::new(Faults::new(times, with, writes));
    let mut setup = Setup {
        hook: Some(faults.clone()),
        ..Setup::default()
    };
    setup.seed["applications"][0]["settings"] = json!({});
    (App::with(setup).await, faults)
}

#[tokio::test]
async fn a_conflict_is_tried_again_and_the_change_made_once() {
    for reasons in [
        ["TransactionConflict", "None", "None"],
        ["ConditionalCheckFailed", "None", "None"],
        ["None", "ThrottlingError", "None"],
    ] {
        for layer in Layer::BOTH {
            let (app, faults) = app_with_faults(3, cancelled(&reasons)).await;
            let reply = layer.set(&app, "k", "v").await;
            assert_eq!(reply.ok()["result"], false);
            assert_eq!(faults.struck(), 3);
            assert_eq!(layer.now(&app).await, json!({"k": "v"}));
            assert_eq!(versions(&layer.history(&app).await), [1]);
            assert_eq!(events_of(&app, &reply).await.len(), 1);
        }
    }
}

#[tokio::test]
async fn an_answer_that_got_lost_is_one_change() {
    for layer in Layer::BOTH {
        let (app, faults) = app_with_faults(1, Intervention::FailAfter).await;
        let reply = layer.set(&app, "k", "v").await;
        assert_eq!(reply.ok()["result"], false);
        assert_eq!(faults.struck(), 1);
        assert_eq!(versions(&layer.history(&app).await), [1]);
        assert_eq!(events_of(&app, &reply).await.len(), 1);
    }
}

#[tokio::test]
async fn conflicts_without_end_are_said_and_change_nothing() {
    for layer in Layer::BOTH {
        let conflict = cancelled(&["TransactionConflict"]);
        let (app, _) = app_with_faults(usize::MAX, conflict).await;
        let before = stored(&app).await;
        let reply = layer.set(&app, "k", "v").await;
        reply.error(510, "api_limit_error");
        assert_same(&before, &stored(&app).await, "a conflict");
    }
}
