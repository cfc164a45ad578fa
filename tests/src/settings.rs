//! Shared parts of the tests of settings: the two layers, their stored items, and common refusals.

pub mod audit;
pub mod changes;
pub mod limits;

use serde_json::{Value, json};

use crate::machine_api::{DONE, assert_not_authorized};
use crate::{APPLICATION, App, Reply, Setup};

/// The client whose layer the tests change.
pub const CLIENT: &str = "featureless";
/// The argument that names it.
pub const FOR_CLIENT: (&str, &str) = ("for_client_id", CLIENT);
/// The most bytes of keys and values in a layer.
pub const MOST_BYTES: usize = 350_000;

/// A layer of settings, as an owner changes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layer {
    Application,
    Client,
}

impl Layer {
    pub const BOTH: [Self; 2] = [Self::Application, Self::Client];

    /// The arguments of history and restore that name it.
    pub fn named(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Application => vec![("layer", "application")],
            Self::Client => vec![("layer", "client"), FOR_CLIENT],
        }
    }

    /// The object that the audit names.
    pub fn object(self) -> &'static str {
        match self {
            Self::Application => APPLICATION,
            Self::Client => CLIENT,
        }
    }

    async fn call(self, app: &App, paths: [&str; 2], given: &[(&str, &str)]) -> Reply {
        match self {
            Self::Application => app.owner().post(paths[0], given).await,
            Self::Client => {
                let given = [given, &[FOR_CLIENT]].concat();
                app.owner().post(paths[1], &given).await
            }
        }
    }

    pub async fn set(self, app: &App, key: &str, value: &str) -> Reply {
        let paths = ["/settings/set_default", "/settings/set"];
        self.call(app, paths, &[("key", key), ("value", value)])
            .await
    }

    pub async fn set_multi(self, app: &App, items: &str) -> Reply {
        let paths = ["/settings/set_default_multi", "/settings/set_multi"];
        self.call(app, paths, &[("items", items)]).await
    }

    pub async fn delete(self, app: &App, key: &str) -> Reply {
        let paths = ["/settings/delete_default", "/settings/delete"];
        self.call(app, paths, &[("key", key)]).await
    }

    /// All that stands in it.
    pub async fn now(self, app: &App) -> Value {
        let all = app.owner().post("/settings/get_all", &[]).await.ok();
        match self {
            Self::Application => all["default_settings"].clone(),
            Self::Client => match &all["client_settings"][CLIENT] {
                Value::Null => json!({}),
                layer => layer.clone(),
            },
        }
    }

    /// Its versions, newest first.
    pub async fn history(self, app: &App) -> Vec<Value> {
        let reply = app.owner().post("/settings/history", &self.named()).await;
        reply.ok()["result"].as_array().unwrap().clone()
    }

    pub async fn restore(self, app: &App, version: &str) -> Reply {
        let given = [self.named(), vec![("version", version)]].concat();
        app.owner().post("/settings/restore", &given).await
    }
}

/// A server whose application, and whose clients, have exactly these settings.
pub async fn app_with(application: Value, clients: &[(&str, Value)]) -> App {
    let mut setup = Setup::default();
    setup.seed["applications"][0]["settings"] = application;
    for client in setup.seed["applications"][0]["clients"]
        .as_array_mut()
        .unwrap()
    {
        for (id, settings) in clients {
            if client["client_id"] == *id {
                client["settings"] = settings.clone();
            }
        }
    }
    App::with(setup).await
}

/// All that is stored of settings, and the whole audit.
pub async fn stored(app: &App) -> Vec<String> {
    let [settings, audit] = [app.dump("settings").await, app.dump("audit").await];
    let mut items: Vec<_> = settings
        .iter()
        .chain(&audit)
        .map(Value::to_string)
        .collect();
    items.sort();
    items
}

/// Makes sure that nothing is stored that was not there before, and nothing is missing.
#[track_caller]
pub fn assert_same(before: &[String], after: &[String], what: &str) {
    assert!(before == after, "settings or audit changed: {what}");
}

/// Asserts that a call is refused to all but owners, and that no refusal changes anything.
///
/// Where it takes `for_client_id`, it is also refused for foreign clients.
pub async fn assert_guarded(app: &App, path: &str, given: &[(&str, &str)]) {
    let before = stored(app).await;
    for id in [
        "access_issuer",
        "direct_access",
        "direct_read_access",
        "login_client",
        CLIENT,
    ] {
        assert_not_authorized(&app.client(id).post(path, given).await);
    }
    for nobody in [app.stranger(), app.client("disabled")] {
        nobody
            .post(path, given)
            .await
            .error(402, "invalid_client_credentials");
    }
    assert_same(&before, &stored(app).await, path);
}

/// Makes sure that `for_client_id` takes clients of the caller's application only.
pub async fn assert_for_clients_of_the_application(app: &App, path: &str, given: &[(&str, &str)]) {
    let before = stored(app).await;
    let too_long = "x".repeat(256);
    for id in [
        "foreigner",
        "nobody",
        "",
        "FEATURELESS",
        "featureless ",
        "größe",
        &too_long,
    ] {
        let given = [given, &[("for_client_id", id)]].concat();
        let why = app
            .owner()
            .post(path, &given)
            .await
            .invalid("for_client_id");
        assert_eq!(why, "for_client_id is not a valid id", "{path} {id:?}");
    }
    assert_same(&before, &stored(app).await, path);
}

/// Makes sure that the call is not possible without these arguments, and that the refusal names all
/// that are missing.
pub async fn assert_requires(app: &App, path: &str, required: &[(&str, &str)]) {
    let before = stored(app).await;
    let names: Vec<_> = required.iter().map(|(name, _)| *name).collect();
    let reply = app.owner().post(path, &[("unknown", "x")]).await;
    let words = match names.as_slice() {
        [name] => format!("missing required argument: {name}"),
        names => format!("missing arguments: {}", names.join(", ")),
    };
    assert_eq!(reply.error(100, "missing_argument"), words, "{path}");
    assert_eq!(reply.json()["argument_name"], names[0]);
    if let [first, second] = required {
        for (given, missing) in [(first, second.0), (second, first.0)] {
            let reply = app.owner().post(path, &[*given]).await;
            let words = reply.error(100, "missing_argument");
            assert_eq!(words, format!("missing required argument: {missing}"));
            assert_eq!(reply.json()["argument_name"], missing);
        }
    }
    assert_same(&before, &stored(app).await, path);
}

/// Makes sure that an argument that is JSON takes nothing of another kind.
pub async fn assert_json_only(app: &App, path: &str, argument: &str, wrong: &[&str]) {
    let before = stored(app).await;
    for text in wrong {
        app.owner()
            .post(path, &[(argument, text)])
            .await
            .invalid(argument);
    }
    for text in ["", "{", "[\"a\"", "{\"a\":\"1\"} x", "{'a':'1'}", "a"] {
        let why = app.owner().post(path, &[(argument, text)]).await;
        assert_eq!(
            why.invalid(argument),
            "the JSON is not syntactically valid",
            "{path} {text:?}"
        );
    }
    assert_same(&before, &stored(app).await, path);
}

/// Values that are not valid for `items`.
pub const NOT_ITEMS: [&str; 11] = [
    r#"{"a":10}"#,
    r#"{"a":"1","b":2}"#,
    r#"{"a":null}"#,
    r#"{"a":true}"#,
    r#"{"a":["1"]}"#,
    r#"{"a":{"b":"1"}}"#,
    r#"["a"]"#,
    r#""a""#,
    "1",
    "null",
    "true",
];

/// Values that are not valid for `keys`.
pub const NOT_KEYS: [&str; 9] = [
    r#"{"a":"1"}"#,
    "[1]",
    r#"["a",null]"#,
    r#"[["a"]]"#,
    r#"[{"a":"1"}]"#,
    r#""a""#,
    "1",
    "null",
    "true",
];

/// The bytes of a success with this result.
pub fn result(json: &str) -> String {
    DONE.replace('{', &format!("{{\"result\":{json},"))
}
