//! Create a Client.

use countersign_tests::machine_api::{
    Way, assert_missing, assert_not_admitted, assert_owners_only, assert_unchanged, assert_works,
    clients, is_id, is_secret, listed, shown,
};
use countersign_tests::{App, random_name};

const ADD: &str = "/clients/add";

#[tokio::test]
async fn a_client_is_created_with_an_id_and_a_secret_of_its_own() {
    let app = App::start().await;
    for way in Way::ALL {
        let name = random_name();
        let given = [("description", name.as_str()), ("features", r#"["owner"]"#)];
        let reply = way.send(&app.owner(), ADD, &given).await;
        let wanted = format!(
            r#"{{"description":"{name}","client_id":"<client_id>","client_secret":"<client_secret>","features":["owner"],"whitelist":["0.0.0.0/0"],"stat":"ok"}}"#
        );
        assert_eq!(shown(&reply), wanted, "{way:?}");
        let made = reply.ok();
        let (id, secret) = (&made["client_id"], made["client_secret"].as_str().unwrap());
        assert!(is_id(id.as_str().unwrap()) && is_secret(secret), "{way:?}");
        app.caller(id.as_str().unwrap(), secret)
            .post("/clients/list", &[])
            .await
            .ok();
    }
}

#[tokio::test]
async fn the_list_shows_the_new_client_as_the_reply_does() {
    let app = App::start().await;
    let reply = app
        .owner()
        .post(ADD, &[("description", "the new one")])
        .await
        .ok();
    let entry = app
        .listed(reply["client_id"].as_str().unwrap())
        .await
        .unwrap();
    for field in [
        "description",
        "client_id",
        "client_secret",
        "features",
        "whitelist",
    ] {
        assert!(
            entry[field] == reply[field] && !entry[field].is_null(),
            "{field} differs"
        );
    }
    assert_eq!(entry.as_object().unwrap().len(), 5);
}

#[tokio::test]
async fn a_client_without_features_may_call_nothing() {
    let app = App::start().await;
    for features in [None, Some("[]")] {
        let name = random_name();
        let mut given = vec![("description", name.as_str())];
        given.extend(features.map(|features| ("features", features)));
        let reply = app.owner().post(ADD, &given).await;
        assert_eq!(
            shown(&reply),
            format!(
                r#"{{"description":"{name}","client_id":"<client_id>","client_secret":"<client_secret>","features":[],"whitelist":["0.0.0.0/0"],"stat":"ok"}}"#
            )
        );
        let made = reply.ok();
        let (id, secret) = (&made["client_id"], &made["client_secret"]);
        assert_not_admitted(&app.caller(id.as_str().unwrap(), secret.as_str().unwrap())).await;
    }
}

#[tokio::test]
async fn features_in_any_order_are_listed_alphabetically_and_once() {
    let app = App::start().await;
    let all =
        r#"["owner","login_client","direct_read_access","direct_access","access_issuer","owner"]"#;
    let reply = app
        .owner()
        .post(ADD, &[("description", "all five"), ("features", all)])
        .await;
    assert_eq!(
        shown(&reply),
        r#"{"description":"all five","client_id":"<client_id>","client_secret":"<client_secret>","features":["access_issuer","direct_access","direct_read_access","login_client","owner"],"whitelist":["0.0.0.0/0"],"stat":"ok"}"#
    );
}

#[tokio::test]
async fn each_new_client_is_another_one() {
    let app = App::start().await;
    let (one, one_id) = app.new_client(&["owner"]).await;
    let (other, other_id) = app.new_client(&["login_client"]).await;
    assert_ne!(one_id, other_id);
    assert_works(&one).await;
    assert_works(&other).await;
    let secrets = [
        listed(&app, &one_id, "client_secret"),
        listed(&app, &other_id, "client_secret"),
    ];
    let [one, other] = secrets;
    assert!(one.await != other.await, "two clients have the same secret");
}

#[tokio::test]
async fn a_description_that_a_client_of_the_application_has_is_refused_without_regard_to_case() {
    let app = App::start().await;
    app.owner()
        .post(ADD, &[("description", "Été à Genève")])
        .await
        .ok();
    let before = clients(&app).await;
    for taken in [
        "the owner",
        "THE OWNER",
        "  The Owner ",
        "été à genève",
        "ÉTÉ À GENÈVE",
    ] {
        app.owner()
            .post(ADD, &[("description", taken)])
            .await
            .invalid("description");
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn another_application_s_descriptions_are_free() {
    let app = App::start().await;
    app.owner()
        .post(ADD, &[("description", "the foreigner")])
        .await
        .ok();
    app.client("foreigner")
        .post(ADD, &[("description", "the owner")])
        .await
        .ok();
}

#[tokio::test]
async fn a_refused_description_can_be_had_afterwards() {
    let app = App::start().await;
    let given = [("description", "wanted"), ("features", r#"["nonsense"]"#)];
    app.owner().post(ADD, &given).await.invalid("features");
    app.owner()
        .post(ADD, &[("description", "wanted")])
        .await
        .ok();
}

#[tokio::test]
async fn features_are_a_json_array_of_the_five_features() {
    let app = App::start().await;
    let before = clients(&app).await;
    for features in [
        "owner",
        "",
        "[",
        "{}",
        r#""owner""#,
        r#"["Owner"]"#,
        r#"["owner",7]"#,
    ] {
        let given = [("description", "never"), ("features", features)];
        app.owner().post(ADD, &given).await.invalid("features");
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn a_description_is_required() {
    let app = App::start().await;
    assert_missing(&app, ADD, &[("features", r#"["owner"]"#)], "description").await;
    assert_missing(&app, ADD, &[], "description").await;
}

#[tokio::test]
async fn only_owners_may_create() {
    let app = App::start().await;
    assert_owners_only(&app, ADD, &[("description", "never")]).await;
}
