//! Provisioning under the policy that the template gives it: exact, and whole wherever it breaks off.

use std::collections::BTreeSet;
use std::sync::Arc;

use countersign_tests::App;
use countersign_tests::call_hooks::{Breakage, UsageCounter, dynamodb_error};
use countersign_tests::derived::{repository, template, without};
use functions::{OPERATIONS, PROVISION, ProvisioningError, ProvisioningReply, provision};
use local::dynamodb::{Backend, TableGuard};
use local::iam::Policies;
use local::keys::KeyGuard;
use local::{CallHook, Embedded, Intervention};
use serde_json::{Value, json};
use shared::{Clock, Housekeeping, KeyFile, KeyWrapper, Parts, Random, WarmSecrets};

/// Tables on the embedded store, with nothing in them.
struct Deployment {
    embedded: Embedded,
    keys: Arc<dyn KeyWrapper>,
}

impl Deployment {
    async fn start() -> Self {
        let deployment = Self {
            embedded: Embedded::memory().unwrap(),
            keys: Arc::new(KeyFile::ephemeral(&Random::default()).unwrap()),
        };
        let guard = deployment.guard(None, None);
        let keys = Arc::clone(&deployment.keys);
        let housekeeping = context(guard, keys);
        housekeeping.create_missing_tables().await.unwrap();
        deployment
    }

    fn guard(
        &self,
        policy: Option<Arc<local::iam::Policy>>,
        hook: Option<Arc<dyn CallHook>>,
    ) -> TableGuard {
        TableGuard {
            function: PROVISION.id.into(),
            backend: Backend::Embedded(self.embedded.clone()),
            policy,
            hook,
        }
    }

    /// Returns the context of the function, with the rights of this template.
    fn function(&self, template: &str, hook: Option<Arc<dyn CallHook>>) -> Housekeeping {
        let policies = Policies::parse(template, "countersign").unwrap();
        let policy = policies.of(PROVISION.id).unwrap();
        let keys = KeyGuard {
            function: PROVISION.id.into(),
            keys: Arc::clone(&self.keys),
            policy: Arc::clone(&policy),
            hook: hook.clone(),
        };
        context(self.guard(Some(policy), hook), Arc::new(keys))
    }

    /// Returns the number of items in each table, without the counters.
    async fn items(&self) -> Vec<usize> {
        let mut counts = Vec::new();
        for table in ["clients", "settings", "administrators", "tokens", "audit"] {
            let scan = json!({"TableName": format!("countersign-{table}"), "Select": "COUNT"});
            let answer = self
                .embedded
                .call("Scan", scan.to_string().as_bytes())
                .await;
            let answer: Value = serde_json::from_slice(&answer.body).unwrap();
            counts.push(usize::try_from(answer["Count"].as_u64().unwrap()).unwrap());
        }
        counts
    }
}

fn context(guard: TableGuard, keys: Arc<dyn KeyWrapper>) -> Housekeeping {
    let random = Random::default();
    Housekeeping::new(Parts {
        dynamodb: guard.client(),
        table_prefix: "countersign".to_owned(),
        keys,
        warm: WarmSecrets::new(&random).unwrap(),
        clock: Clock::System,
        random,
        public_url: None,
    })
}

fn founding() -> String {
    json!({
        "application": {"application_id": "acme", "name": "Acme", "settings": {"k": "v"}},
        "administrator": {"email": "ada@example.com"}
    })
    .to_string()
}

/// Returns a seed for an application that exists, and for one that does not.
///
/// Two of its administrators can sign in at once, and one cannot.
fn seed() -> String {
    let person = |name: &str| {
        json!({
            "email": format!("{name}@example.com"), "password": "correct horse battery",
            "totp_secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "privileges": ["manage_users"]
        })
    };
    json!({"applications": [
        {"application_id": "acme", "name": "Acme", "clients": [
            {"client_id": "one", "client_secret": "s3cret", "description": "one", "settings": {"a": "1"}},
            {"description": "two"}
        ], "administrators": [person("ben")]},
        {"application_id": "other", "name": "Other", "settings": {"b": "2"}, "clients": [
            {"client_id": "three", "description": "three"}
        ], "administrators": [person("cleo"), {"email": "dora@example.com"}]}
    ]})
    .to_string()
}

async fn call(
    housekeeping: &Housekeeping,
    event: &str,
) -> Result<ProvisioningReply, ProvisioningError> {
    provision(housekeeping, event, "the-request").await
}

/// All that the function can do.
async fn exercise(housekeeping: &Housekeeping) -> Result<(), ProvisioningError> {
    for event in [founding(), founding(), seed(), seed()] {
        call(housekeeping, &event).await?;
    }
    Ok(())
}

fn shown(done: &ProvisioningReply) -> Value {
    serde_json::to_value(done).unwrap()
}

#[tokio::test]
async fn its_policy_grants_what_is_used_and_nothing_else() {
    let template = std::fs::read_to_string(repository("template.yaml")).unwrap();
    let deployment = Deployment::start().await;
    let tally = Arc::new(UsageCounter::default());
    let function = deployment.function(&template, Some(tally.clone()));
    function.warm_up(&PROVISION.grants()).await;
    exercise(&function).await.unwrap();
    // By then it has forgotten the opened keys, as a new process has.
    let function = deployment.function(&template, Some(tally.clone()));
    exercise(&function).await.unwrap();
    let used = tally.take(PROVISION.id).grants;
    let policies = Policies::parse(&template, "countersign").unwrap();
    let policy = policies.of(PROVISION.id).unwrap();
    let granted: BTreeSet<_> = policy
        .grants()
        .map(|(action, resource)| {
            let resource = resource.rsplit('/').next().unwrap();
            (action.to_owned(), resource.to_owned())
        })
        .collect();
    assert_eq!(used, granted);
}

#[tokio::test]
async fn without_any_one_of_its_grants_it_fails() {
    let template = template();
    for grant in PROVISION.grants() {
        let resource = grant.on.logical_id();
        let poorer = without(&template, PROVISION.id, resource, grant.action);
        let deployment = Deployment::start().await;
        let refused = exercise(&deployment.function(&poorer, None)).await;
        let refused = refused.expect_err(&format!("it works without {grant:?}"));
        assert_eq!(refused.kind, "Unexpected", "{grant:?}");
    }
    let deployment = Deployment::start().await;
    exercise(&deployment.function(&template, None))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_data_key_is_made_for_a_named_application_only() {
    let unconditional = template();
    let begin = unconditional.find("Handler: provision\n").unwrap();
    let function = &unconditional[begin..];
    let keys = function.find("SealingKey").unwrap();
    let block = &function[..keys + 300];
    assert!(block.contains("kms:GenerateDataKey"), "{block}");
    let elsewhere = block.replace("countersign:application", "something:else");
    let template = unconditional.replacen(block, &elsewhere, 1);
    let deployment = Deployment::start().await;
    let refused = call(&deployment.function(&template, None), &founding()).await;
    assert_eq!(refused.unwrap_err().kind, "Unexpected");
}

#[tokio::test]
async fn no_request_reaches_it() {
    assert!(
        OPERATIONS
            .iter()
            .all(|endpoint| endpoint.id != PROVISION.id)
    );
    let template = template();
    let begin = template.find("Handler: provision\n").unwrap();
    let end = begin + template[begin..].find("# --- end of functions").unwrap();
    for way in ["Events", "FunctionUrlConfig", "HttpApi"] {
        assert!(!template[begin..end].contains(way), "{way}");
    }
    let app = App::start().await;
    let reply = app.owner().post("/provision", &[]).await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn of_several_that_found_one_application_at_once_one_gets_its_secret() {
    let deployment = Deployment::start().await;
    let template = template();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let function = deployment.function(&template, None);
        calls.spawn(async move {
            loop {
                match call(&function, &founding()).await {
                    Err(refused) if refused.kind == "Busy" => {}
                    done => return shown(&done.unwrap()),
                }
            }
        });
    }
    let replies = calls.join_all().await;
    let with_secret = replies
        .iter()
        .filter(|reply| reply.get("client_secret").is_some());
    assert_eq!(with_secret.count(), 1, "{replies:?}");
    let alone = Deployment::start().await;
    call(&alone.function(&template, None), &founding())
        .await
        .unwrap();
    assert_eq!(deployment.items().await, alone.items().await);
}

#[tokio::test]
async fn a_seed_adds_to_what_is_there_and_changes_none_of_it() {
    let deployment = Deployment::start().await;
    let function = deployment.function(&template(), None);
    call(&function, &founding()).await.unwrap();
    let mut strict: Value = json!({"applications": [{
        "application_id": "strict", "name": "Strict", "multi_admin": true,
        "administrators": [{"email": "ada@example.com"}]
    }]});
    call(&function, &strict.to_string()).await.unwrap();
    strict["applications"][0]["name"] = "Another name".into();
    for application in ["acme", "strict"] {
        let mut more = strict.clone();
        more["applications"][0]["application_id"] = application.into();
        more["applications"][0]["clients"] = json!([{"description": "one more"}]);
        let people = more["applications"][0]["administrators"]
            .as_array_mut()
            .unwrap();
        people.push(json!({"email": "ada+again@example.com", "privileges": ["manage_users"]}));
        let added = shown(&call(&function, &more.to_string()).await.unwrap());
        let [invited] = added["invitations"].as_array().unwrap().as_slice() else {
            panic!("{added}");
        };
        assert_eq!(invited["email"], "ada+again@example.com", "{application}");
        let counts = ["applications", "clients", "administrators", "kept"];
        assert_eq!(
            counts.map(|what| added[what].as_u64().unwrap()),
            [0, 1, 1, 2]
        );
    }
}

/// Returns the items of a deployment after an interrupted event was repeated.
///
/// The event is interrupted after so many writes. Also returns whether it was interrupted at all.
async fn broken_off(
    event: &str,
    template: &str,
    writes: usize,
    how: Intervention,
) -> (Vec<usize>, bool) {
    let deployment = Deployment::start().await;
    let breakage = Arc::new(Breakage::default());
    let function = deployment.function(template, Some(breakage.clone()));
    breakage.begin(
        [PROVISION.id, "TransactWriteItems"],
        how,
        writes,
        usize::MAX,
    );
    let broken = call(&function, event).await;
    let struck = breakage.end() > 0;
    assert_eq!(broken.is_err(), struck);
    // Another process goes on.
    call(&deployment.function(template, None), event)
        .await
        .unwrap();
    (deployment.items().await, struck)
}

#[tokio::test]
async fn wherever_it_breaks_off_the_same_call_goes_on_from_there() {
    let template = template();
    for (event, transactions) in [(founding(), 1), (seed(), 8)] {
        let whole = Deployment::start().await;
        call(&whole.function(&template, None), &event)
            .await
            .unwrap();
        let wanted = whole.items().await;
        for writes in 0..=transactions {
            let denied = dynamodb_error("AccessDeniedException", &json!({"Message": "no"}));
            let (items, struck) = broken_off(&event, &template, writes, denied).await;
            assert_eq!(items, wanted, "after {writes} writes of {event}");
            assert_eq!(
                struck,
                writes < transactions,
                "after {writes} writes of {event}"
            );
        }
    }
}

#[tokio::test]
async fn a_store_that_throttles_is_busy() {
    let template = template();
    let deployment = Deployment::start().await;
    let breakage = Arc::new(Breakage::default());
    let function = deployment.function(&template, Some(breakage.clone()));
    let throttled = dynamodb_error("ThrottlingException", &json!({"message": "slow down"}));
    breakage.begin(
        [PROVISION.id, "TransactWriteItems"],
        throttled,
        0,
        usize::MAX,
    );
    for event in [founding(), seed()] {
        let refused = call(&function, &event).await.unwrap_err();
        assert_eq!(refused.kind, "Busy", "{}", refused.words);
        assert!(refused.words.contains("try again"), "{}", refused.words);
    }
    breakage.end();
    exercise(&function).await.unwrap();
}
