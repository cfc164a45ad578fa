//! Publishing while others read and publish, and while DynamoDB fails.
//!
//! A reader gets the version before or the version after, never half of one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign_tests::call_hooks::{Breakage, cancelled};
use countersign_tests::published::{PUBLISHED, assert_not_found, newest_file, version_file};
use countersign_tests::{App, Setup};
use local::dynamodb::Intervention;
use serde_json::json;
use tokio::task::JoinHandle;

const BOTH: [&str; 2] = ["left", "right"];
const PUBLISH: [&str; 2] = ["settings.widget.publish", "TransactWriteItems"];
const DELETE: [&str; 2] = ["settings.widget.delete", "TransactWriteItems"];
const CLEAR: [&str; 2] = ["settings.widget.delete", "BatchWriteItem"];

/// Gives both keys the same value, whatever it is, and chooses them.
async fn choose(app: &App, value: &str) {
    let items = json!({"left": value, "right": value});
    app.choose(PUBLISHED, &BOTH, &items).await;
}

async fn app_that_breaks() -> (App, Arc<Breakage>) {
    let breakage = Arc::new(Breakage::default());
    let setup = Setup {
        hook: Some(breakage.clone()),
        ..Setup::default()
    };
    (App::with(setup).await, breakage)
}

/// The version that everyone sees, and its value: the same wherever one looks.
async fn seen(app: &App) -> (String, String) {
    let newest = app.newest(PUBLISHED).await;
    assert_eq!(newest["left"], newest["right"]);
    let version = newest["janrain_settings_version"].as_str().unwrap();
    let file = app.read(&version_file(PUBLISHED, version)).await;
    assert_eq!(file.json(), newest);
    let given = [("for_client_id", PUBLISHED)];
    let view = app.owner().post("/settings/widget/get", &given).await;
    assert_eq!(view.ok()["results"], newest);
    let value = newest["left"].as_str().unwrap().to_owned();
    (version.to_owned(), value)
}

/// The listed versions, each of which is served.
async fn versions(app: &App) -> Vec<String> {
    let files = app.files(&[("for_client_id", PUBLISHED)]).await;
    for path in &files {
        assert_eq!(app.read(path).await.status, 200, "{path}");
    }
    let prefix = newest_file(PUBLISHED, "json").replace(".json", "/");
    let of_version = |path: &String| Some(path.strip_prefix(&prefix)?.replace(".json", ""));
    files.iter().filter_map(of_version).collect()
}

/// Reads the newest version over and over until `stop`; gives the versions in the order in which
/// they were seen.
fn read_on(app: &Arc<App>, stop: &Arc<AtomicBool>) -> JoinHandle<Vec<String>> {
    let (app, stop) = (Arc::clone(app), Arc::clone(stop));
    tokio::spawn(async move {
        let mut order = Vec::new();
        loop {
            let last = stop.load(Ordering::SeqCst);
            let newest = app.newest(PUBLISHED).await;
            assert_eq!(newest["left"], newest["right"], "half of a version");
            let version = newest["janrain_settings_version"].as_str().unwrap();
            if order.last().is_none_or(|before| before != version) {
                order.push(version.to_owned());
            }
            if last {
                return order;
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_only_whole_versions_and_none_of_them_again() {
    let app = Arc::new(App::start().await);
    choose(&app, "0").await;
    let mut published = vec![app.publish(PUBLISHED).await];
    let stop = Arc::default();
    let reader = read_on(&app, &stop);
    for round in 0..50 {
        choose(&app, ["even", "odd"][round % 2]).await;
        published.push(app.publish(PUBLISHED).await);
    }
    stop.store(true, Ordering::SeqCst);
    let order = reader.await.unwrap();
    assert!(order.is_sorted(), "an older version came after a newer one");
    assert!(order.iter().all(|version| published.contains(version)));
    assert_eq!(order.last(), published.last());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_always_finds_a_version_while_the_newest_is_deleted() {
    let app = Arc::new(App::start().await);
    choose(&app, "stays").await;
    let stays = app.publish(PUBLISHED).await;
    let stop = Arc::default();
    let reader = read_on(&app, &stop);
    for _ in 0..25 {
        let version = app.publish(PUBLISHED).await;
        app.unpublish(PUBLISHED, Some(&version)).await.ok();
    }
    stop.store(true, Ordering::SeqCst);
    assert_eq!(reader.await.unwrap().last(), Some(&stays));
}

#[tokio::test(flavor = "multi_thread")]
async fn publishers_at_once_make_a_version_each_and_one_newest() {
    let app = Arc::new(App::start().await);
    choose(&app, "1").await;
    for at_once in [2, 8] {
        let before = versions(&app).await.len();
        let publishers: Vec<_> = (0..at_once)
            .map(|_| {
                let app = Arc::clone(&app);
                tokio::spawn(async move { app.publish(PUBLISHED).await })
            })
            .collect();
        let mut made = BTreeSet::new();
        for publisher in publishers {
            made.insert(publisher.await.unwrap());
        }
        let listed = versions(&app).await;
        assert_eq!(made.len(), at_once);
        assert_eq!(listed.len(), before + at_once);
        assert!(made.iter().all(|version| listed.contains(version)));
        assert_eq!(Some(&seen(&app).await.0), listed.last());
    }
}

#[tokio::test]
async fn a_publication_that_breaks_leaves_the_old_version_or_the_new_one() {
    let conflict = || cancelled(&["None", "TransactionConflict"]);
    for (with, times, code) in [
        (conflict(), 3, None),
        (Intervention::FailBefore, 1, None),
        (Intervention::FailAfter, 1, None),
        (conflict(), usize::MAX, Some((510, "api_limit_error"))),
        (
            Intervention::FailBefore,
            usize::MAX,
            Some((500, "unexpected_error")),
        ),
        (
            Intervention::FailAfter,
            usize::MAX,
            Some((500, "unexpected_error")),
        ),
    ] {
        let about = format!("{with:?} {times}")
            .chars()
            .take(60)
            .collect::<String>();
        let (app, breakage) = app_that_breaks().await;
        choose(&app, "old").await;
        let old = app.publish(PUBLISHED).await;
        choose(&app, "new").await;
        let is_new = code.is_none() || with == Intervention::FailAfter;
        breakage.begin(PUBLISH, with, 0, times);
        let reply = app.try_publish(PUBLISHED).await;
        assert!(breakage.end() >= 1, "{about}");
        if let Some((code, name)) = code {
            reply.error(code, name);
        } else {
            reply.ok();
        }
        let (newest, value) = seen(&app).await;
        assert_eq!(value, if is_new { "new" } else { "old" }, "{about}");
        // A repeated call made nothing twice.
        let listed = versions(&app).await;
        assert_eq!(listed.len(), 1 + usize::from(is_new), "{about}");
        assert_eq!(
            (&listed[0], listed.last()),
            (&old, Some(&newest)),
            "{about}"
        );
        // It goes on from there.
        let next = app.publish(PUBLISHED).await;
        assert_eq!(seen(&app).await, (next, "new".to_owned()), "{about}");
    }
}

#[tokio::test]
async fn a_deletion_that_breaks_is_done_or_not() {
    for (with, times, deleted) in [
        (cancelled(&["TransactionConflict"]), 3, true),
        (Intervention::FailAfter, 1, true),
        (Intervention::FailBefore, usize::MAX, false),
        (Intervention::FailAfter, usize::MAX, true),
    ] {
        let (app, breakage) = app_that_breaks().await;
        choose(&app, "1").await;
        let mut wanted = app.publish_times(PUBLISHED, 3).await;
        breakage.begin(DELETE, with.clone(), 0, times);
        app.unpublish(PUBLISHED, Some(&wanted[2])).await;
        assert!(breakage.end() >= 1, "{with:?}");
        if deleted {
            wanted.pop();
        }
        assert_eq!(versions(&app).await, wanted, "{with:?}");
        assert_eq!(Some(&seen(&app).await.0), wanted.last(), "{with:?}");
    }
}

/// Makes sure that nobody sees anything of these versions.
async fn assert_gone(app: &App, versions: &[String]) {
    let given = [("for_client_id", PUBLISHED)];
    assert_eq!(app.files(&given).await, Vec::<String>::new());
    assert_eq!(app.files(&[]).await, Vec::<String>::new());
    app.owner()
        .post("/settings/widget/get", &given)
        .await
        .invalid("for_client_id");
    let files = versions.iter().map(|one| version_file(PUBLISHED, one));
    let newest = ["json", "js"].map(|kind| newest_file(PUBLISHED, kind));
    for path in files.chain(newest) {
        assert_not_found(&app.read(&path).await, &path);
    }
    for version in versions {
        let given = [given[0], ("version", version)];
        let reply = app.owner().post("/settings/widget/get", &given).await;
        reply.invalid("version");
    }
}

/// Returns the number of stored items without the head, which stays.
async fn leftovers(app: &App) -> usize {
    let items = app.dump("published").await;
    items
        .iter()
        .filter(|item| item.get("published").is_some())
        .count()
}

#[tokio::test]
async fn an_interrupted_clearing_is_not_seen_and_is_finished_later() {
    for spared in [0, 1] {
        for by_publishing in [false, true] {
            let (app, breakage) = app_that_breaks().await;
            choose(&app, "1").await;
            let versions = app.publish_times(PUBLISHED, 30).await;
            breakage.begin(CLEAR, Intervention::FailBefore, spared, usize::MAX);
            app.unpublish(PUBLISHED, None).await.ok();
            assert!(breakage.end() >= 1);
            assert!(leftovers(&app).await > 0);
            assert_gone(&app, &versions).await;
            if by_publishing {
                let next = app.publish(PUBLISHED).await;
                assert_eq!(seen(&app).await.0, next);
                assert_eq!(self::versions(&app).await, [next]);
            }
            app.unpublish(PUBLISHED, None).await.ok();
            assert_eq!(leftovers(&app).await, 0);
            assert_gone(&app, &versions).await;
        }
    }
}
