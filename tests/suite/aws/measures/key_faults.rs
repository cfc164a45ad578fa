//! KMS faults: an operation whose function gets no data key answers with a fault, and does nothing.
//!
//! The fault is in the words of its API. Once KMS gives the key again, the operation does all its work.
//!
//! Every operation that is granted the sealing key is asked for here; one that is not fails the test.

use std::sync::Arc;
use std::time::Duration;

use countersign_tests::call_hooks::{KeyFault, KeyFaults};
use countersign_tests::signatures::Signer;
use countersign_tests::{App, Person, Reply, Setup, secret_of};
use functions::OPERATIONS;
use reqwest::Method;
use serde_json::{Value, json};
use shared::store::Resource;
use shared::{Endpoint, Requirement};

use super::administration::{answer, ask, hold_back, invite, invite_person, look_at, newcomer};
use super::strained_setup_for;

/// Lifetime of a data key in the cache of a process.
const REMEMBERED: Duration = Duration::from_mins(5);

/// Holds a reply to what is documented of a fault on our side, or of throttling, at this path.
#[track_caller]
pub(crate) fn assert_fault(path: &str, reply: &Reply, by: KeyFault) {
    let (machine, oauth, admin) = match by {
        KeyFault::Throttled => (
            (510, "api_limit_error"),
            (503, "temporarily_unavailable"),
            (503, "busy"),
        ),
        KeyFault::Denied => (
            (500, "unexpected_error"),
            (500, "server_error"),
            (500, "unexpected"),
        ),
    };
    if path.starts_with("/admin/") {
        reply.problem(admin.0, admin.1);
    } else if path.starts_with("/oauth2/") {
        assert_eq!(reply.status, oauth.0, "{path}: {}", reply.body);
        assert_eq!(reply.json()["error"], oauth.1, "{path}");
    } else {
        reply.error(machine.0, machine.1);
    }
    // Long enough not to be in a request's ID by chance.
    for inside in ["KMS refuses", "AccessDenied", "kms:Decrypt"] {
        assert!(!reply.body.contains(inside), "{path}: {}", reply.body);
    }
}

async fn app(operation: &str, trouble: &Arc<KeyFaults>) -> App {
    App::with(Setup {
        hook: Some(trouble.clone()),
        ..strained_setup_for(operation)
    })
    .await
}

/// All tables but the one of attempts: what was tried is counted, whatever comes of it.
const TABLES: [&str; 7] = [
    "clients",
    "settings",
    "published",
    "administrators",
    "change-requests",
    "tokens",
    "audit",
];

/// Returns everything that an operation could have changed.
///
/// Left out is the state that is written in any case: uses of sessions, and attempts at passwords
/// and codes. An attempt is counted before the check.
async fn state(app: &App) -> Vec<Value> {
    let mut state = Vec::new();
    for table in TABLES {
        state.extend(app.dump(table).await);
    }
    for item in &mut state {
        let noted: &[&str] = match item["sk"]["S"].as_str().unwrap().split('#').next() {
            Some("authenticator") => &["failures", "version"],
            Some("session") => &["last_used"],
            _ => &[],
        };
        let item = item.as_object_mut().unwrap();
        item.retain(|name, _| !noted.contains(&name.as_str()));
    }
    state
}

/// An operation that is called while its function gets no key.
struct Deprived<'a> {
    app: &'a App,
    trouble: &'a KeyFaults,
    endpoint: &'static Endpoint,
}

impl Deprived<'_> {
    async fn of_its_key(&self, send: impl AsyncFn() -> Reply) {
        let Endpoint { id, route, .. } = self.endpoint;
        self.app.advance(REMEMBERED);
        for by in [KeyFault::Denied, KeyFault::Throttled] {
            let before = state(self.app).await;
            self.trouble.begin(id, by);
            let reply = send().await;
            assert_eq!(self.trouble.end(), 1, "{id} asks for its key once");
            assert_fault(route.path, &reply, by);
            let mut changed = state(self.app).await;
            changed.retain(|item| !before.contains(item));
            assert_eq!(changed, Vec::<Value>::new(), "{id} changes something");
        }
        let reply = send().await;
        assert!(reply.status < 300, "{id}: {}", reply.body);
        let is_machine = matches!(self.endpoint.requires, Requirement::AnyFeature(_));
        // Who signs is known before it is seen that the arguments are missing.
        let is_done = !is_machine || reply.json()["stat"] == "ok" || reply.json()["code"] == 100;
        assert!(is_done, "{id}: {}", reply.body);
    }

    /// With the code that the person's authenticator shows when it is sent.
    async fn with_code(&self, person: &Person, method: Method, path: &str, rest: Value) {
        self.of_its_key(async || {
            let mut body = rest.clone();
            body["code"] = person.next_code().into();
            person.send(method.clone(), path, Some(&body)).await
        })
        .await;
    }

    async fn by_secret(&self, arguments: &[(&str, &str)]) {
        let path = self.endpoint.route.path;
        self.of_its_key(async || self.app.owner().post(path, arguments).await)
            .await;
    }

    async fn by_signature(&self) {
        let path = self.endpoint.route.path;
        let signer = Signer::new(self.app, "owner", &secret_of("owner"));
        self.of_its_key(async || signer.request(path, &[]).send().await)
            .await;
    }

    async fn administration(&self) {
        let app = self.app;
        let ada = app.sign_in("ada").await;
        let ben = app.sign_in("ben").await;
        let secret = |what: &str| format!("/admin/clients/login_client/secret/{what}");
        match self.endpoint.id {
            "admin.sessions.create" => {
                self.of_its_key(async || app.ask_for_session(&app.credentials("cleo")).await)
                    .await;
            }
            "admin.invitations.get" => {
                let path = invite(&ada).await;
                self.of_its_key(async || app.stranger().get(&path, &[]).await)
                    .await;
            }
            "admin.invitations.accept" => {
                let path = invite(&ada).await;
                let authenticator = look_at(app, &path).await;
                self.of_its_key(async || answer(app, &path, &authenticator).await)
                    .await;
            }
            "admin.administrators.invite" => {
                let ada = ada.with("idempotency-key", "k");
                self.of_its_key(async || invite_person(&ada).await).await;
            }
            "admin.administrators.reset_mfa" => {
                let path = format!(
                    "/admin/administrators/{}/reset-mfa",
                    newcomer(app, &ada).await
                );
                self.of_its_key(async || ada.post(&path, &json!({})).await)
                    .await;
            }
            "admin.clients.create" => {
                let new = json!({"name": "new"});
                self.of_its_key(async || ada.post("/admin/clients", &new).await)
                    .await;
            }
            "admin.clients.reveal_secret" => {
                self.with_code(&ada, Method::POST, &secret("reveal"), json!({}))
                    .await;
            }
            "admin.clients.regenerate_secret" => {
                self.with_code(&ada, Method::POST, &secret("regenerate"), json!({}))
                    .await;
            }
            "admin.change_requests.approve" => {
                hold_back(app).await;
                let id = ask(&ada, "/admin/clients", &json!({"name": "new"})).await;
                let path = format!("/admin/change-requests/{id}/approve");
                self.of_its_key(async || ben.post(&path, &json!({})).await)
                    .await;
            }
            "admin.multi_admin.switch" => {
                let on = json!({"enabled": true});
                self.with_code(&ada, Method::PUT, "/admin/multi-admin", on)
                    .await;
            }
            "admin.signing_keys.rotate" => {
                let path = "/admin/signing-keys/rotate";
                self.with_code(&ada, Method::POST, path, json!({})).await;
            }
            other => panic!("{other} is not asked for without its key: write it here"),
        }
    }
}

#[tokio::test]
async fn without_a_data_key_an_operation_says_so_and_does_nothing_and_then_works() {
    let mut deprived = 0;
    for endpoint in OPERATIONS {
        let grants = endpoint.grants();
        if grants.iter().all(|grant| grant.on != Resource::SealingKey) {
            continue;
        }
        deprived += 1;
        let trouble = Arc::new(KeyFaults::default());
        let app = &app(endpoint.id, &trouble).await;
        let of = Deprived {
            app,
            trouble: &trouble,
            endpoint,
        };
        match (endpoint.id, endpoint.requires) {
            ("clients.list", _) => of.by_secret(&[]).await,
            ("clients.add", _) => of.by_secret(&[("description", "new")]).await,
            ("clients.reset_secret", _) => {
                let arguments = [("for_client_id", "login_client"), ("hours_to_live", "1")];
                of.by_secret(&arguments).await;
            }
            ("oauth2.token", _) => {
                of.by_secret(&[("grant_type", "client_credentials")]).await;
            }
            (_, Requirement::AnyFeature(_)) => {}
            _ => of.administration().await,
        }
        if matches!(endpoint.requires, Requirement::AnyFeature(_)) {
            of.by_signature().await;
        }
    }
    assert!(deprived > 0);
}

#[tokio::test]
async fn an_open_data_key_outlives_trouble_for_five_minutes_and_no_longer() {
    let trouble = Arc::new(KeyFaults::default());
    let app = app("clients.list", &trouble).await;
    let list = async || app.owner().post("/clients/list", &[]).await;
    list().await.ok();
    trouble.begin("clients.list", KeyFault::Denied);
    let last = Duration::from_millis(1);
    app.advance(REMEMBERED.saturating_sub(last));
    list().await.ok();
    app.advance(last);
    assert_fault("/clients/list", &list().await, KeyFault::Denied);
    assert_eq!(trouble.end(), 1);
    list().await.ok();
}
