//! Modify Client Features.

use countersign_tests::App;
use countersign_tests::machine_api::{
    DONE, Way, assert_missing, assert_not_admitted, assert_not_authorized, assert_owners_only,
    assert_takes_known_ids_only, assert_unchanged, assert_works, clients, listed, shown,
};
use serde_json::json;

const SET: &str = "/clients/set_features";
const ALL: [&str; 5] = [
    "access_issuer",
    "direct_access",
    "direct_read_access",
    "login_client",
    "owner",
];

async fn set(app: &App, id: &str, features: &str) {
    let given = [("for_client_id", id), ("features", features)];
    app.owner().post(SET, &given).await.ok();
}

#[tokio::test]
async fn a_client_has_the_new_features_and_is_otherwise_the_same() {
    let app = App::start().await;
    let mut wanted = clients(&app).await;
    for (way, feature) in Way::ALL.into_iter().zip(ALL) {
        let features = json!([feature]);
        let text = features.to_string();
        let given = [
            ("for_client_id", "featureless"),
            ("features", text.as_str()),
        ];
        assert_eq!(
            shown(&way.send(&app.owner(), SET, &given).await),
            DONE,
            "{way:?}"
        );
        let changed = wanted
            .iter_mut()
            .find(|client| client["client_id"] == "featureless");
        changed.unwrap()["features"] = features;
        assert_unchanged(&app, &wanted).await;
    }
}

#[tokio::test]
async fn features_decide_what_a_client_may_call_from_its_next_call_on() {
    let app = App::start().await;
    let (client, id) = app.new_client(&[]).await;
    assert_not_admitted(&client).await;
    for feature in ALL {
        set(&app, &id, &json!([feature]).to_string()).await;
        assert_works(&client).await;
        let list = client.post("/clients/list", &[]).await;
        if feature == "owner" {
            list.ok();
        } else {
            assert_not_authorized(&list);
        }
    }
    set(&app, &id, "[]").await;
    assert_not_admitted(&client).await;
    assert_eq!(listed(&app, &id, "features").await, json!([]));
}

#[tokio::test]
async fn all_five_in_any_order_are_listed_alphabetically_and_once() {
    let app = App::start().await;
    let mut order = ALL;
    for _ in ALL {
        order.rotate_left(2);
        let twice = [order, order].concat();
        set(&app, "featureless", &json!(twice).to_string()).await;
        assert_eq!(listed(&app, "featureless", "features").await, json!(ALL));
        set(&app, "featureless", "[]").await;
    }
}

#[tokio::test]
async fn without_for_client_id_the_caller_changes_itself() {
    let app = App::start().await;
    let given = [("features", r#"["owner","login_client"]"#)];
    app.owner().post(SET, &given).await.ok();
    assert_eq!(
        listed(&app, "owner", "features").await,
        json!(["login_client", "owner"])
    );
}

#[tokio::test]
async fn an_owner_can_not_take_owner_from_itself() {
    let app = App::start().await;
    let before = clients(&app).await;
    for features in ["[]", r#"["login_client"]"#] {
        let given = [("features", features), ("for_client_id", "owner")];
        app.owner().post(SET, &given).await.invalid("features");
        app.owner().post(SET, &given[..1]).await.invalid("features");
    }
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn an_owner_can_take_owner_from_another() {
    let app = App::start().await;
    let (other, id) = app.new_client(&["owner"]).await;
    set(&app, &id, r#"["direct_read_access"]"#).await;
    assert_not_authorized(&other.post("/clients/list", &[]).await);
    assert_works(&other).await;
}

#[tokio::test]
async fn anything_but_the_five_features_is_refused_whole() {
    let app = App::start().await;
    let before = clients(&app).await;
    for features in [
        r#"["owner","admin"]"#,
        r#"["OWNER"]"#,
        r#"[" owner"]"#,
        r#"[""]"#,
    ] {
        let given = [("for_client_id", "featureless"), ("features", features)];
        app.owner().post(SET, &given).await.invalid("features");
    }
    let given = [("for_client_id", "featureless"), ("features", "owner")];
    let why = app.owner().post(SET, &given).await.invalid("features");
    assert_eq!(why, "the JSON is not syntactically valid");
    assert_unchanged(&app, &before).await;
}

#[tokio::test]
async fn only_clients_of_the_application_can_be_changed() {
    let app = App::start().await;
    let given = [("features", r#"["owner"]"#)];
    assert_takes_known_ids_only(&app, SET, "for_client_id", &given).await;
}

#[tokio::test]
async fn features_are_required() {
    let app = App::start().await;
    assert_missing(&app, SET, &[("for_client_id", "featureless")], "features").await;
}

#[tokio::test]
async fn only_owners_may_change_features_even_their_own() {
    let app = App::start().await;
    let given = [
        ("features", r#"["owner"]"#),
        ("for_client_id", "featureless"),
    ];
    assert_owners_only(&app, SET, &given).await;
    assert_owners_only(&app, SET, &given[..1]).await;
}
