//! List Clients.

use countersign_tests::machine_api::{Way, assert_owners_only, assert_unknown, clients, shown};
use countersign_tests::{App, Setup, random_name};
use serde_json::{Value, json};

const LIST: &str = "/clients/list";

fn entry(id: &str, features: &str) -> String {
    format!(
        r#"{{"whitelist":["0.0.0.0/0"],"features":[{features}],"description":"the {id}","client_id":"{id}","client_secret":"<client_secret>"}}"#
    )
}

async fn ids_with(app: &App, features: &str) -> Vec<String> {
    let list = app
        .owner()
        .post(LIST, &[("has_features", features)])
        .await
        .ok();
    let clients = list["results"].as_array().unwrap().iter();
    clients
        .map(|client| client["client_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn every_client_of_the_application_is_listed_by_id() {
    let app = App::start().await;
    let entries = [
        entry("access_issuer", r#""access_issuer""#),
        entry("direct_access", r#""direct_access""#),
        entry("direct_read_access", r#""direct_read_access""#),
        entry("disabled", r#""owner""#),
        entry("featureless", ""),
        entry("login_client", r#""login_client""#),
        entry("owner", r#""owner""#),
    ];
    let wanted = format!(r#"{{"results":[{}],"stat":"ok"}}"#, entries.join(","));
    for way in Way::ALL {
        assert_eq!(
            shown(&way.send(&app.owner(), LIST, &[]).await),
            wanted,
            "{way:?}"
        );
    }
}

#[tokio::test]
async fn another_application_has_a_list_of_its_own() {
    let app = App::start().await;
    let wanted = format!(
        r#"{{"results":[{}],"stat":"ok"}}"#,
        entry("foreigner", r#""owner""#)
    );
    assert_eq!(
        shown(&app.client("foreigner").post(LIST, &[]).await),
        wanted
    );
}

#[tokio::test]
async fn every_secret_that_is_listed_is_the_one_that_works() {
    let app = App::start().await;
    for client in clients(&app).await {
        let id = client["client_id"].as_str().unwrap();
        let caller = app.caller(id, client["client_secret"].as_str().unwrap());
        let reply = caller.post(LIST, &[]).await;
        match id {
            "owner" => drop(reply.ok()),
            "disabled" => assert_unknown(&caller).await,
            _ => drop(reply.error(403, "client_permission_error")),
        }
    }
}

#[tokio::test]
async fn has_features_lists_clients_with_at_least_one_of_them() {
    let app = App::start().await;
    let wanted = format!(
        r#"{{"results":[{}],"stat":"ok"}}"#,
        entry("login_client", r#""login_client""#)
    );
    for way in Way::ALL {
        let reply = way
            .send(
                &app.owner(),
                LIST,
                &[("has_features", r#"["login_client"]"#)],
            )
            .await;
        assert_eq!(shown(&reply), wanted, "{way:?}");
    }
    let (_, both) = app.new_client(&["login_client", "direct_access"]).await;
    let mut found = ids_with(&app, r#"["login_client","access_issuer"]"#).await;
    found.retain(|id| *id != both);
    assert_eq!(found, ["access_issuer", "login_client"]);
    assert!(ids_with(&app, r#"["direct_access"]"#).await.contains(&both));
    assert_eq!(
        ids_with(&app, r#"["owner","owner"]"#).await,
        ["disabled", "owner"]
    );
    let all = r#"["owner","access_issuer","direct_access","direct_read_access","login_client"]"#;
    assert!(
        !ids_with(&app, all)
            .await
            .contains(&"featureless".to_owned())
    );
    assert_eq!(ids_with(&app, all).await.len(), 7);
}

#[tokio::test]
async fn no_client_has_at_least_one_of_no_features() {
    let app = App::start().await;
    let reply = app.owner().post(LIST, &[("has_features", "[]")]).await;
    assert_eq!(shown(&reply), r#"{"results":[],"stat":"ok"}"#);
}

#[tokio::test]
async fn has_features_that_is_no_json_is_refused_in_the_fixed_words() {
    let app = App::start().await;
    for text in [
        "owner",
        "",
        "[",
        r#"["owner""#,
        "['owner']",
        r#"["owner",]"#,
        "[owner]",
    ] {
        let reply = app.owner().post(LIST, &[("has_features", text)]).await;
        reply.invalid("has_features");
        let id = reply.header("x-request-id");
        assert_eq!(
            reply.body,
            format!(
                r#"{{"argument_name":"has_features","request_id":"{id}","code":200,"error_description":"has_features was not valid for the following reason: the JSON is not syntactically valid","error":"invalid_argument","stat":"error"}}"#
            ),
            "{text:?}"
        );
    }
}

#[tokio::test]
async fn has_features_takes_the_five_features_only() {
    let app = App::start().await;
    for text in [
        r#"["admin"]"#,
        r#"["Owner"]"#,
        r#"["owner "]"#,
        r#"["owner",""]"#,
    ] {
        app.owner()
            .post(LIST, &[("has_features", text)])
            .await
            .invalid("has_features");
    }
}

#[tokio::test]
async fn a_list_of_more_than_one_megabyte_is_whole() {
    let mut setup = Setup::default();
    let networks: Vec<_> = (0..100)
        .map(|third| format!("198.51.{third}.128/25"))
        .collect();
    let many = (0..500).map(|number| {
        let secret = countersign_tests::secret_of("one of many");
        let name = random_name();
        json!({"client_id": format!("{number:0200}"), "client_secret": secret, "description": name, "whitelist": networks})
    });
    setup.seed["applications"][0]["clients"]
        .as_array_mut()
        .unwrap()
        .extend(many);
    let app = App::with(setup).await;
    let list = clients(&app).await;
    assert_eq!(list.len(), 507);
    assert!(list.is_sorted_by_key(|client| client["client_id"].as_str()));
    assert!(Value::from(list).to_string().len() > 1_048_576);
}

#[tokio::test]
async fn no_secret_is_listed_while_multi_admin_is_on() {
    let mut setup = Setup::default();
    setup.seed["applications"][0]["multi_admin"] = json!(true);
    let app = App::with(setup).await;
    let reply = app
        .owner()
        .post(LIST, &[("has_features", r#"["login_client"]"#)])
        .await;
    assert_eq!(
        shown(&reply),
        r#"{"results":[{"whitelist":["0.0.0.0/0"],"features":["login_client"],"description":"the login_client","client_id":"login_client","client_secret":null}],"stat":"ok"}"#
    );
    let all = clients(&app).await;
    assert!(
        all.iter().all(|client| client["client_secret"].is_null()),
        "a secret is listed"
    );
}

#[tokio::test]
async fn only_owners_may_list() {
    let app = App::start().await;
    assert_owners_only(&app, LIST, &[]).await;
}
