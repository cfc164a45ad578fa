//! Create an API Client.

use countersign_tests::App;
use countersign_tests::admin_clients::{
    assert_takes_manage_users, assert_tells_no_secret, caller_of, id_of, of_client, view,
};
use countersign_tests::machine_api::{assert_unchanged, assert_works, clients, is_id};
use reqwest::Method;
use serde_json::json;

const CREATE: &str = "/admin/clients";

#[tokio::test]
async fn a_client_needs_a_name_and_nothing_else() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let reply = ben.post(CREATE, &json!({"name": "  Web shop "})).await;
    let id = id_of(&reply.created());
    assert!(is_id(&id), "{id}");
    assert_eq!(
        reply.body,
        format!(
            r#"{{"client_id":"{id}","name":"Web shop","enabled":true,"features":[],"allow_list":["0.0.0.0/0"],"modules":{{}},"created_at":"2036-11-21T00:00:30Z","previous_secret_expires_at":null,"secret_last_used_at":null,"previous_secret_last_used_at":null}}"#
        )
    );
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("location"), of_client(&id, ""));
    assert_eq!(reply.header("etag"), r#""1""#);
    assert_tells_no_secret(&reply);
    let viewed = ben.get(reply.header("location")).await;
    assert_eq!(viewed.body, reply.body);
    assert_eq!(viewed.header("etag"), reply.header("etag"));
}

#[tokio::test]
async fn everything_can_be_said_at_once() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let body = json!({
        "name": "Kasse größer", "enabled": false, "features": ["owner", "direct_access", "owner"],
        "allow_list": ["10.1.2.3/8", "127.0.0.1", "10.0.0.0/8"],
        "modules": {"payments": {"administrator": true}, "collections": {}}
    });
    let reply = ada.post(CREATE, &body).await;
    let id = id_of(&reply.created());
    assert_eq!(
        reply.body,
        format!(
            r#"{{"client_id":"{id}","name":"Kasse größer","enabled":false,"features":["direct_access","owner"],"allow_list":["10.0.0.0/8","127.0.0.1/32"],"modules":{{"collections":{{"administrator":false}},"payments":{{"administrator":true}}}},"created_at":"2036-11-21T00:00:30Z","previous_secret_expires_at":null,"secret_last_used_at":null,"previous_secret_last_used_at":null}}"#
        )
    );
    assert_eq!(view(&ada, &id).await, reply.json());
}

#[tokio::test]
async fn a_new_client_has_a_secret_that_works_at_once() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let new = json!({"name": "new", "features": ["login_client"]});
    let id = id_of(&ben.new_client(&new).await);
    assert_works(&caller_of(&app, &ben, &id).await).await;
}

#[tokio::test]
async fn a_creation_is_one_event_of_the_audit() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let id = id_of(&ben.new_client(&json!({"name": "new"})).await);
    let events = ben.audit("action=admin.clients.create").await;
    assert_eq!(events.len(), 1, "{events:?}");
    let event = &events[0];
    assert_eq!(event["outcome"], "applied");
    assert_eq!(
        event["actor"],
        json!({"kind": "administrator", "id": ben.id, "name": "ben"})
    );
    assert_eq!(
        event["object"],
        json!({"kind": "api_client", "id": id, "name": "new"})
    );
    let enabled = json!({"before": null, "after": true});
    assert_eq!(event["changes"]["enabled"], enabled);
}

#[tokio::test]
async fn what_does_not_fit_is_named_part_by_part_and_makes_nothing() {
    let app = App::with_people().await;
    let ada = app.sign_in("ada").await;
    let before = clients(&app).await;
    let pointers = async |body: serde_json::Value| -> Vec<String> {
        let faults = ada.post(CREATE, &body).await.faults();
        faults.into_iter().map(|(pointer, _)| pointer).collect()
    };
    assert_eq!(
        ada.post(CREATE, &json!({})).await.faults(),
        [("/name".to_owned(), "it is missing".to_owned())]
    );
    assert_eq!(pointers(json!({"name": null})).await, ["/name"]);
    // What the system makes itself is not to be said.
    for made_here in [
        "client_id",
        "client_secret",
        "created_at",
        "version",
        "description",
    ] {
        let mut body = json!({"name": "new"});
        body[made_here] = "x".into();
        assert_eq!(pointers(body).await, [format!("/{made_here}")]);
    }
    let all_wrong = json!({
        "name": 1, "enabled": "yes", "features": ["nothing"], "allow_list": [],
        "modules": {"payments": {"administrator": 1}}, "colour": "red"
    });
    assert_eq!(
        pointers(all_wrong).await,
        [
            "/colour",
            "/allow_list",
            "/enabled",
            "/features",
            "/modules/payments/administrator",
            "/name",
        ]
    );
    let faults = ada
        .post(CREATE, &json!({"name": "new", "features": ["nothing"]}))
        .await
        .faults();
    assert!(
        faults[0].1.contains("the features are access_issuer, "),
        "{faults:?}"
    );
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn a_name_that_another_client_has_is_a_conflict() {
    let app = App::with_people().await;
    let ben = app.sign_in("ben").await;
    let before = clients(&app).await;
    let reply = ben.post(CREATE, &json!({"name": "THE Login_Client"})).await;
    let words = reply.problem(409, "taken");
    assert_eq!(words, "another client of this application has this name");
    assert_eq!(reply.json()["errors"][0]["pointer"], "/name");
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn it_takes_manage_users() {
    let app = App::with_people().await;
    let body = json!({"name": "new"});
    assert_takes_manage_users(&app, Method::POST, CREATE, Some(&body)).await;
}
