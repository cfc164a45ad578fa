//! The order of the audit: strictly by time, newest first, whatever the size of its pages.
//!
//! That holds however refusals and changes are mixed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use countersign_tests::{App, Caller, Person, secret_of};
use functions::OPERATIONS;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use shared::{Feature, Moment, Requirement, Timestamp};

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// So many milliseconds go by.
    Wait(u64),
    /// The owner changes a setting.
    Change,
    /// Somebody is refused who claims to be one of the clients, from one of two addresses.
    Refusal(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => prop_oneof![Just(0_u64), 1_u64..3, 1_000_u64..40_000, Just(59_999), Just(60_000), Just(60_001)]
            .prop_map(Step::Wait),
        3 => Just(Step::Change),
        4 => (0_usize..3, 0_usize..2).prop_map(|(client, source)| Step::Refusal(client, source)),
    ];
    vec(step, 1..40)
}

const CLIENTS: [&str; 3] = ["featureless", "login_client", "disabled"];

/// The expected events of the audit: time, last time, count, object.
struct World {
    app: App,
    owner: Caller,
    impostors: Vec<Vec<Caller>>,
    begin: Timestamp,
    /// Counts the changes of all histories, so that none sets what is set already.
    set: u64,
    changes: Vec<Value>,
    refusals: BTreeMap<(i64, usize, usize), (Timestamp, Timestamp, u64)>,
}

fn text(moment: Timestamp) -> String {
    Moment(moment).into()
}

impl World {
    async fn new() -> Self {
        let app = App::with_people().await;
        let of = |source: &str| {
            CLIENTS
                .map(|id| app.caller(id, &secret_of("foreigner")).from(source))
                .to_vec()
        };
        Self {
            owner: app.owner(),
            impostors: vec![of("127.0.0.1"), of("127.0.0.2")],
            begin: app.clock.now(),
            app,
            set: 0,
            changes: Vec::new(),
            refusals: BTreeMap::new(),
        }
    }

    /// Forgets what was, in a minute of its own.
    fn begin(&mut self) {
        let into = self.app.clock.now().millis().rem_euclid(60_000);
        let rest = u64::try_from(120_000 - into).unwrap();
        self.app.advance(Duration::from_millis(rest));
        self.begin = self.app.clock.now();
        self.changes.clear();
        self.refusals.clear();
    }

    async fn take(&mut self, step: Step) {
        let now = self.app.clock.now();
        match step {
            Step::Wait(millis) => self.app.advance(Duration::from_millis(millis)),
            Step::Change => {
                self.set += 1;
                let value = self.set.to_string();
                let given = [("key", "k"), ("value", value.as_str())];
                self.owner.post("/settings/set_default", &given).await.ok();
                self.changes.push(json!([
                    text(now),
                    text(now),
                    1,
                    countersign_tests::APPLICATION
                ]));
            }
            Step::Refusal(client, source) => {
                let caller = &self.impostors[source][client];
                let refused = caller.post("/clients/list", &[]).await;
                refused.error(402, "invalid_client_credentials");
                let minute = now.millis().div_euclid(60_000);
                let told = self
                    .refusals
                    .entry((minute, source, client))
                    .or_insert((now, now, 0));
                (told.1, told.2) = (now, told.2 + 1);
            }
        }
    }

    /// The events that there have to be, as a set.
    fn wanted(&self) -> Vec<String> {
        let refusals = self
            .refusals
            .iter()
            .map(|((_, _, client), (first, last, count))| {
                json!([text(*first), text(*last), count, CLIENTS[*client]])
            });
        let wanted: Vec<_> = self.changes.iter().cloned().chain(refusals).collect();
        sorted(&wanted)
    }
}

fn sorted(values: &[Value]) -> Vec<String> {
    let mut texts: Vec<_> = values.iter().map(Value::to_string).collect();
    texts.sort();
    texts
}

/// Asserts that the list and the export are the same sequence, and returns it.
///
/// The list is read in pages of each size. The sequence goes back in time.
async fn assert_one_sequence(reader: &Person, query: &str, sizes: &[usize]) -> Vec<Value> {
    let whole = reader.audit(&format!("{query}&limit=200")).await;
    let times: Vec<_> = whole
        .iter()
        .map(|event| {
            let moment = event["time"].as_str().unwrap().to_owned();
            Moment::try_from(moment).unwrap().0
        })
        .collect();
    assert!(
        times.is_sorted_by(|one, next| one >= next),
        "not newest first: {times:?}"
    );
    for size in sizes {
        let pages = reader.audit(&format!("{query}&limit={size}")).await;
        assert!(pages == whole, "pages of {size} give another sequence");
    }
    let path = format!("/admin/audit/export?format=ndjson&{query}");
    let export = reader.get(&path).await;
    let lines: Vec<Value> = export
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines == whole, "the export gives another sequence");
    whole
}

#[test]
fn any_history_is_one_sequence_whatever_the_size_of_its_pages() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = std::cell::RefCell::new(runtime.block_on(World::new()));
    let config = Config {
        cases: 24,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&steps(), |steps| {
        let world = &mut *world.borrow_mut();
        runtime.block_on(async {
            world.begin();
            for step in steps {
                world.take(step).await;
            }
            let end = world.app.clock.now().millis() + 1;
            let end = text(Timestamp::from_millis(end));
            let query = format!("from={}&to={end}", text(world.begin));
            let dora = world.app.sign_in("dora").await;
            let found = assert_one_sequence(&dora, &query, &[1, 2, 3, 7]).await;
            let told: Vec<_> = found
                .iter()
                .map(|event| {
                    let object = &event["object"]["id"];
                    json!([event["time"], event["last_time"], event["count"], object])
                })
                .collect();
            assert_eq!(sorted(&told), world.wanted());
        });
        Ok(())
    });
    outcome.unwrap_or_else(|fault| panic!("{fault}"));
}

#[tokio::test]
async fn hundreds_of_refusals_in_one_minute_are_all_told_and_in_order() {
    let app = App::with_people().await;
    let owners = OPERATIONS
        .iter()
        .filter(|endpoint| match endpoint.requires {
            Requirement::AnyFeature(features) => features == [Feature::Owner],
            _ => false,
        });
    let paths: Vec<_> = owners.map(|endpoint| endpoint.route.path).collect();
    let lesser = [
        "access_issuer",
        "direct_access",
        "direct_read_access",
        "featureless",
        "login_client",
    ];
    let owner = app.owner();
    app.advance(Duration::from_secs(30));
    let mut refused = 0;
    for source in ["127.0.0.1", "127.0.0.2", "127.0.0.3"] {
        for id in lesser {
            let client = app.client(id).from(source);
            for path in &paths {
                let reply = client.post(path, &[]).await;
                reply.error(403, "client_permission_error");
                refused += 1;
                if refused % 9 == 0 {
                    app.advance(Duration::from_millis(40));
                    let value = refused.to_string();
                    let given = [("key", "k"), ("value", value.as_str())];
                    owner.post("/settings/set_default", &given).await.ok();
                }
            }
        }
        // Those of the last source are of another minute.
        app.advance(Duration::from_secs(14));
    }
    let dora = app.sign_in("dora").await;
    let whole = assert_one_sequence(&dora, "", &[31, 100]).await;
    let told: BTreeSet<_> = whole
        .iter()
        .filter(|event| event["outcome"] == "refused")
        .map(|event| json!([event["action"], event["actor"]["id"], event["source_ip"]]).to_string())
        .collect();
    assert_eq!(told.len(), refused);
    assert!(refused > 300, "{refused} are not hundreds");
    assert_one_sequence(&dora, "outcome=refused&actor=featureless", &[9]).await;
    assert_one_sequence(&dora, "outcome=applied", &[13]).await;
}
