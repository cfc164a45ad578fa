//! The cost of each operation at DynamoDB, and that it is granted exactly the rights that it uses.
//!
//! Every operation has an exercise here. The test fails for an operation without one, and when a
//! table row or a policy is no longer true.

mod administration;
pub(crate) mod key_faults;
mod tokens;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use countersign_tests::call_hooks::{Usage, UsageCounter};
use countersign_tests::derived::{template, without};
use countersign_tests::signatures::Signer;
use countersign_tests::{App, Setup, secret_of};
use functions::OPERATIONS;
use local::iam::{Policies, table_arn};
use shared::{Endpoint, Requirement};

/// Returns the setup to exercise an operation in.
///
/// It is on the embedded store. Any store would do, because policies are enforced in front of it.
fn setup_for(operation: &str) -> Setup {
    let mut usual = if operation.starts_with("admin.") || administration::is_covered(operation) {
        Setup::with_people()
    } else {
        Setup::default()
    };
    if operation.starts_with("oauth2.") {
        tokens::let_in(&mut usual);
    }
    Setup {
        embedded: true,
        ..usual
    }
}

/// The same, with everything switched on that an operation may be granted something for.
fn strained_setup_for(operation: &str) -> Setup {
    let mut setup = setup_for(operation);
    setup.seed["applications"][0]["signatures"] = true.into();
    setup
}

/// Calls an operation in unusual ways: refused, and with a session whose use is written down.
async fn strain(app: &App, endpoint: &Endpoint) {
    match endpoint.requires {
        Requirement::Nothing => {}
        Requirement::AnyFeature(_) => {
            if administration::is_covered(endpoint.id) {
                administration::hold_back(app).await;
                // The first one waits for approval, and the second one for the first.
                for stat in ["pending", "error"] {
                    let arguments = administration::held_arguments(endpoint.id);
                    let held = app.owner().post(endpoint.route.path, &arguments).await;
                    assert_eq!(held.json()["stat"], stat, "{}: {}", endpoint.id, held.body);
                    assert_ne!(held.json()["code"], 500, "{}: {}", endpoint.id, held.body);
                }
            }
            // Who signs is known before it is seen that the arguments are missing.
            let signer = Signer::new(app, "owner", &secret_of("owner"));
            let signed = signer.request(endpoint.route.path, &[]).send().await;
            let code = &signed.json()["code"];
            assert!(
                code.is_null() || code == 100,
                "{}: {}",
                endpoint.id,
                signed.body
            );
            let wrong = app.caller("owner", &secret_of("login_client"));
            let refused = wrong.post(endpoint.route.path, &[]).await;
            refused.error(402, "invalid_client_credentials");
        }
        Requirement::Client => tokens::strain(app, endpoint).await,
        Requirement::Privileges(privileges) => {
            administration::strain(app, endpoint, privileges).await;
        }
    }
}

/// Calls an operation so that it does its whole work.
async fn exercise(app: &App, operation: &str) {
    if operation.starts_with("admin.") {
        return administration::exercise(app, operation).await;
    }
    if operation.starts_with("oauth2.") {
        return tokens::exercise(app, operation).await;
    }
    let client = "login_client";
    let of_client = ("for_client_id", client);
    let arguments: &[(&str, &str)] = match operation {
        "clients.list" | "settings.get_all" => &[],
        "clients.add" => &[("description", "a new one")],
        "clients.delete" => {
            publish(app, client).await;
            &[("client_id_for_deletion", client)]
        }
        "clients.set_description" => &[of_client, ("description", "renamed")],
        "clients.set_features" => &[of_client, ("features", "[]")],
        "clients.set_whitelist" => &[of_client, ("whitelist", r#"["10.0.0.0/8"]"#)],
        "clients.reset_secret" => &[of_client, ("hours_to_live", "24")],
        "clients.clear_whitelist"
        | "settings.keys"
        | "settings.items"
        | "settings.explain"
        | "settings.history" => &[of_client],
        "settings.get_default" | "settings.delete_default" => &[("key", "minimum_age")],
        "settings.set_default" => &[("key", "minimum_age"), ("value", "18")],
        "settings.set_default_multi" => &[("items", r#"{"a":"1"}"#)],
        "settings.get" => &[of_client, ("key", "minimum_age")],
        "settings.get_multi" => &[of_client, ("keys", r#"["minimum_age"]"#)],
        "settings.set" => &[of_client, ("key", "k"), ("value", "v")],
        "settings.set_multi" => &[of_client, ("items", r#"{"a":"1"}"#)],
        "settings.delete" => {
            publish(app, client).await;
            &[of_client, ("key", "k")]
        }
        "settings.delete_multi" => {
            publish(app, client).await;
            &[of_client, ("keys", r#"["k"]"#)]
        }
        "settings.restore" => {
            publish(app, client).await;
            &[of_client, ("version", "1")]
        }
        "settings.widget.list" | "settings.widget.get" => {
            publish(app, client).await;
            &[of_client]
        }
        "settings.widget.publish" => {
            choose(app, client).await;
            &[of_client]
        }
        "settings.widget.delete" => {
            // One version in a transaction, and all of them with what is cleared away afterwards.
            let version = publish(app, client).await;
            publish(app, client).await;
            let one = [of_client, ("version", version.as_str()), ("commit", "true")];
            app.owner().post("/settings/widget/delete", &one).await.ok();
            &[of_client, ("commit", "true")]
        }
        "documents.openapi" => return drop(app.stranger().get("/openapi.json", &[]).await.json()),
        "widget_data.newest" => {
            publish(app, client).await;
            return read_file(app, &format!("{client}.json")).await;
        }
        "widget_data.version" => {
            let version = publish(app, client).await;
            return read_file(app, &format!("{client}/{version}.json")).await;
        }
        other => panic!("no exercise for {other}: write one here"),
    };
    let endpoint = OPERATIONS
        .iter()
        .find(|endpoint| endpoint.id == operation)
        .unwrap();
    app.owner().post(endpoint.route.path, arguments).await.ok();
    cleared(app, operation).await;
}

/// Asserts that an operation leaves no remains: work after its decision is part of it.
async fn cleared(app: &App, operation: &str) {
    for table in ["clients", "published"] {
        let left = app.dump(table).await;
        let left: Vec<_> = left
            .iter()
            .filter(|item| item.to_string().contains("remains#"))
            .collect();
        assert!(
            left.is_empty(),
            "{operation} leaves something behind: {left:?}"
        );
    }
    if operation.ends_with(".delete") && operation != "settings.delete" {
        let left = app.dump("published").await;
        let contents = left
            .iter()
            .filter(|item| item.to_string().contains("content#"))
            .count();
        assert_eq!(contents, 0, "{operation} leaves published content behind");
    }
}

/// Gives a client two versions of settings, the second with something to publish.
async fn choose(app: &App, client: &str) {
    for (key, value) in [("k", "v"), ("jump_publish_settings", "k,minimum_age")] {
        let arguments = [("for_client_id", client), ("key", key), ("value", value)];
        app.owner().post("/settings/set", &arguments).await.ok();
    }
}

/// Publishes a client's settings; the version.
async fn publish(app: &App, client: &str) -> String {
    choose(app, client).await;
    let published = app
        .owner()
        .post("/settings/widget/publish", &[("for_client_id", client)])
        .await
        .ok();
    published["results"]["janrain_settings_version"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn read_file(app: &App, file: &str) {
    let path = format!(
        "/widget_data/settings/{}/{file}",
        countersign_tests::APPLICATION
    );
    assert_eq!(app.stranger().get(&path, &[]).await.status, 200);
}

async fn measured(operation: &str) -> Usage {
    let tally = Arc::new(UsageCounter::default());
    // Only the embedded store says what a call would cost.
    let setup = Setup {
        hook: Some(tally.clone()),
        embedded: true,
        // As it will be, so that one update is enough for a new operation.
        template: Some(template()),
        ..setup_for(operation)
    };
    let app = App::with(setup).await;
    exercise(&app, operation).await;
    tally.take(operation)
}

/// The table of round trips and capacity units, as measured just now.
pub(crate) async fn table() -> String {
    let mut table = String::from(
        "# What an operation costs at DynamoDB\n\nMeasured by `tests/suite/aws/measures.rs` on a small application, and held to it; `just update` writes it anew. Round\ntrips are in sequence, authentication included. Capacity units are those of the embedded store, which counts as\nDynamoDB does; a list costs 1 read unit for each 4 kB of clients. Beside what stands here, the first call in a minute\nwith a secret costs a process 1 write unit, to note when it was last used; the operation does not wait for it. And an\noperation that needs what is sealed has a process ask KMS, once in five minutes for each application.\n\n| operation | round trips | read units | write units |\n|---|---|---|---|\n",
    );
    for endpoint in OPERATIONS {
        let used = measured(endpoint.id).await;
        let trips = if used.trips.is_empty() {
            "none".to_owned()
        } else {
            used.trips.join(", ")
        };
        writeln!(
            table,
            "| `{}` | {}: {trips} | {} | {} |",
            endpoint.id,
            used.trips.len(),
            used.read_units,
            used.write_units
        )
        .unwrap();
    }
    table.replace("0: none", "none")
}

#[tokio::test]
async fn a_read_takes_two_round_trips_and_a_change_three() {
    for endpoint in OPERATIONS {
        let used = measured(endpoint.id).await;
        let by_secret = matches!(
            endpoint.requires,
            Requirement::AnyFeature(_) | Requirement::Client
        );
        assert_eq!(used.notes, usize::from(by_secret), "{}", endpoint.id);
        let most = match (endpoint.id, used.trips.last().map(String::as_str)) {
            // Beyond what one transaction holds, they clear away what nobody sees any more.
            // And of decisions their exercise makes several.
            (
                "clients.delete"
                | "admin.clients.delete"
                | "settings.widget.delete"
                | "admin.change_requests.approve"
                | "admin.change_requests.reject",
                _,
            ) => continue,
            (id, _) if administration::round_trips(id).is_some() => {
                administration::round_trips(id).unwrap()
            }
            (_, None) => 0,
            // The version, with whether it still counts, and no caller to authenticate.
            ("widget_data.version" | "oauth2.jwks", _) => 1,
            // The history, and then the change.
            ("settings.restore", _) => 4,
            // First what is there, and then what it leads to; or the change of what was read.
            // And of tokens, first who signs them.
            (
                "settings.history"
                | "settings.widget.list"
                | "settings.widget.get"
                | "oauth2.token"
                | "oauth2.introspect",
                _,
            )
            | (_, Some("TransactWriteItems")) => 3,
            (_, Some(_)) => 2,
        };
        assert_eq!(used.trips.len(), most, "{}: {:?}", endpoint.id, used.trips);
    }
}

#[tokio::test]
async fn every_grant_of_the_template_is_used_and_nothing_else() {
    let template =
        std::fs::read_to_string(countersign_tests::derived::repository("template.yaml")).unwrap();
    let policies = Policies::parse(&template, "countersign").unwrap();
    for endpoint in OPERATIONS {
        let tally = Arc::new(UsageCounter::default());
        let app = App::with(Setup {
            hook: Some(tally.clone()),
            template: Some(template.clone()),
            ..strained_setup_for(endpoint.id)
        })
        .await;
        exercise(&app, endpoint.id).await;
        strain(&app, endpoint).await;
        let used: BTreeSet<_> = tally
            .take(endpoint.id)
            .grants
            .into_iter()
            .map(|(action, table)| (action, table.replacen(&app.table_prefix, "countersign", 1)))
            .collect();
        let granted: BTreeSet<_> = policies
            .of(endpoint.id)
            .unwrap_or_else(|| panic!("{} is not in the template", endpoint.id))
            .grants()
            .map(|(action, resource)| {
                (
                    action.to_owned(),
                    resource.rsplit('/').next().unwrap().to_owned(),
                )
            })
            .collect();
        assert_eq!(used, granted, "{}", endpoint.id);
    }
}

#[tokio::test]
async fn a_process_that_starts_reads_once_and_only_what_its_function_may_read() {
    let tally = Arc::new(UsageCounter::default());
    let app = App::with(Setup {
        hook: Some(tally.clone()),
        ..Setup::default()
    })
    .await;
    let policies = Policies::parse(&template(), &app.table_prefix).unwrap();
    for endpoint in OPERATIONS {
        let (id, grants) = (endpoint.id, endpoint.grants());
        app.running.housekeeping(id).unwrap().warm_up(&grants).await;
        let Usage {
            trips,
            grants: used,
            ..
        } = tally.take(id);
        assert_eq!(
            trips.len(),
            usize::from(!grants.is_empty()),
            "{id}: {trips:?}"
        );
        let policy = policies.of(id).unwrap();
        for (action, table) in used {
            assert!(
                policy.allows(&action, &table_arn(&table)),
                "{id}: {action} on {table}"
            );
        }
    }
}

#[tokio::test]
async fn without_any_one_of_its_grants_an_operation_fails() {
    let template = template();
    for endpoint in OPERATIONS {
        let setup = Setup {
            template: Some(template.clone()),
            ..strained_setup_for(endpoint.id)
        };
        let app = App::with(setup).await;
        exercise(&app, endpoint.id).await;
        strain(&app, endpoint).await;
        for grant in endpoint.grants() {
            let poorer = without(&template, endpoint.id, grant.on.logical_id(), grant.action);
            let app = App::with(Setup {
                template: Some(poorer),
                ..strained_setup_for(endpoint.id)
            })
            .await;
            let failed = tokio::spawn(async move {
                exercise(&app, endpoint.id).await;
                strain(&app, endpoint).await;
            });
            assert!(
                failed.await.is_err(),
                "{} works without {} on {:?}",
                endpoint.id,
                grant.action,
                grant.on
            );
        }
    }
}
